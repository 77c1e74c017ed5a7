"""`python -m bot audit`: checks the chain of the audit, and exports it. Needs only the database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from bot.errors import DatabaseUnusable, SettingsError
from bot.messages.sheet import csv_lines, iso, json_line
from bot.store import Store
from bot.store.audit import COLUMNS, START, Examined, SealingKey
from bot.store.connection import Row, read

Format = Literal["csv", "jsonl"]

_HASH = re.compile(r"[0-9a-f]{64}")


def verify(database: Path, kept: str | None, say: Callable[[str], None], key: str | None = None) -> int:
    """Print whether the chain is whole, and what its seals prove.

    Returns 0 if it is, 1 if not, or if no row has the hash *kept*; 2 for a useless *kept*, and for seals without the
    *key* to check them.
    """
    if kept is not None and (fault := _not_kept(kept)):
        say(fault)
        return 2
    with _open(database, SealingKey(key) if key else None) as store, store.reading():
        found = store.audit.examine(kept.strip().lower() if kept else None)
    if (broken := found.broken) is not None:
        about = f"row {broken.id} breaks the chain: " if broken.id is not None else "the chain is not proven: "
        after = " Nothing from there on is proven." if broken.id is not None else ""
        say(f"{about}{broken.why}.{after}")
        return 1
    if kept is not None and not found.kept:
        why = "rows at the end were removed, all were rewritten, or it belongs to another database"
        say(f"no row has the hash {kept.strip()}: {why}.")
        return 1
    say(f"{found.tip.rows} rows, the chain is whole, last hash {found.tip.hash}")
    return _seals(found, say)


def _seals(found: Examined, say: Callable[[str], None]) -> int:
    """What the seals prove, and from which row on."""
    if found.keyed is not None:
        first, at = found.keyed
        say(f"rows {first} to {found.tip.rows} and the end are sealed with RETUNE_AUDIT_KEY, since {iso(at)}")
        if first > 1:
            say(
                f"rows 1 to {first - 1} were written without this key: none was changed since row {first}; "
                "whether one was before that, only a last hash kept from then can tell"
            )
    elif found.sealed is not None:
        first, last = found.sealed
        say(
            f"rows {first} to {last} have seals that were not tested: RETUNE_AUDIT_KEY is not set. "
            "Set the key that Retune runs with, and verify again"
        )
        return 2
    return 0


def _not_kept(text: str) -> str | None:
    """Why the text is not the hash of a row."""
    if text.strip() == START:
        return (
            "--kept: this is the value before the first row, the same in every audit, so it proves nothing. "
            "Give a last hash that `audit verify` said once there were rows."
        )
    if not _HASH.fullmatch(text.strip().lower()):
        return (
            "--kept: this is not a hash. Give the last hash that `audit verify` said: 64 digits from 0 to 9 and a to f."
        )
    return None


def export(database: Path, form: Format, write: Callable[[str], object]) -> int:
    """Write every row in order of its number: CSV for people, or JSON lines exactly as hashed."""
    with _open(database) as store:
        rows = map(_readable, store.audit.all())
        for line in map(json_line, rows) if form == "jsonl" else _sheet(rows):
            write(line)
    return 0


def _readable(row: Row) -> Row:
    """Bytes, which Retune never writes, as printable text."""
    return {name: repr(value) if isinstance(value, bytes) else value for name, value in row.items()}


def _sheet(rows: Iterable[Row]) -> Iterable[str]:
    return csv_lines((*COLUMNS, "hash", "seal"), ({**row, "at": _moment(row["at"])} for row in rows))


def _moment(at: object) -> object:
    """A time; anything else stays as it is: `verify` reports it."""
    try:
        return read(datetime, at)
    except msgspec.ValidationError:
        return at


@contextmanager
def _open(database: Path, key: SealingKey | None = None) -> Iterator[Store]:
    """The store. Raises `SettingsError` if there is no file, and `DatabaseUnusable` if it can't be read."""
    if not database.is_file():
        raise SettingsError([f"RETUNE_DATABASE: there is no file {database}."])
    with Store(database, key=key) as store:
        try:
            yield store
        except sqlite3.DatabaseError as error:
            raise DatabaseUnusable(database, str(error)) from error
