"""One connection: its transactions, and the conversion of values to and from columns.

sqlite-utils imports NumPy if it is installed, to store its numbers. We store none: NumPy is for the chart's own process
only, and here it would cost 11.5 MB permanently and 0.15 s at each start.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import is_dataclass
from datetime import date, datetime
from functools import cache, partial
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

_hidden = "numpy" not in sys.modules
if _hidden:
    sys.modules["numpy"] = None  # type: ignore[assignment]  # Python's own way to block an import
try:
    from sqlite_utils import Database as Sqlite
    from sqlite_utils import Migrations
finally:
    if _hidden:
        del sys.modules["numpy"]

__all__ = ["Connection", "Migrations", "Part", "Row", "Sqlite", "built", "grouped", "marks", "read", "written"]

T = TypeVar("T")
Row = dict[str, Any]
Parameters = Sequence[Any] | dict[str, Any]

# Times are stored as seconds since 1970, dates as ISO text; `built` reads both.
sqlite3.register_adapter(datetime, datetime.timestamp)
sqlite3.register_adapter(date, date.isoformat)

_encode = msgspec.json.Encoder().encode


def written(value: object) -> str:
    """The JSON of a value that its column can't store directly."""
    return _encode(value).decode()


def _is_json(kind: Any) -> bool:
    """Whether values of that type are stored as JSON."""
    if get_origin(kind) in (Union, UnionType):
        return any(map(_is_json, get_args(kind)))
    return is_dataclass(kind) or get_origin(kind) in (tuple, frozenset, dict)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """The conversion from a column to a value of that type."""
    return msgspec.json.Decoder(kind).decode if _is_json(kind) else partial(msgspec.convert, type=kind, strict=False)


@cache
def _json_columns(kind: type) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((name, _reader(hint)) for name, hint in get_type_hints(kind).items() if _is_json(hint))


def read(kind: type[T], value: object) -> T:
    """A value from its column: stored directly, or as `written`."""
    made: T = _reader(cast("Any", kind))(value)
    return made


def built(kind: type[T], row: Row) -> T:
    """A row as a dataclass: its fields are the columns of the same names. Changes *row*.

    A JSON column whose value is not text is used as is.
    """
    for name, reader in _json_columns(cast("Any", kind)):
        if isinstance(text := row.get(name), str):
            row[name] = reader(text)
    return msgspec.convert(row, kind, strict=False)


def grouped(rows: Iterable[Row], column: str) -> dict[int, list[Row]]:
    """The rows grouped by a column, in their order."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def marks(values: Sized) -> str:
    """A question mark for each of *values*, for `IN (…)`."""
    return ", ".join("?" * len(values))


class Connection:
    """The connection shared by all parts of the store. Parameters may be times, dates and enums."""

    def __init__(self, db: Sqlite) -> None:
        self._db = db
        self._reads_only = False

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """The rows of a query."""
        cursor = self._db.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def tuples(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples, for very many of them."""
        return self._db.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row of a query."""
        return next(iter(self.rows(sql, parameters)), None)

    def all(self, kind: type[T], sql: str, parameters: Parameters = ()) -> tuple[T, ...]:
        """The rows of a query as values: see `built`."""
        return tuple(built(kind, row) for row in self.rows(sql, parameters))

    def one(self, kind: type[T], sql: str, parameters: Parameters = ()) -> T | None:
        """The first row of a query as a value."""
        return next(iter(self.all(kind, sql, parameters)), None)

    def values(self, kind: type[T], sql: str, parameters: Parameters = ()) -> tuple[T, ...]:
        """The values of a one-column query, without nulls."""
        found = self._db.execute(sql, parameters)
        if kind in (int, str):  # the tables are strict, so they have that type already
            return tuple(value for (value,) in found if value is not None)
        reader = _reader(cast("Any", kind))
        return tuple(reader(value) for (value,) in found if value is not None)

    def value(self, kind: type[T], sql: str, parameters: Parameters = ()) -> T | None:
        """The first value of a one-column query; None also for null."""
        return next(iter(self.values(kind, sql, parameters)), None)

    def change(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a write; returns the number of changed rows. Commits unless a transaction is open."""
        return self._write(sql, parameters).rowcount

    def add(self, table: str, /, **values: object) -> int:
        """Insert a row; returns its number."""
        return self._insert(table, values).lastrowid or 0

    def add_all(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one write for each of *rows*: a thousand take 3 ms, one by one 15 ms (measured)."""
        if self._reads_only:
            raise AssertionError("read-only work must not write")
        self._db.conn.executemany(sql, rows)

    def add_once(self, table: str, key: str, /, **values: object) -> bool:
        """Insert a row; false if one with that *key* (its columns, with commas) exists."""
        return self._insert(table, values, f"ON CONFLICT ({key}) DO NOTHING").rowcount == 1

    def put(self, table: str, key: str, /, **values: object) -> None:
        """Insert a row, or replace the one with that *key* (its columns, with commas)."""
        others = ", ".join(f"{column} = excluded.{column}" for column in values if column not in key.split(", "))
        self._insert(table, values, f"ON CONFLICT ({key}) DO UPDATE SET {others}")

    def put_all(self, table: str, key: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """As `put` for very many rows, inside a transaction."""
        others = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks(columns)}) "
        self.change_all(f"{sql} ON CONFLICT ({key}) DO UPDATE SET {others}", rows)

    def change_all(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a write once for each of the rows of parameters, inside a transaction."""
        assert not self._reads_only, "read-only work must not write"
        if rows:
            self._db.conn.executemany(sql, rows)

    def _insert(self, table: str, values: Mapping[str, object], conflict: str = "") -> sqlite3.Cursor:
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks(values)}) {conflict}"
        return self._write(sql, tuple(values.values()))

    def _write(self, sql: str, parameters: Parameters) -> sqlite3.Cursor:
        if self._reads_only:
            raise AssertionError("read-only work must not write")
        return self._db.execute(sql, parameters)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All reads inside see one moment. Never await inside, and write nothing."""
        self._db.execute("BEGIN")
        self._reads_only = True
        try:
            yield
        finally:
            self._reads_only = False
            self._undo()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """All or nothing, with other writers locked out; joins an open transaction. Never await inside.

        *durable*: survives a power loss, not only a crash of the process. For the one commit that must come before a
        request that cannot be undone.
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
                self._undo()
                raise
        finally:
            if durable:
                self._db.execute("PRAGMA synchronous = NORMAL")

    def _undo(self) -> None:
        """Roll back, unless SQLite already did, as it does on a full disk."""
        if self._db.conn.in_transaction:
            self._db.execute("ROLLBACK")


class Part:
    """Some tables of the store. Reads and the writes that depend on them belong in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection
