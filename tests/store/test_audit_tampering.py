"""What somebody does who has the file: each kind of change is found, named, and never breaks the test itself."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from bot.auditing import export, verify
from bot.errors import DatabaseUnusable
from bot.store import Store
from bot.store.audit import START, SealingKey
from bot.store.chain import COLUMNS, Walk, digest
from bot.store.schema import migrations
from tests.fakes import NOW

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef" * 2
ROWS = 10
FACTS = "at, actor, action, detail, previous, hash"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with ten rows in its audit."""
    with Store(tmp_path / "retune.db") as opened:
        write(opened, ROWS)
    return tmp_path / "retune.db"


def write(store: Store, rows: int) -> None:
    for number in range(rows):
        store.audit.note(NOW + timedelta(seconds=number), "UADA", "probe", model="stt/language/id", detail=f"{number}")


def change(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(script)


def verified(path: Path, kept: str | None = None, key: str | None = None) -> tuple[int, str]:
    heard = list[str]()
    return verify(path, kept, heard.append, key), "\n".join(heard)


def rewritten(path: Path, script: str, numbers: Callable[[int], int] = int) -> None:
    """Somebody who knows how the chain is made changes something and makes the chain and its end new."""
    change(path, script)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM audit ORDER BY id")]
        connection.execute("DELETE FROM audit")
        previous = START
        for number, row in enumerate(rows, start=1):
            row |= {"id": numbers(number), "previous": previous}
            row["hash"] = previous = digest(row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO audit ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        connection.execute("UPDATE audit_head SET last = ?, hash = ?", (numbers(len(rows)), previous))


COPIED = f"SELECT {{}}, {FACTS.replace('previous, hash', '')} 'x' || id, 'y' || id FROM audit WHERE id = 3"
INSERT = f"INSERT INTO audit (id, {FACTS}) {COPIED}"
ANEW = "DROP TABLE audit; CREATE TABLE audit ({}) STRICT; INSERT INTO audit SELECT * FROM kept; "

TAMPERED: dict[str, tuple[str, str]] = {
    "a row −5": (INSERT.format(-5), "row -5 breaks the chain"),
    "a row 0": (INSERT.format(0), "row 0 breaks the chain"),
    "a row at the end": (INSERT.format(11), "row 11 breaks the chain"),
    "the least row there can be": (INSERT.format(-(2**63)), f"row {-(2**63)} breaks the chain"),
    "the largest row there can be": (INSERT.format(2**63 - 1), f"row {2**63 - 1} breaks the chain"),
    "the first row taken out": ("DELETE FROM audit WHERE id = 1", "row 2 breaks the chain"),
    "a row taken out": ("DELETE FROM audit WHERE id = 5", "row 6 breaks the chain"),
    "rows taken out": ("DELETE FROM audit WHERE id IN (4, 5, 6)", "row 7 breaks the chain"),
    "the last row taken out": ("DELETE FROM audit WHERE id = 10", "the last row is 9, but the stored end"),
    "the end taken out": ("DELETE FROM audit WHERE id > 3", "rows at the end were removed"),
    "all rows taken out": ("DELETE FROM audit", "the last row is 0, but the stored end"),
    "another number": ("UPDATE audit SET id = 12 WHERE id = 10", "row 12 breaks the chain"),
    "two rows change places": (
        "UPDATE audit SET id = 99 WHERE id = 4; UPDATE audit SET id = 4 WHERE id = 5; "
        "UPDATE audit SET id = 5 WHERE id = 99",
        "row 4 breaks the chain",
    ),
    "numbers moved": ("UPDATE audit SET id = id + 1000", "row 1001 breaks the chain"),
    "another moment": ("UPDATE audit SET at = at + 0.000001 WHERE id = 4", "row 4 breaks the chain"),
    "another actor": ("UPDATE audit SET actor = 'UEVE' WHERE id = 4", "row 4 breaks the chain"),
    "a seal": ("UPDATE audit SET seal = 'x' WHERE id = 4", "rows 4 to 4 have seals that were not tested"),
    "another head": ("UPDATE audit_head SET last = 9", "the last row is 10, but the stored end"),
    "a head with another hash": ("UPDATE audit_head SET hash = 'x'", "with another hash"),
    "no head": ("DELETE FROM audit_head", "the stored end of the chain (audit_head) is missing"),
    "no table of the head": ("DROP TABLE audit_head", "was changed, added or removed: audit_head"),
    "no table": ("DROP TABLE audit", "was changed, added or removed: audit"),
    "a column more": ("ALTER TABLE audit ADD COLUMN note TEXT", "was changed, added or removed: audit"),
    "a column less": ("ALTER TABLE audit DROP COLUMN seal", "was changed, added or removed: audit"),
    "a column of another name": ("ALTER TABLE audit RENAME COLUMN detail TO said", "was changed, added or removed"),
    "a trigger": (
        "CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM audit; END",
        "changed, added or removed: t",
    ),
    "a trigger elsewhere": (
        "CREATE TRIGGER t AFTER INSERT ON votes BEGIN DELETE FROM audit; END",
        "changed, added or removed: t",
    ),
    "a view in its place": (
        "ALTER TABLE audit RENAME TO kept; CREATE VIEW audit AS SELECT * FROM kept",
        "was changed, added or removed: audit",
    ),
    "another table in its place": (
        "CREATE TABLE kept AS SELECT * FROM audit; "
        + ANEW.format(
            "id INTEGER, at REAL, actor TEXT, action TEXT, request INTEGER, model TEXT, instance TEXT, detail TEXT, "
            "previous TEXT, hash TEXT, seal TEXT"
        ),
        "was changed, added or removed: audit",
    ),
    "an index less": ("DROP INDEX audit_chained", "was changed, added or removed: audit_chained"),
    "an index more": ("CREATE INDEX more ON audit (actor)", "was changed, added or removed: more"),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_it_is_found(path: Path, kind: str):
    """And said where."""
    script, said = TAMPERED[kind]
    kept = verified(path)[1].rpartition(" ")[2]
    change(path, script)
    code, heard = verified(path, kept)
    assert (code != 0, said in heard) == (True, True), heard


@pytest.mark.parametrize("id", [-5, 0, 12, 2**63 - 1])
def test_what_was_put_in_is_no_history(path: Path, id: int):
    """`/stt-runs` shows what Retune numbered."""
    with Store(path) as store:
        store.audit.note(NOW, "UADA", "approve", request=7)
        change(path, INSERT.format(id) + f"; UPDATE audit SET request = 7, actor = 'UEVE' WHERE id = {id}")
        assert [noted.actor for noted in store.audit.of_request(7)] == ["UADA"]


def test_a_name_that_speaks_to_the_terminal(path: Path):
    """What somebody calls a trigger cannot clear the screen and say that all is well."""
    name = "\x1b[2J\n10 rows, the chain is whole"
    change(path, f'CREATE TRIGGER "{name}" AFTER INSERT ON audit BEGIN DELETE FROM audit; END')
    code, heard = verified(path)
    assert (code, len(heard.splitlines())) == (1, 1)
    assert heard.isprintable()


@pytest.mark.parametrize("kind", [kind for kind in TAMPERED if "row" in kind])
def test_an_export_of_it(path: Path, kind: str):
    """It gives what is there, whatever its number."""
    change(path, TAMPERED[kind][0])
    with closing(sqlite3.connect(path)) as connection:
        ids = [id for (id,) in connection.execute("SELECT id FROM audit ORDER BY id")]
    wrote = list[str]()
    assert export(path, "jsonl", wrote.append) == 0
    assert [json.loads(line)["id"] for line in wrote] == ids


@pytest.mark.parametrize("kind", ["no table", "a column of another name"])
def test_an_export_of_nothing_that_can_be_read(path: Path, kind: str):
    """It says so."""
    change(path, TAMPERED[kind][0])
    with pytest.raises(DatabaseUnusable):
        export(path, "csv", list[str]().append)


@pytest.mark.parametrize(
    ("numbers", "row"),
    [
        (lambda number: number - 5, -4),
        (lambda number: number + 5, 6),
        (lambda number: number if number < 7 else number + 1, 8),
        (lambda number: number * 10, 10),
    ],
)
def test_numbers_of_a_chain_that_was_made_anew(path: Path, numbers: Callable[[int], int], row: int):
    """Each row follows the one before it, and the end fits: but Retune counts from 1, without gaps."""
    rewritten(path, "", numbers)
    code, heard = verified(path)
    assert (code, f"row {row} breaks the chain: its number is not the next one" in heard) == (1, True), heard


def test_an_index_that_lacks_a_row(path: Path):
    """What `/stt-runs` reads by it would be less than what there is."""
    with Store(path) as store:
        store.audit.note(NOW, "UADA", "approve", request=7)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_by_request'").fetchone()
    for wanted in (sql.replace("IS NOT NULL", "IS NULL"), "REINDEX audit_by_request", sql):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            if wanted.startswith("REINDEX"):
                connection.execute(wanted)
                continue
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'audit_by_request'", (wanted,))
    code, heard = verified(path)
    assert (code, "SQLite reports that audit is damaged" in heard) == (1, True), heard


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "1"),
        ("id", 1.0),
        ("at", 1),
        ("at", "1.5"),
        ("actor", b"UADA"),
        ("request", "7"),
        ("request", 7.0),
        ("detail", None),
        ("seal", 1),
    ],
)
def test_a_type_that_only_looks_the_same(column: str, value: object):
    """Also where its hash was made from it, and SQLite is content."""
    row: dict[str, object] = {"id": 1, "at": 1.5, "actor": "UADA", "action": "probe", "request": 7, "model": None}
    row |= {"instance": None, "detail": "", "previous": START, "hash": "", "seal": None, column: value}
    row["hash"] = digest({**row, column: repr(value) if isinstance(value, bytes) else value})
    assert "has a type that Retune never writes" in str(Walk(None).row(row))


TYPES = {
    "text for a number": "UPDATE audit SET request = 'seven' WHERE id = 4",
    "text for a moment": "UPDATE audit SET at = 'noon' WHERE id = 4",
    "a blob for text": "UPDATE audit SET detail = x'00ff' WHERE id = 4",
    "a blob with the same bytes": "UPDATE audit SET actor = CAST(actor AS BLOB) WHERE id = 4",
    "nothing for text": "UPDATE audit SET actor = NULL WHERE id = 4",
    "a number for text": "UPDATE audit SET detail = 3 WHERE id = 4",
    "text that is none": "UPDATE audit SET detail = CAST(x'ff' AS TEXT) WHERE id = 4",
}


@pytest.mark.parametrize("kind", TYPES)
def test_a_value_of_another_type(path: Path, kind: str):
    """The table's rule was switched off meanwhile and is there again."""
    rule = "NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, seal TEXT) STRICT"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'audit'").fetchone()
    loose = sql.replace(" STRICT", "").replace(" NOT NULL", "").replace("TEXT", "").replace(" REAL", "")
    loose = loose.replace("request INTEGER", "request")
    assert rule in " ".join(sql.split())
    assert loose != sql
    for wanted in (loose, None, sql):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            if wanted is None:
                connection.execute(TYPES[kind])
                continue
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'audit'", (wanted,))
    code, heard = verified(path)
    assert code == 1, heard
    assert "audit is damaged" in heard or "row 4 breaks the chain" in heard or "cannot be read" in heard
    if kind != "text that is none":
        for form in ("csv", "jsonl"):
            wrote = list[str]()
            assert export(path, form, wrote.append) == 0
            assert len(wrote) == ROWS + (form == "csv")


def test_a_table_of_another_name_is_nobodys(path: Path):
    """What stands beside the audit is not read, so it is not tested either."""
    change(path, "CREATE TABLE audit_2020 AS SELECT * FROM audit; DELETE FROM audit_2020 WHERE id > 3")
    assert verified(path)[0] == 0


def test_what_no_test_of_the_file_alone_finds(path: Path):
    """Who rewrites everything, end included, leaves a whole chain: the hash that was kept elsewhere shows it."""
    kept = verified(path)[1].rpartition(" ")[2]
    rewritten(path, "UPDATE audit SET actor = 'UEVE' WHERE id = 4")
    assert verified(path)[0] == 0
    code, heard = verified(path, kept)
    assert (code, "all were rewritten" in heard) == (1, True)


def test_an_end_that_was_lost_stays_known(path: Path):
    """What is written on does not heal it."""
    change(path, "DELETE FROM audit WHERE id > 6; DELETE FROM audit_head")
    with Store(path) as store:
        write(store, 2)
    code, heard = verified(path)
    assert (code, "row 7 breaks the chain: the stored end of the chain was missing" in heard) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (START, "the value before the first row"),
        (f" {START} ", "the value before the first row"),
        ("", "this is not a hash"),
        ("10", "this is not a hash"),
        ("f" * 63, "this is not a hash"),
        ("g" * 64, "this is not a hash"),
        ("f" * 64 + "\n1", "this is not a hash"),
        ("f" * 64, "no row has the hash"),
    ],
)
def test_what_proves_nothing_is_refused(path: Path, kept: str, said: str):
    """The start value is in every audit, also in one that was emptied."""
    code, heard = verified(path, kept)
    assert code == (1 if kept == "f" * 64 else 2)
    assert said in heard
    assert "whole" not in heard


def test_a_hash_as_somebody_copies_it(path: Path):
    """Capitals and blanks around it do not matter."""
    kept = verified(path)[1].rpartition(" ")[2]
    assert verified(path, f" {kept.upper()} ")[0] == 0


def test_every_column_is_tested():
    """A column that comes later is hashed, or is here with the reason why it need not be."""
    with Store(":memory:") as store:
        store.audit.note(NOW, "UADA", "probe")
        (row,) = store.audit.all()
    assert set(row) - set(COLUMNS) == {"hash", "seal"}  # the hash is compared, the seal is made from it


def test_a_database_from_before_the_head(tmp_path: Path):
    """Its rows stay, the chain goes on, and the end is kept from now on."""
    from sqlite_utils import Database as Sqlite

    path = tmp_path / "retune.db"
    rows, previous = [], START
    for number in range(1, 6):
        row = {"id": number, "at": 1.5, "actor": "UADA", "action": "probe", "request": None, "model": None}
        row |= {"instance": "stt", "detail": "x", "previous": previous}
        previous = digest(row)
        rows.append({**row, "hash": previous})
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before = Sqlite(connection, execute_plugins=False)
        migrations.apply(before, stop_before="audit_sealed")
        before.table("audit").insert_all(rows)
    assert verified(path) == (0, f"5 rows, the chain is whole, last hash {previous}")
    with Store(path) as store:
        store.audit.note(NOW, "UADA", "probe")
        assert [row["id"] for row in store.audit.all()] == [1, 2, 3, 4, 5, 6]
    change(path, "DELETE FROM audit WHERE id = 6")
    assert verified(path)[0] == 1


# Written at the same time


def _write(path: Path, key: str, together: Barrier) -> None:
    with Store(path, key=SealingKey(key)) as store:
        store.pragma("busy_timeout = 20000")
        together.wait(60)
        for number in range(200):
            store.audit.note(NOW, "UADA", "probe", detail=f"{number}")


def test_several_processes_number_without_gaps(tmp_path: Path):
    """The number comes from the end of the chain, under the lock that writes the row; what is undone leaves no gap."""
    path = tmp_path / "retune.db"
    Store(path).close()
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(3)
    writers = [spawn.Process(target=_write, args=(path, KEY, together)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with Store(path, key=SealingKey(KEY)) as store:
        assert [row["id"] for row in store.audit.all()] == list(range(1, 3 * 200 + 2))
        assert store.audit.verify() is None


def test_verify_while_others_write(path: Path):
    """What is tested is of one moment, rows and end alike."""
    with Store(path) as reader, Store(path) as writer, reader.reading():
        assert reader.audit.tip().rows == ROWS
        writer.audit.note(NOW, "UADA", "probe")
        assert reader.audit.verify() is None
        assert reader.audit.tip().rows == ROWS


@pytest.mark.parametrize(
    ("more", "key", "code", "said"),
    [
        (["--kept", START], None, 2, "proves nothing"),
        ([], "short", 2, "RETUNE_AUDIT_KEY: must be random, with 32 characters"),
        ([], KEY, 1, "no row is sealed with RETUNE_AUDIT_KEY"),
    ],
)
def test_on_the_command_line(path: Path, more: list[str], key: str | None, code: int, said: str):
    """Exit codes, and no word of the key."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "audit", "verify", *more],
        cwd=path.parent,
        env={"PYTHONPATH": str(ROOT), "PATH": "", **({"RETUNE_AUDIT_KEY": key} if key else {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    heard = done.stdout + done.stderr
    assert (done.returncode, said in heard) == (code, True), heard
    assert key is None or key not in heard


def test_json_lines_can_be_tested_elsewhere(path: Path):
    """Each line has what its hash is made of."""
    wrote = list[str]()
    export(path, "jsonl", wrote.append)
    for row in map(json.loads, wrote):
        assert row["hash"] == digest(row)
