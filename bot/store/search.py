"""Search: finds matching requests by indexes alone, however many there are."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.request_filter import ENDED, RequestFilter
from bot.domain.requests import LIVE
from bot.store.connection import Part, marks

MOST = 300
"""Ended requests counted, and listed page by page, with a filter; without one, all of them."""

FEW = 1000
"""Models of a name, and their runs, checked one by one; for more, the newest ended requests are scanned instead."""

KINDS = {"language": 1, "acoustic": 2}


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of the requests on one page, and how many match: live ones oldest first, ended ones newest first.

    *more*: more ended ones match than were counted.
    """

    shown: tuple[int, ...]
    live: int
    ended: int
    page: int
    more: bool = False


Place = tuple[float, int]
"""A position among the ended requests: end time and number."""


@dataclass(frozen=True, slots=True)
class _Where:
    """Conditions on a request `q`. *among*: the only possible requests, if they are few."""

    sql: str
    values: tuple[object, ...]
    among: frozenset[int] | None = None


class Search(Part):
    """Finds requests without reading their plans and journals."""

    def page(self, wanted: RequestFilter, number: int, size: int) -> Found:
        """Page *number*, from 0, of the matching requests, or the last page if there are fewer."""
        where = self._where(wanted)
        if where is None:
            return Found((), 0, 0, 0)
        live = self._live(wanted, where)
        if not where.sql and (not wanted.states or wanted.states >= ENDED):
            ended = self._all_ended()
            page = _page(number, len(live) + ended, size)
            begin = page * size
            shown = live[begin : begin + size]
            rest = self._ended(wanted, where, size - len(shown), max(0, begin - len(live)))
            return Found((*shown, *rest), len(live), ended, page)
        found = self._ended(wanted, where, MOST + 1, 0)
        counted = (*live, *found[:MOST])
        page = _page(number, len(counted), size)
        shown = counted[page * size : (page + 1) * size]
        return Found(shown, len(live), len(found[:MOST]), page, len(found) > MOST)

    def live(self, wanted: RequestFilter) -> tuple[int, ...]:
        """The matching live requests, oldest first."""
        where = self._where(wanted)
        return () if where is None else self._live(wanted, where)

    def ended(self, wanted: RequestFilter, after: Place | None, most: int) -> tuple[tuple[int, ...], Place | None]:
        """The next *most* matching ended requests, newest first, and the position of the last one; None: no more."""
        where, states = self._where(wanted), sorted(wanted.states - LIVE)
        if where is None or (wanted.states and not states):
            return (), None
        sql = f"SELECT q.ended_at AS at, q.id FROM requests q WHERE q.ended_at IS NOT NULL{where.sql}"
        values = list(where.values)
        if states:
            sql, values = f"{sql} AND q.state IN ({marks(states)})", [*values, *states]
        if after is not None:
            sql, values = f"{sql} AND (q.ended_at, q.id) < (?, ?)", [*values, *after]
        rows = self._c.rows(f"{sql} ORDER BY q.ended_at DESC, q.id DESC LIMIT ?", (*values, most))
        ids = tuple(row["id"] for row in rows)
        return ids, (rows[-1]["at"], ids[-1]) if len(rows) == most else None

    def any(self) -> bool:
        """Whether there are any requests at all."""
        return self._c.value(int, "SELECT id FROM requests LIMIT 1") is not None

    def _all_ended(self) -> int:
        sql = f"SELECT (SELECT count(*) FROM requests) - count(*) FROM requests WHERE state IN ({marks(LIVE)})"
        return self._c.value(int, sql, sorted(LIVE)) or 0

    def _live(self, wanted: RequestFilter, where: _Where) -> tuple[int, ...]:
        states = sorted(wanted.states & LIVE if wanted.states else LIVE)
        sql = f"SELECT q.id FROM requests q WHERE q.state IN ({marks(states)}){where.sql} ORDER BY +q.id"
        return self._c.values(int, sql, (*states, *where.values)) if states else ()

    def _ended(self, wanted: RequestFilter, where: _Where, most: int, offset: int) -> tuple[int, ...]:
        states = sorted(wanted.states - LIVE)
        if wanted.states and not states:
            return ()
        table, values = "requests q", list[object]()
        if where.among is not None:
            # In this join order: otherwise SQLite scans all ended requests, since they are in the wanted order.
            table, values = "json_each(?) a CROSS JOIN requests q ON q.id = a.value", [json.dumps(sorted(where.among))]
        sql = f"SELECT q.id FROM {table} WHERE q.ended_at IS NOT NULL{where.sql}"
        values += where.values
        if states:
            sql, values = f"{sql} AND q.state IN ({marks(states)})", [*values, *states]
        return self._c.values(
            int, f"{sql} ORDER BY q.ended_at DESC, q.id DESC LIMIT ? OFFSET ?", (*values, most, offset)
        )

    def _where(self, wanted: RequestFilter) -> _Where | None:
        """The conditions except the state; None if nothing can match."""
        sql, values, among = "", list[object](), None
        if len(wanted.kinds) == 1:
            sql, values = " AND q.kinds & ?", [KINDS[kind] for kind in wanted.kinds]
        if wanted.requester is not None:
            sql, values = f"{sql} AND q.requester = ?", [*values, wanted.requester]
        for part in wanted.parts:
            number = int(part) if _NUMBER.fullmatch(part) else 0
            named = f"(s.place = ? OR instr(s.form, ?)) AND s.kind IN ({marks(wanted.kinds or KINDS)})"
            naming = (part, part, *sorted(wanted.kinds or KINDS))
            subjects = self._c.values(int, f"SELECT s.id FROM subjects s WHERE {named} LIMIT ?", (*naming, FEW + 1))
            if not subjects and not number:
                return None
            if len(subjects) > FEW:
                sql, values = f"{sql} AND ({_named(named)} OR q.id = ?)", [*values, *naming, *naming, number]
                continue
            sql, values = f"{sql} AND ({_IS_SUBJECT} OR q.id = ?)", [*values, *[_bits(subjects)] * 2, number]
            few = self._requests_of(subjects)
            if few is not None and (among is None or len(few) < len(among)):
                among = few | {number}
        return _Where(sql, tuple(values), among)

    def _requests_of(self, subjects: Sequence[int]) -> frozenset[int] | None:
        """The requests of subjects; None if the subjects are many."""
        sql, facts = (
            "FROM runs WHERE subject IN (SELECT value FROM json_each(?)) LIMIT ?",
            (json.dumps(subjects), FEW + 1),
        )
        if (self._c.value(int, f"SELECT count(*) FROM (SELECT 1 {sql})", facts) or 0) > FEW:
            return None
        return frozenset(self._c.values(int, f"SELECT request {sql}", facts))


_NUMBER = re.compile(r"[1-9][0-9]{0,17}")

# A set as bytes, a one for each member: 4 ms for 50,000 requests; a list for IN takes 11 ms.
_IS_SUBJECT = """substr(?, q.subject, 1) = x'01' OR (q.subject IS NULL AND EXISTS (
    SELECT 1 FROM runs r WHERE r.request = q.id AND substr(?, r.subject, 1) = x'01'))"""


def _named(named: str) -> str:
    """The same by the names themselves, if they are too many for a set."""
    return f"""EXISTS (SELECT 1 FROM subjects s WHERE s.id = q.subject AND {named}) OR (q.subject IS NULL AND EXISTS (
        SELECT 1 FROM runs r JOIN subjects s ON s.id = r.subject WHERE r.request = q.id AND {named}))"""


def _bits(numbers: Sequence[int]) -> bytes:
    """A one at the position of each number, from 1."""
    bits = bytearray(max(numbers, default=0))
    for number in numbers:
        bits[number - 1] = 1
    return bytes(bits)


def _page(number: int, count: int, size: int) -> int:
    return max(0, min(number, (count - 1) // size))
