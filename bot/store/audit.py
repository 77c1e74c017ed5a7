"""The audit: who did what, when, to which request or model. Append-only, and chained by hash.

Each row carries the hash of the row before it, so that no row can be changed unseen. Never change what is hashed here:
databases have hashes that were made so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.authority import Policy
from bot.domain.fleet import Ref
from bot.domain.requests import Noted
from bot.store.connection import Connection, Part, Row

START = "0" * 64
"""What the first row carries as the hash of the row before it."""

COLUMNS = ("id", "at", "actor", "action", "request", "model", "instance", "detail", "previous")
"""What a row's hash is made of."""

PAGE = 1000
"""Rows that are read at a time: a reader's memory stays flat, however long the audit is."""

SETTINGS = "settings"
NOT_CONFIGURED = "not configured any more"


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of the chain. *hash* is that of the last row, or `START` where there is none."""

    rows: int
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row where the chain does not hold, and in words how."""

    id: int
    why: str


class Audit(Part):
    """An append-only list of what people and Retune did."""

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
        """Writes one row at the end of the chain, in the transaction that is open, if one is.

        *actor* is a Slack user id, `retune` for what it does by itself, `elsewhere` for a change that it noticed.
        *model* is a reference; where no *instance* is given it is that of the model.
        """
        with self._c.transaction():
            last = self._c.row("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
            row: Row = {
                "id": last["id"] + 1 if last else 1,
                "at": at.timestamp(),
                "actor": actor,
                "action": str(action),
                "request": request,
                "model": model,
                "instance": instance or (Ref.parse(model).instance if model else None),
                "detail": str(detail),
                "previous": last["hash"] if last else START,
            }
            self._c.add("audit", **row, hash=digest(row))

    def settings_changed(self, policies: Mapping[str, Policy], now: datetime) -> None:
        """Notes the policy of each instance where it is not what was noted last, and instances that went away."""
        wanted = {name: _policy(policy) for name, policy in policies.items()}
        rows = self._c.rows(
            """SELECT instance, detail FROM audit WHERE id IN
               (SELECT max(id) FROM audit WHERE action = 'settings' GROUP BY instance)"""
        )
        noted = {row["instance"]: row["detail"] for row in rows}
        for name in sorted({*wanted, *noted}):
            detail = wanted.get(name, NOT_CONFIGURED)
            if noted.get(name) != detail:
                self.note(now, "retune", SETTINGS, instance=name, detail=detail)

    def count(self, action: str, since: datetime) -> int:
        """How often something was done since then."""
        return self._c.value(int, "SELECT count(*) FROM audit WHERE action = ? AND at >= ?", (action, since)) or 0

    def of_request(self, request: int) -> tuple[Noted, ...]:
        """What was noted of one request, oldest first."""
        return self._c.all(Noted, "SELECT * FROM audit WHERE request = ? ORDER BY id", (request,))

    def all(self) -> Iterator[Row]:
        """Every row, oldest first; also those that are written meanwhile."""
        after = 0
        while page := self._c.rows("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", (after, PAGE)):
            yield from page
            after = page[-1]["id"]

    def tip(self) -> Tip:
        """How long the chain is, and its last hash."""
        rows = self._c.value(int, "SELECT count(*) FROM audit") or 0
        return Tip(rows, self._c.value(str, "SELECT hash FROM audit ORDER BY id DESC LIMIT 1") or START)

    def holds(self, hash: str) -> bool:
        """Whether a row has that hash: false means that the end, where it stood, was cut off."""
        return hash == START or self._c.value(int, "SELECT id FROM audit WHERE hash = ?", (hash,)) is not None

    def verify(self) -> Broken | None:
        """The first row that was changed, or before which one was taken out or put in; None if the chain is whole.

        A chain whose last rows were cut off is whole as well: only a hash that was kept elsewhere shows that.
        """
        previous = START
        for row in self.all():
            if row["previous"] != previous:
                return Broken(row["id"], "it does not follow the row before it")
            if row["hash"] != digest(row):
                return Broken(row["id"], "it is not what was written")
            previous = row["hash"]
        return None


class Audited(Part):
    """Tables whose changes have their line in the audit."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        super().__init__(connection)
        self._audit = audit


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the row's `COLUMNS` as JSON: keys sorted, no spaces, all but ASCII escaped.

    `at` is written with the fewest digits that give the same double, as `repr` does.
    """
    facts = {column: row[column] for column in COLUMNS}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _policy(policy: Policy) -> str:
    own = "may" if policy.self_approval else "may not"
    return (
        f"approvers {' '.join(policy.approvers)}; approvals {policy.needed}; requesters {own} approve their own; "
        f"expires after {policy.ttl:.0f} s"
    )
