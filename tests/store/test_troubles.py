"""The file in trouble: what people hear, what the log would name, and that it works again by itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import SettingsError, StoreUnavailable
from bot.store import Store
from bot.store import database as seam
from bot.store.database import Database
from tests.fakes import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "retune.db"


@pytest.fixture
def db(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """It looks at its file each time, and opens it anew at once."""
    monkeypatch.setattr(seam, "LOOK", 0.0)
    monkeypatch.setattr(seam, "REOPEN", 0.0)
    with Database(path) as opened:
        yield opened


def note(store: Store) -> int:
    store.audit.note(NOW, "UADA", "freeze")
    return store.audit.tip().rows


def much(store: Store) -> None:
    for _ in range(99):
        store.audit.note(NOW, "UADA", "freeze", detail="x" * 3000)


async def told(db: Database) -> StoreUnavailable:
    """What somebody hears who wants something written."""
    with pytest.raises(StoreUnavailable) as refused:
        await db.write(note, deadline=0.1)
    return refused.value


async def test_a_full_disk(db: Database):
    """Nothing is half written, reading goes on, and what comes later is written when there is space."""
    assert await db.write(note) == 1
    db.store.pragma("max_page_count = 1")
    with pytest.raises(StoreUnavailable) as refused:
        await db.write(much)
    assert refused.value.cause == "the disk is full"
    assert "because the disk is full; nothing was changed" in refused.value.text
    assert await db.read(lambda store: store.audit.tip().rows) == 1
    db.store.pragma("max_page_count = 1000000")
    assert await db.write(note) == 2


async def test_a_read_only_file(db: Database):
    """Commands that read are answered, those that write say why not."""
    db.store.pragma("query_only = ON")
    assert "the disk or the file is read-only" in (await told(db)).text
    assert await db.write(note) == 1, "it is opened anew, and then it can be written"


async def test_a_damaged_file_and_its_backup(db: Database, path: Path):
    """Whoever asks hears that it is damaged; when the backup is in its place, work goes on with that."""
    assert await db.write(note) == 1
    backup = path.with_suffix(".copy")
    with closing(sqlite3.connect(path)) as other, closing(sqlite3.connect(backup)) as copy:
        other.backup(copy)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.store.pragma("cache_size = 0")
    with path.open("r+b") as file:
        file.seek(0)
        file.write(b"garbage " * 4096)
    assert "damaged" in (await told(db)).cause
    for name in (f"{path}-wal", f"{path}-shm"):
        Path(name).unlink(missing_ok=True)
    os.replace(backup, path)
    assert await db.write(note) == 2


async def test_a_file_that_is_gone(db: Database, path: Path):
    """Nothing is written into what nobody will find again; when it is back, work goes on."""
    assert await db.write(note) == 1
    away = path.with_suffix(".away")
    path.rename(away)
    assert "is gone" in (await told(db)).cause
    away.rename(path)
    assert await db.write(note) == 2


async def test_another_file_in_its_place(db: Database, path: Path, tmp_path: Path):
    """That is the one that counts from then on."""
    other = tmp_path / "other.db"
    Store(other).close()
    assert await db.write(note) == 1
    shutil.move(other, path)
    assert await db.write(note) == 1


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('retune', 'new', 'now')")
        file.execute("CREATE TABLE something_new (id INTEGER)")


async def test_a_newer_version_changes_it_meanwhile(db: Database, path: Path):
    """The older process writes nothing more into tables that it does not know."""
    assert await db.write(note) == 1
    newer(path)
    assert "a newer version of Retune" in (await told(db)).cause


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (newer, "a newer version of Retune changed it"),
        (lambda path: path.write_bytes(b"garbage " * 999), "the file is damaged"),
        (lambda path: (path.unlink(), path.mkdir()), "it cannot be opened"),
    ],
)
def test_a_start_says_why_it_cannot_use_the_file(path: Path, spoil, why: str):
    """And changes nothing in it."""
    Store(path).close()
    spoil(path)
    with pytest.raises(SettingsError) as refused:
        Store(path)
    assert why in refused.value.text
    assert str(path) in refused.value.text


def test_damage_that_nobody_met_yet(path: Path):
    """`check` looks through the whole file."""
    with Store(path) as store:
        for _ in range(200):
            note(store)
        assert store.damage() is None
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 4096 // 2 * 4096)
        file.write(b"\xff" * 4096)
    with Store(path) as store:
        assert store.damage()
