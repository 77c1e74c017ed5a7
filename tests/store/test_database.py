"""The seam: all or nothing, and nobody who holds the file holds the loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bot.errors import StoreUnavailable
from bot.store import Store
from bot.store.database import Database
from tests.fakes import NOW
from tests.unit.made import plan


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "retune.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with Database(path) as opened:
        yield opened


@pytest.fixture
def other(db: Database, path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else who has the file open."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def note(store: Store) -> int:
    store.audit.note(NOW, "UADA", "freeze")
    return store.audit.tip().rows


class Tries:
    """How often somebody tried to write."""

    def __init__(self) -> None:
        self.count = 0
        self._tried = asyncio.Event()

    def note(self) -> None:
        self.count += 1
        self._tried.set()

    async def until(self, count: int) -> None:
        """Waits for that many tries."""
        async with asyncio.timeout(10):
            while self.count < count:
                self._tried.clear()
                await self._tried.wait()


@pytest.fixture
def tries(db: Database, monkeypatch: pytest.MonkeyPatch) -> Tries:
    """The tries from now on."""
    found, transaction = Tries(), db.store.transaction

    def counted(**named: bool) -> AbstractContextManager[None]:
        found.note()
        return transaction(**named)

    monkeypatch.setattr(db.store, "transaction", counted)
    return found


async def test_all_or_nothing(db: Database):
    """What breaks in the middle leaves nothing behind."""

    def broken(store: Store) -> None:
        note(store)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.write(broken)
    assert await db.write(note) == 1


async def test_work_that_only_reads_cannot_write(db: Database):
    """A write in the wrong place is a bug that every test sees."""
    with pytest.raises(AssertionError):
        await db.read(note)
    assert await db.read(lambda store: store.audit.tip().rows) == 0


async def test_a_lock_of_somebody_else_holds_neither_the_loop_nor_readers(
    db: Database, other: sqlite3.Connection, tries: Tries
):
    """While the file is locked the loop turns, reading goes on, and the write is done as soon as it can be."""
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(db.write(note))
    for number in range(1, 6):
        await tries.until(number)
        assert await db.read(lambda store: store.audit.tip().rows) == 0
        assert not writing.done()
    other.execute("ROLLBACK")
    assert await writing == 1
    assert db.store.audit.tip().rows == 1


async def test_what_cannot_be_done_in_time_is_one_error(db: Database, other: sqlite3.Connection):
    """It says what is true: nothing was changed, and later it may work."""
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable) as refused:
        await db.write(note, deadline=0.1)
    assert not refused.value.permanent
    assert refused.value.text == "The database does not answer; nothing was changed. Try again in a moment."
    assert "locked" in refused.value.cause
    other.execute("ROLLBACK")
    assert await db.write(note) == 1


async def test_trouble_with_the_file_is_that_error_too(db: Database, other: sqlite3.Connection):
    """Nobody outside the store meets an error of SQLite's; a bug of ours is not mistaken for trouble."""
    other.execute("ALTER TABLE audit RENAME TO taken_away")
    with pytest.raises(StoreUnavailable):
        await db.read(lambda store: store.audit.tip())
    other.execute("ALTER TABLE taken_away RENAME TO audit")
    with pytest.raises(sqlite3.IntegrityError):
        await db.write(lambda store: store.runs.add(99, [plan()], ["0"]))


async def test_work_is_tried_again_from_its_beginning(db: Database, other: sqlite3.Connection, tries: Tries):
    """It sees what the other one wrote meanwhile."""
    other.execute("BEGIN IMMEDIATE")
    counting = asyncio.create_task(db.write(lambda store: store.freezes.holding()))
    await tries.until(2)
    other.execute("INSERT INTO freezes (instance, reason, author, at, until) VALUES ('', 'r', 'U', 0, 1)")
    other.execute("COMMIT")
    assert len(await counting) == 1


async def test_a_hundred_that_wait_do_not_hold_the_loop_in_turn(db: Database, other: sqlite3.Connection, tries: Tries):
    """One tries for all of them: what a try holds is not multiplied by how many wait."""
    other.execute("BEGIN IMMEDIATE")
    waiting = [asyncio.create_task(db.write(note, deadline=5.0)) for _ in range(100)]
    await tries.until(3)
    assert tries.count < 10
    other.execute("ROLLBACK")
    assert sorted(await asyncio.gather(*waiting)) == list(range(1, 101))


async def test_who_waits_for_the_turn_waits_no_longer_than_told(db: Database, other: sqlite3.Connection):
    """The one that tries may wait longer: the others hear in their own time that nothing was changed."""
    other.execute("BEGIN IMMEDIATE")
    first = asyncio.create_task(db.write(note, deadline=5.0))
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="nothing was changed"):
        await db.write(note, deadline=0.05)
    other.execute("ROLLBACK")
    assert await first == 1
