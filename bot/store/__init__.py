"""The store: everything Retune must not forget, in one SQLite file, behind methods in domain words.

It runs on the event loop's own thread. A committed row costs about 12 µs there and a hop to another thread 90 to
200 µs, and no transaction can be torn apart by an `await`, because none of these methods is a coroutine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from bot.errors import SettingsError
from bot.store.announcements import Announcements
from bot.store.audit import Audit
from bot.store.campaigns import Campaigns
from bot.store.changes import Changes
from bot.store.connection import Connection
from bot.store.fleet import Fleet
from bot.store.freezes import Freezes
from bot.store.history import History
from bot.store.journal import Journal
from bot.store.leases import Leases
from bot.store.messages import Messages
from bot.store.observed import Observed
from bot.store.owners import Owners
from bot.store.runs import Runs
from bot.store.schema import migrations
from bot.store.search import Search
from bot.store.snoozes import Snoozes
from bot.store.sqlite import Sqlite
from bot.store.timetable import Choices
from bot.store.votes import Votes

__all__ = ["Store"]


class Store:
    """The open database. Use as a context manager; closing is the last thing a process does."""

    BUSY = 10.0
    """Seconds that one try waits for the write lock of another process."""

    def __init__(self, path: Path | str) -> None:
        """Opens and migrates *path*. Raises `SettingsError` when it cannot be used."""
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=self.BUSY)
        except sqlite3.Error as error:
            raise SettingsError([f"RETUNE_DATABASE: cannot open {path}: {error}."]) from error
        self._db = Sqlite(connection, execute_plugins=False)
        try:
            _prepare(self._db)
        except sqlite3.Error as error:
            connection.close()
            raise SettingsError([f"RETUNE_DATABASE: cannot use {path}: {error}."]) from error
        shared = Connection(self._db)
        self._connection = shared
        self.audit = Audit(shared)
        self.fleet = Fleet(shared)
        self.observed = Observed(shared)
        self.history = History(shared)
        self.runs = Runs(shared, self.audit)
        self.votes = Votes(shared, self.audit)
        self.campaigns = Campaigns(shared, self.audit, self.runs)
        self.search = Search(shared)
        self.freezes = Freezes(shared, self.audit)
        self.journal = Journal(shared, self.audit)
        self.changes = Changes(shared, self.audit)
        self.messages = Messages(shared)
        self.leases = Leases(shared)
        self.announcements = Announcements(shared)
        self.choices = Choices(shared, self.audit)
        self.owners = Owners(shared, self.audit)
        self.snoozes = Snoozes(shared, self.audit)

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """All or nothing, and nobody else writes meanwhile. Never await inside."""
        with self._connection.transaction(durable=durable):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything that is read inside is of one moment. Never await inside, and write nothing."""
        with self._connection.reading():
            yield

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _prepare(db: Sqlite) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")
    # Two processes that migrate at once: without the write lock taken first, one of them dies.
    db.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(db)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
