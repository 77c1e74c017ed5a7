"""The audit: who did what, when, to which request or model. Append-only, numbered without gaps, chained by hash.

Each row has the hash of the row before it; `audit_head` has the number and hash of the last one. With a key outside the
database, rows and end are also sealed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from bot.domain.fleet import Ref
from bot.domain.requests import Noted
from bot.domain.untrusted_text import escaped
from bot.store.chain import COLUMNS, KEYED, LOST, NO_KEY, START, Broken, Head, SealingKey, Walk, digest
from bot.store.connection import Connection, Part, Row, Sqlite, marks, read, written
from bot.store.schema import migrations

__all__ = ["COLUMNS", "START", "Audit", "Audited", "Broken", "Examined", "SealingKey", "Tip"]

PAGE = 1000
"""Rows read at a time, so that memory use does not grow with the audit."""

SETTINGS = "settings"
NOT_CONFIGURED = "not configured any more"

_LEAST, _MOST = -(2**63), 2**63 - 1
"""SQLite's smallest and largest row number: a tampered row may have any."""

_AROUND = """SELECT type, name, tbl_name, sql FROM sqlite_master
             WHERE lower(tbl_name) IN ('audit', 'audit_head') OR type IN ('trigger', 'view')"""
"""Everything that decides how the audit is written and read. Retune has no triggers and no views."""


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of the chain. *hash* is the last row's, or `START` if there is none."""

    rows: int
    hash: str


@dataclass(frozen=True, slots=True)
class Examined:
    """The result of checking the whole audit. *kept*: whether a row has the hash that was kept elsewhere."""

    tip: Tip
    broken: Broken | None
    kept: bool
    keyed: tuple[int, datetime] | None
    """The first row of the key's seals, and its time; None without a key."""
    sealed: tuple[int, int] | None
    """The first and last sealed row, checked or not."""


class Audit(Part):
    """An append-only list of what people and Retune did. *key* seals new rows."""

    def __init__(self, connection: Connection, key: SealingKey | None = None) -> None:
        super().__init__(connection)
        self._key = key

    def note(
        self,
        at: datetime,
        actor: str,
        action: str,
        *,
        request: int | None = None,
        model: str | None = None,
        instance: str | None = None,
        detail: str = "",
    ) -> None:
        """Append one row to the chain, in the open transaction if there is one.

        *actor* is a Slack user id, `retune` for its own actions, `elsewhere` for a change it noticed. *model* is a
        reference; *instance* defaults to the model's.
        """
        with self._c.transaction():
            end, _ = self._settled(at)
            self._append(
                end,
                {
                    "at": at.timestamp(),
                    "actor": actor,
                    "action": str(action),
                    "request": request,
                    "model": model,
                    "instance": instance or (Ref.parse(model).instance if model else None),
                    "detail": str(detail),
                },
            )

    def begin(self, now: datetime) -> tuple[str, str] | None:
        """Record once if the end is not sealed by this key: the key is new or gone, or the end was tampered with.

        Returns the recorded action and detail; None if there was nothing to record. Every `note` begins with this.
        """
        with self._c.transaction():
            return self._settled(now)[1]

    def _settled(self, now: datetime) -> tuple[Head, tuple[str, str] | None]:
        """The end afterwards, and what was recorded."""
        end, sealed = self._end()
        if sealed:
            return end, None
        action, detail = KEYED, self._key.name if self._key else NO_KEY
        if sealed is None:
            action, detail = LOST, f"the last row was {end.last}"
        facts = dict.fromkeys(("request", "model", "instance"))
        said = {"at": now.timestamp(), "actor": "retune", "action": action, "detail": detail, **facts}
        return self._append(end, said), (action, detail)

    def _end(self) -> tuple[Head, bool | None]:
        """The end that the next row follows, and whether the current key sealed it; None if it was not stored."""
        row = self._c.row("SELECT last, hash, seal FROM audit_head")
        if row is not None:
            head = Head(**row)
            return head, self._key.made(head) if self._key else head.seal is None
        row = self._c.row("SELECT id AS last, hash FROM audit ORDER BY id DESC LIMIT 1")
        return (Head(**row) if row else Head(0, START)), None

    def _append(self, end: Head, facts: Row) -> Head:
        """The number comes from the stored end, under the same lock: no sequence, so no gaps."""
        row: Row = {"id": end.last + 1, **facts, "previous": end.hash}
        hash, key = digest(row), self._key
        self._c.add("audit", **row, hash=hash, seal=key.of_row(hash) if key else None)
        head = Head(row["id"], hash, key.of_head(row["id"], hash) if key else None)
        self._c.put("audit_head", "id", id=1, last=head.last, hash=head.hash, seal=head.seal)
        return head

    def settings_changed(self, settings: Mapping[str, Mapping[str, str]], now: datetime) -> None:
        """Record settings that differ from the last record, old → new: one row for each *subject*.

        A subject is an instance, or empty for settings of all instances. Removed instances are recorded too.
        """
        rows = self._c.rows("SELECT subject, facts FROM settings_noted")
        noted = {row["subject"]: read(dict[str, str], row["facts"]) for row in rows}
        for subject in sorted({*settings, *noted}):
            was, now_set = noted.get(subject), settings.get(subject)
            if was == now_set:
                continue
            detail = NOT_CONFIGURED if now_set is None else _difference(was or {}, now_set)
            self.note(now, "retune", SETTINGS, instance=subject or None, detail=detail)
            if now_set is None:
                self._c.change("DELETE FROM settings_noted WHERE subject = ?", (subject,))
            else:
                self._c.put("settings_noted", "subject", subject=subject, facts=written(now_set))

    def count(self, action: str, since: datetime) -> int:
        """How often an action was done since then."""
        return self._c.value(int, "SELECT count(*) FROM audit WHERE action = ? AND at >= ?", (action, since)) or 0

    def of_request(self, request: int) -> tuple[Noted, ...]:
        """The log of one request, oldest first; without rows whose numbers Retune did not assign."""
        sql = """SELECT * FROM audit WHERE request = ? AND id BETWEEN 1 AND (SELECT last FROM audit_head)
                 ORDER BY id"""
        return self._c.all(Noted, sql, (request,))

    def of_actions(self, request: int, actions: Collection[str]) -> tuple[Noted, ...]:
        """The rows of one request with one of these actions, oldest first."""
        sql = f"""SELECT * FROM audit WHERE request = ? AND action IN ({marks(actions)})
                  AND id BETWEEN 1 AND (SELECT last FROM audit_head) ORDER BY id"""
        return self._c.all(Noted, sql, (request, *actions))

    def all(self) -> Iterator[Row]:
        """Every row in order of its number, whatever it is; includes rows written meanwhile."""
        least = _LEAST
        sql = f"SELECT {', '.join((*COLUMNS, 'hash', 'seal'))} FROM audit WHERE id >= ? ORDER BY id LIMIT ?"
        while page := self._c.rows(sql, (least, PAGE)):
            yield from page
            if page[-1]["id"] == _MOST:
                return
            least = page[-1]["id"] + 1

    def tip(self) -> Tip:
        """The length of the chain, and its last hash."""
        rows = self._c.value(int, "SELECT count(*) FROM audit") or 0
        return Tip(rows, self._c.value(str, "SELECT hash FROM audit ORDER BY id DESC LIMIT 1") or START)

    def verify(self) -> Broken | None:
        """The first fault: see `examine`."""
        return self.examine().broken

    def examine(self, kept: str | None = None) -> Examined:
        """Check every row and the end, with the store's key; reads a page at a time.

        *kept* is a hash stored elsewhere. Only it, or a key, detects that the end and `audit_head` were cut off
        together or that all rows were rewritten. Call it inside `reading` if others may write meanwhile.
        """
        walk, found = Walk(self._key), False
        broken = self._surroundings()
        try:
            for row in self.all() if broken is None else ():
                if fault := walk.row(row):
                    broken = Broken(row["id"], fault)
                    break
                found = found or row["hash"] == kept
            if broken is None and (fault := walk.end([Head(**row) for row in self._heads()])):
                broken = Broken(None, fault)
        except sqlite3.DatabaseError as error:  # text that is not text, a damaged page
            broken = Broken(None, f"the rows after {walk.last.last} cannot be read ({escaped(str(error))})")
        keyed = (walk.keyed[0], read(datetime, walk.keyed[1])) if walk.keyed else None
        return Examined(Tip(walk.last.last, walk.last.hash), broken, found, keyed, walk.sealed)

    def _heads(self) -> list[Row]:
        return self._c.rows("SELECT last, hash, seal FROM audit_head")

    def _surroundings(self) -> Broken | None:
        """Changes around the rows: a column, a trigger, a view, an index that was not made by Retune."""
        there = _around(self._c)
        odd = sorted({escaped(name) for _, name, *_ in there ^ _expected()})
        if odd:
            return Broken(None, f"a table, index, trigger or view was changed, added or removed: {', '.join(odd)}")
        for table in ("audit", "audit_head"):
            found = self._c.value(str, f"PRAGMA integrity_check({table})")
            if found != "ok":
                return Broken(None, f"SQLite reports that {table} is damaged: {escaped(found or '')}")
        return None


class Audited(Part):
    """Tables whose changes are recorded in the audit."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        super().__init__(connection)
        self._audit = audit


def _difference(was: Mapping[str, str], now: Mapping[str, str]) -> str:
    """The changes; for values without an earlier record, the value itself."""
    lines = []
    for name in dict.fromkeys((*now, *was)):
        old, new = was.get(name), now.get(name)
        if old != new:
            lines.append(f"{name}: {new}" if old is None else f"{name}: {old} → {new or 'none'}")
    return "; ".join(lines)


def _around(connection: Connection) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(str(value) for value in row.values()) for row in connection.rows(_AROUND))


@cache
def _expected() -> frozenset[tuple[str, ...]]:
    """The same in a new database."""
    with closing(Sqlite(memory=True)) as made:
        migrations.apply(made)
        return _around(Connection(made))
