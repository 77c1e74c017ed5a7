"""The audit's chain: no row is changed, taken out, put in or written beside it without being noticed."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import multiprocessing
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.auditing import export, verify
from bot.domain.requests import RequestState
from bot.errors import RequestRefused, SettingsError
from bot.store import Store
from bot.store.audit import START, Audit, Broken
from bot.store.database import Database
from tests.fakes import NOW
from tests.world import GRACE, GUS, NEW, TOMAS, World, model

ROOT = Path(__file__).parents[2]
Change = Callable[..., list[tuple[object, ...]]]
CHANGES: dict[str, list[object]] = {
    "at": [0.0, 1.5],
    "actor": ["UEVE", ""],
    "action": ["approve", "="],
    "request": [7, None],
    "model": ["stt/language/other", None],
    "instance": ["other", None],
    "detail": ["", "another reason"],
    "previous": ["", "f" * 64],
    "hash": ["", "f" * 64],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database with ten rows in its audit."""
    with Store(tmp_path / "retune.db") as opened:
        for number in range(10):
            opened.audit.note(
                NOW + timedelta(seconds=number / 3), "UADA", "probe", model="stt/language/id", detail=f"ü{number}"
            )
        yield opened


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """What somebody does who has the file."""

    def run(sql: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(tmp_path / "retune.db", isolation_level=None)) as connection:
            return connection.execute(sql, values).fetchall()

    return run


def test_a_whole_chain(store: Store):
    """Also an empty one; and the end that was kept is still there when more was written."""
    tip = store.audit.tip()
    assert (tip.rows, store.audit.verify()) == (10, None)
    store.audit.note(NOW, "retune", "settings")
    assert store.audit.verify() is None
    assert store.audit.examine(tip.hash).kept
    assert not store.audit.examine("f" * 64).kept
    with Store(":memory:") as empty:
        assert (empty.audit.tip().hash, empty.audit.verify()) == (START, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.integers(1, 10), st.sampled_from([(column, value) for column in CHANGES for value in CHANGES[column]]))
def test_any_change_of_any_row_is_noticed(store: Store, change: Change, id: int, wanted: tuple[str, object]):
    """The row that was changed is named, whichever it is and whatever was changed of it."""
    column, value = wanted
    ((was,),) = change(f"SELECT {column} FROM audit WHERE id = ?", id)
    if was == value:
        return
    change(f"UPDATE audit SET {column} = ? WHERE id = ?", value, id)
    broken = store.audit.verify()
    change(f"UPDATE audit SET {column} = ? WHERE id = ?", was, id)
    assert broken is not None
    assert broken.id == id
    assert store.audit.verify() is None


@pytest.mark.parametrize(("gone", "named"), [(1, 2), (5, 6)])
def test_a_row_that_was_taken_out(store: Store, change: Change, gone: int, named: int):
    """What followed it follows nothing."""
    change("DELETE FROM audit WHERE id = ?", gone)
    broken = store.audit.verify()
    assert broken is not None
    assert (broken.id, broken.why) == (named, "its hash of the row before it is wrong")


def test_a_cut_off_end(store: Store, change: Change):
    """The end is kept beside the rows; who changes that too is found by who kept a hash elsewhere."""
    kept = store.audit.tip().hash
    change("DELETE FROM audit WHERE id > 7")
    found = store.audit.verify()
    assert found is not None
    assert "rows at the end were removed" in found.why
    store.audit.note(NOW, "UADA", "probe")
    assert store.audit.verify() == Broken(11, "its hash of the row before it is wrong")
    change("DELETE FROM audit WHERE id > 7")
    change("UPDATE audit_head SET last = 7, hash = (SELECT hash FROM audit WHERE id = 7)")
    assert store.audit.verify() is None
    assert not store.audit.examine(kept).kept


def test_the_database_takes_no_fork(store: Store, change: Change):
    """Two rows cannot follow the same one."""
    with pytest.raises(sqlite3.IntegrityError):
        change(
            """INSERT INTO audit (at, actor, action, detail, previous, hash)
               SELECT at, actor, action, detail, previous, 'x' FROM audit WHERE id = 4""",
        )


def test_what_is_taken_back_leaves_no_row(store: Store):
    """A row belongs to the transaction of what it records."""

    def broken() -> None:
        with store.transaction():
            store.audit.note(NOW, "UADA", "link")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert store.audit.tip().rows == 10
    store.audit.note(NOW, "UADA", "link")
    assert store.audit.verify() is None


ROWS = 1500


def _write(path: Path, who: str, together: Barrier) -> None:
    def note(number: int, store: Store) -> None:
        store.audit.note(NOW, who, "probe", detail=str(number))

    async def write() -> None:
        for number in range(ROWS):
            await db.write(partial(note, number))

    with Database(path) as db:
        together.wait(20)
        asyncio.run(write())


def test_two_processes_write_one_chain(tmp_path: Path):
    """Each takes the write lock before it looks what is last."""
    path = tmp_path / "retune.db"
    Store(path).close()
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(2)
    writers = [spawn.Process(target=_write, args=(path, f"U{number}", together)) for number in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    with Store(path) as store:
        assert (store.audit.tip().rows, store.audit.verify()) == (2 * ROWS, None)


def test_reading_all_of_it_takes_no_memory(tmp_path: Path):
    """A row at a time, from pages of a fixed size."""
    with Store(tmp_path / "retune.db") as store:
        with store.transaction():
            for _ in range(12_000):
                store.audit.note(NOW, "UADA", "probe", detail="x" * 200)
        tracemalloc.start()
        assert store.audit.verify() is None
        assert sum(1 for _ in store.audit.all()) == 12_000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4_000_000


RULE = {"approvers": "SAPPROVE", "approvals": "1", "window": "any time"}


def noted(audit: Audit) -> list[tuple[str, str]]:
    return [(row["instance"], row["detail"]) for row in audit.all() if row["action"] == "settings"]


def test_a_change_of_the_settings_is_noted_once(tmp_path: Path):
    """Per instance, only what differs from what was noted last, old → new; one that went away is noted too."""
    with Store(tmp_path / "retune.db") as store:
        for _ in range(3):
            store.audit.settings_changed({"": {"guests": "none"}, "a": RULE, "b": RULE}, NOW)
        whole = "approvers: SAPPROVE; approvals: 1; window: any time"
        assert noted(store.audit) == [(None, "guests: none"), ("a", whole), ("b", whole)]
        stricter = {**RULE, "approvals": "2", "window": "22:00-05:00 UTC"}
        for _ in range(2):
            store.audit.settings_changed({"": {"guests": "read"}, "a": RULE, "b": stricter}, NOW)
        changed = "approvals: 1 → 2; window: any time → 22:00-05:00 UTC"
        assert noted(store.audit)[3:] == [(None, "guests: none → read"), ("b", changed)]
        for _ in range(2):
            store.audit.settings_changed({"": {"guests": "read"}, "a": RULE}, NOW)
        store.audit.settings_changed({"": {}, "a": RULE, "b": RULE}, NOW)
        assert noted(store.audit)[5:] == [("b", "not configured any more"), (None, "guests: read → none"), ("b", whole)]


async def test_a_request_leaves_a_row_for_everything(world: World):
    """Request, every vote, denials, start, each request to the service and its answer, proof, end."""
    world.rebuild(needed=2)
    world.fleet()
    request = await world.asked()
    for voter in (GUS, GRACE, TOMAS):
        await world.approve(request, voter)
    await world.ring()
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    noted = world.store.audit.of_request(request.id)
    assert [(row.action, row.actor) for row in noted] == [
        ("request", "UADA"),
        ("denied", GUS),
        ("approve", GRACE),
        ("approve", TOMAS),
        ("scheduled", TOMAS),
        ("running", "retune"),
        ("send", "retune"),
        ("accepted", "retune"),
        ("proven", "retune"),
        ("done", "retune"),
    ]
    assert (noted[7].detail, noted[8].detail) == ("transaction tx-1", NEW)
    assert {row.model for row in noted} == {request.first.plan.model.ref}
    assert world.store.audit.verify() is None


async def test_the_audit_has_what_happened(world: World):
    """A step that the service refused is not called proven, nor is one that nothing proves."""
    world.fleet()
    failed = await world.approved()
    await world.ring()
    world.speech.finish("id-call-center-us", status="failed")
    await world.ring(after=10)
    actions = [row.action for row in world.store.audit.of_request(failed.id)]
    assert actions[-2:] == ["ended by the service", "failed"]
    assert "proven" not in actions
    world.speech.add(model("other"))
    world.clock.advance(60)
    refused = await world.approved("other")
    world.speech.fail["begin"] = [RequestRefused("no.", instance="stt", status=400)]
    await world.ring(after=10)
    actions = [row.action for row in world.store.audit.of_request(refused.id)]
    assert actions[-2:] == ["refused", "failed"]


def test_verify_on_the_command_line(store: Store, change: Change, tmp_path: Path):
    """Whole, broken, cut off, not there."""
    path, heard = tmp_path / "retune.db", list[str]()
    kept = store.audit.tip().hash
    assert verify(path, None, heard.append) == 0
    assert verify(path, kept, heard.append) == 0
    assert heard == [f"10 rows, the chain is whole, last hash {kept}"] * 2
    assert verify(path, "f" * 64, heard.append) == 1
    assert "removed" in heard[-1]
    change("UPDATE audit SET actor = 'UEVE' WHERE id = 4")
    assert verify(path, None, heard.append) == 1
    assert heard[-1].startswith("row 4 breaks the chain: its content was changed")
    with pytest.raises(SettingsError):
        verify(tmp_path / "other.db", None, heard.append)
    assert not (tmp_path / "other.db").exists()


def test_export(store: Store, tmp_path: Path):
    """CSV that no spreadsheet executes, and JSON lines from which the chain can be tested elsewhere."""
    store.audit.note(NOW, "UADA", "request", detail='=HYPERLINK("http://evil.example")')
    wrote = list[str]()
    assert export(tmp_path / "retune.db", "csv", wrote.append) == 0
    rows = list(csv.DictReader(io.StringIO("".join(wrote), newline="")))
    assert len(rows) == 11
    assert rows[-1]["detail"].startswith("'=HYPERLINK")
    assert rows[0]["at"] == "2026-11-23T10:00:00Z"
    wrote.clear()
    assert export(tmp_path / "retune.db", "jsonl", wrote.append) == 0
    assert [json.loads(line) for line in wrote] == list(store.audit.all())


@pytest.mark.parametrize(("asked", "code"), [(["verify"], 0), (["export", "--format", "jsonl"], 0), ([], 2)])
def test_the_command_line_needs_the_database_only(store: Store, tmp_path: Path, asked: list[str], code: int):
    """No token, no instance."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "audit", *asked],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "RETUNE_DATABASE": "retune.db"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == code, done.stderr
    if asked == ["verify"]:
        assert done.stdout == f"10 rows, the chain is whole, last hash {store.audit.tip().hash}\n"
    elif asked:
        assert done.stdout.count("\n") == 10
