"""Database errors: the cause behind SQLite's message, so that an operator can fix it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the database did not do something. *cause* follows “because”.

    *passing*: worth waiting for. *reopen*: once it is fixed, the file must be opened again.
    """

    cause: str
    passing: bool = False
    reopen: bool = False


DAMAGED = Trouble("the file is damaged: stop Retune and restore a backup", reopen=True)

_BY_CODE: Mapping[int, Trouble] = {
    sqlite3.SQLITE_BUSY: Trouble("another process has locked it", passing=True),
    sqlite3.SQLITE_LOCKED: Trouble("another process has locked it", passing=True),
    sqlite3.SQLITE_FULL: Trouble("the disk is full"),
    sqlite3.SQLITE_READONLY: Trouble("the disk or the file is read-only", reopen=True),
    sqlite3.SQLITE_PERM: Trouble("this process may not write to it", reopen=True),
    sqlite3.SQLITE_AUTH: Trouble("this process may not write to it", reopen=True),
    sqlite3.SQLITE_CANTOPEN: Trouble(
        "it cannot be opened: its folder is missing, or this process may not write there", reopen=True
    ),
    sqlite3.SQLITE_IOERR: Trouble("the disk has read or write errors", reopen=True),
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


def trouble(error: sqlite3.Error) -> Trouble:
    """The meaning of an SQLite error; SQLite's own words if it is unknown."""
    code = getattr(error, "sqlite_errorcode", None)
    known = _BY_CODE.get(code & 0xFF) if isinstance(code, int) else None
    return known or Trouble(f"SQLite says: {error}")
