"""Troubles with the file: what SQLite says of it, as the cause that an operator can mend."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the database does not do what was asked. *cause* follows “because”.

    *passing*: it is waited for. *reopen*: once it is mended the file must be opened anew.
    """

    cause: str
    passing: bool = False
    reopen: bool = False


DAMAGED = Trouble("the file is damaged: stop Retune and put a backup in its place", reopen=True)

_BY_CODE: Mapping[int, Trouble] = {
    sqlite3.SQLITE_BUSY: Trouble("another process keeps it locked", passing=True),
    sqlite3.SQLITE_LOCKED: Trouble("another process keeps it locked", passing=True),
    sqlite3.SQLITE_FULL: Trouble("the disk is full"),
    sqlite3.SQLITE_READONLY: Trouble("the disk or the file is read-only", reopen=True),
    sqlite3.SQLITE_PERM: Trouble("this process may not write to it", reopen=True),
    sqlite3.SQLITE_AUTH: Trouble("this process may not write to it", reopen=True),
    sqlite3.SQLITE_CANTOPEN: Trouble(
        "it cannot be opened: its folder is missing, or this process may not write there", reopen=True
    ),
    sqlite3.SQLITE_IOERR: Trouble("the disk does not read or write", reopen=True),
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


def trouble(error: sqlite3.Error) -> Trouble:
    """What an error of SQLite's means; its own words where it says something that we do not know."""
    code = getattr(error, "sqlite_errorcode", None)
    known = _BY_CODE.get(code & 0xFF) if isinstance(code, int) else None
    return known or Trouble(f"SQLite says: {error}")
