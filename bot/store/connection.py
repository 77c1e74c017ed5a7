"""One connection, its transactions, and how moments are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from bot.store.sqlite import Sqlite

Row = dict[str, Any]


def stamp(moment: datetime | None) -> float | None:
    """A moment as the database has it: seconds since 1970."""
    return None if moment is None else moment.timestamp()


def moment(value: float | None) -> datetime | None:
    """The moment that `stamp` wrote."""
    return None if value is None else datetime.fromtimestamp(value, UTC)


class Connection:
    """The connection that all parts of the store share."""

    def __init__(self, db: Sqlite) -> None:
        self._db = db
        self._reads_only = False

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query."""
        return list(self._db.query(sql, parameters))

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of a query."""
        return next(iter(self.rows(sql, parameters)), None)

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Runs a write and gives the number of rows it changed; commits unless a transaction is open."""
        assert not self._reads_only, "work that only reads must not write"
        return self._db.execute(sql, parameters).rowcount

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A transaction without the write lock; joins the one that is already open, if one is."""
        if self._db.conn.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        self._reads_only = True
        try:
            yield
        finally:
            self._reads_only = False
            self._db.execute("ROLLBACK")

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Takes the write lock at once; joins the transaction that is already open, if one is.

        *durable*: survives a power loss, not only a crash of the process. For the one commit that must come
        before a request that cannot be undone.
        """
        if self._db.conn.in_transaction:
            yield
            return
        if durable:
            self._db.execute("PRAGMA synchronous = FULL")
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
        finally:
            if durable:
                self._db.execute("PRAGMA synchronous = NORMAL")
