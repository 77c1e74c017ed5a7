"""The store: everything Retune must remember, in one SQLite file, behind methods in domain words.

It runs on the event loop's own thread. A committed row costs about 12 µs there; a hop to another thread costs 90 to 200
µs. None of these methods is a coroutine, so no `await` can split a transaction.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import AbstractContextManager, closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

from bot import private
from bot.errors import DatabaseUnusable
from bot.store.announcements import Announcements, Choices
from bot.store.audit import Audit, SealingKey
from bot.store.changes import Changes
from bot.store.connection import Connection, Sqlite
from bot.store.deliveries import Deliveries
from bot.store.drafts import Drafts
from bot.store.fleet import Fleet
from bot.store.freezes import Freezes
from bot.store.history import History
from bot.store.journal import Journal
from bot.store.leases import Leases
from bot.store.messages import Messages
from bot.store.metrics import Metrics
from bot.store.observed import Observed
from bot.store.owners import Owners
from bot.store.requests import Requests
from bot.store.runs import Runs
from bot.store.schema import migrations
from bot.store.search import Search
from bot.store.snoozes import Snoozes
from bot.store.troubles import trouble
from bot.store.words import Words

__all__ = ["Store"]

log = logging.getLogger(__name__)

BESIDE = ("-wal", "-shm", "-journal")
"""Suffixes of SQLite's extra files; they get the permissions that the database has when they are created."""


OPENING = 5.0
"""Seconds that opening waits for another process's migration; no one waits for this process yet."""


NEWER = "a newer version of Retune changed it: use that version, or restore the backup made before that upgrade"


@cache
def _known() -> frozenset[str]:
    """The names of all migrations."""
    with closing(Sqlite(memory=True)) as nothing:
        return frozenset(migration.name for migration in migrations.pending(nothing))


class Store(AbstractContextManager["Store"]):
    """The open database. Use as a context manager; closing is the last thing a process does."""

    BUSY = 0.02
    """Seconds that one attempt waits for another process's write lock; it blocks the loop meanwhile."""

    def __init__(self, path: Path | str, *, patience: float = OPENING, key: SealingKey | None = None) -> None:
        """Open and migrate *path*, making it readable for its owner only; *key* seals the audit.

        Raises `DatabaseUnusable`.
        """
        if path != ":memory:":
            _close(Path(path).resolve())
        try:  # opened in one thread, then used only by the loop's
            connection = sqlite3.connect(path, isolation_level=None, timeout=patience, check_same_thread=False)
        except sqlite3.Error as error:
            raise DatabaseUnusable(path, trouble(error).cause) from error
        self._db = Sqlite(connection, execute_plugins=False)
        self._connection = shared = Connection(self._db)
        try:
            for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
                self._db.execute(f"PRAGMA {setting}")
            # If two processes migrate at once, one fails unless it takes the write lock first.
            with shared.transaction():
                if self.newer():
                    raise DatabaseUnusable(path, NEWER)
                migrations.apply(self._db)
            self._db.execute(f"PRAGMA busy_timeout = {self.BUSY * 1000:.0f}")
        except sqlite3.Error as error:
            connection.close()
            raise DatabaseUnusable(path, trouble(error).cause) from error
        except DatabaseUnusable:
            connection.close()
            raise
        self.transaction, self.reading = shared.transaction, shared.reading
        self.audit = Audit(shared, key)
        self.fleet = Fleet(shared)
        self.observed = Observed(shared)
        self.history = History(shared)
        self.runs = Runs(shared)
        self.requests = Requests(shared, self.audit, self.runs)
        self.deliveries = Deliveries(shared)
        self.drafts = Drafts(shared)
        self.search = Search(shared)
        self.freezes = Freezes(shared, self.audit)
        self.journal = Journal(shared, self.audit)
        self.changes = Changes(shared, self.audit)
        self.messages = Messages(shared)
        self.metrics = Metrics(shared)
        self.leases = Leases(shared)
        self.announcements = Announcements(shared)
        self.choices = Choices(shared, self.audit)
        self.owners = Owners(shared, self.audit)
        self.snoozes = Snoozes(shared, self.audit)
        self.words = Words(shared, self.audit)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def newer(self) -> bool:
        """Whether a newer version of Retune changed the tables."""
        return any(applied.name not in _known() for applied in migrations.applied(self._db))

    def shape(self) -> int:
        """A number that changes with the tables, in any process."""
        return int(self.pragma("schema_version"))

    def pragma(self, what: str) -> Any:
        """Run a pragma on this connection; returns its answer, if any."""
        row = self._db.execute(f"PRAGMA {what}").fetchone()
        return row and row[0]

    def damage(self) -> str | None:
        """What SQLite finds wrong in the whole file; None if it is sound. Slow for large files."""
        found = str(self.pragma("quick_check(1)"))
        return None if found == "ok" else found

    def __exit__(self, *error: object) -> None:
        self.close()


def _close(path: Path) -> None:
    """Create the file readable for its owner only, or restrict an existing one to its owner."""
    with suppress(OSError):  # it exists, or can't be created: then SQLite says why
        os.close(private.create(path))
        return
    for file in (path, *(path.with_name(path.name + end) for end in BESIDE)):
        if private.tighten(file):
            log.warning("other users of this machine could read %s; its mode is now 600", file)
