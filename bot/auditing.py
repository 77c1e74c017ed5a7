"""`python -m bot audit`: tests the chain of the audit, and gives all of it. Needs the database and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from bot.errors import SettingsError
from bot.messages.sheet import csv_lines, json_line
from bot.store import Store
from bot.store.audit import COLUMNS
from bot.store.connection import Row, read

Format = Literal["csv", "jsonl"]


def verify(database: Path, kept: str | None, say: Callable[[str], None]) -> int:
    """Says whether the chain is whole; 0 if it is, 1 if not, or if no row has the hash *kept*."""
    with _open(database) as store:
        tip = store.audit.tip()
        broken = store.audit.verify()
        if broken is not None:
            say(f"row {broken.id} breaks the chain: {broken.why}. Nothing from there on is proven.")
            return 1
        if kept is not None and not store.audit.holds(kept):
            say(f"no row has the hash {kept}: rows at the end were taken out, or it is of another database.")
            return 1
        say(f"{tip.rows} rows, the chain is whole, last hash {tip.hash}")
        return 0


def export(database: Path, form: Format, write: Callable[[str], object]) -> int:
    """Gives every row, oldest first: as CSV for people, or as JSON lines exactly as they are hashed."""
    with _open(database) as store:
        rows = store.audit.all()
        for line in map(json_line, rows) if form == "jsonl" else _sheet(rows):
            write(line)
    return 0


def _sheet(rows: Iterable[Row]) -> Iterable[str]:
    return csv_lines((*COLUMNS, "hash"), ({**row, "at": read(datetime, row["at"])} for row in rows))


def _open(database: Path) -> Store:
    if not database.is_file():
        raise SettingsError([f"RETUNE_DATABASE: there is no file {database}."])
    return Store(database)
