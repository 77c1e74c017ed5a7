"""The audit: who did what, when, to which run or model. Append-only, and chained by hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.approvals import Policy
from bot.domain.fleet import Ref
from bot.domain.noted import Noted
from bot.store.chain import START, digest
from bot.store.connection import Connection, Row, stamp

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


class Audit:
    """An append-only list of what people and Retune did."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def note(
        self,
        at: datetime,
        actor: str,
        action: str,
        *,
        run: int | None = None,
        model: str | None = None,
        instance: str | None = None,
        detail: str = "",
    ) -> None:
        """Writes one row at the end of the chain, in the transaction that is open, if one is.

        *actor* is a Slack user id, `retune` for what it does by itself, `elsewhere` for a change that it noticed.
        *model* is a reference; where it is not given it is that of *run*, and *instance* is that of the model.
        """
        with self._c.transaction():
            about = self._c.row("SELECT model FROM runs WHERE id = ?", (run,)) if run and model is None else None
            model = about["model"] if about else model
            last = self._c.row("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
            row: Row = {
                "id": last["id"] + 1 if last else 1,
                "at": stamp(at),
                "actor": actor,
                "action": str(action),
                "run": run,
                "model": model,
                "instance": instance or (Ref.parse(model).instance if model else None),
                "detail": str(detail),
                "previous": last["hash"] if last else START,
            }
            self._c.change(
                f"INSERT INTO audit ({', '.join(row)}, hash) VALUES ({', '.join('?' * len(row))}, ?)",
                (*row.values(), digest(row)),
            )

    def settings_changed(self, policies: Mapping[str, Policy], now: datetime) -> None:
        """Notes the policy of each instance where it is not what was noted last, and instances that went away."""
        wanted = {name: _policy(policy) for name, policy in policies.items()}
        with self._c.transaction():
            noted = {
                row["instance"]: row["detail"]
                for row in self._c.rows(
                    """SELECT instance, detail FROM audit WHERE id IN
                       (SELECT max(id) FROM audit WHERE action = 'settings' GROUP BY instance)"""
                )
            }
            for name in sorted({*wanted, *noted}):
                detail = wanted.get(name, NOT_CONFIGURED)
                if noted.get(name) != detail:
                    self.note(now, "retune", SETTINGS, instance=name, detail=detail)

    def count(self, action: str, since: datetime) -> int:
        """How often something was done since then."""
        row = self._c.row("SELECT count(*) AS n FROM audit WHERE action = ? AND at >= ?", (action, stamp(since)))
        return int(row["n"]) if row else 0

    def of_run(self, run: int) -> list[Row]:
        """The lines about one run, oldest first."""
        return self._c.rows("SELECT * FROM audit WHERE run = ? ORDER BY id", (run,))

    def noted(self, run: int) -> tuple[Noted, ...]:
        """What was noted of one run, oldest first, for people."""
        return tuple(
            Noted(datetime.fromtimestamp(row["at"], UTC), row["actor"], row["action"], row["model"], row["detail"])
            for row in self.of_run(run)
        )

    def all(self) -> Iterator[Row]:
        """Every row, oldest first; also those that are written meanwhile."""
        after = 0
        while page := self._c.rows("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", (after, PAGE)):
            yield from page
            after = page[-1]["id"]

    def tip(self) -> Tip:
        """How long the chain is, and its last hash."""
        row = self._c.row("SELECT count(*) AS n, (SELECT hash FROM audit ORDER BY id DESC LIMIT 1) AS hash FROM audit")
        assert row is not None
        return Tip(row["n"], row["hash"] or START)

    def holds(self, hash: str) -> bool:
        """Whether a row has that hash: false means that the end, where it stood, was cut off."""
        return hash == START or self._c.row("SELECT 1 AS one FROM audit WHERE hash = ?", (hash,)) is not None

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


def _policy(policy: Policy) -> str:
    own = "may" if policy.self_approval else "may not"
    return (
        f"approvers {' '.join(policy.approvers)}; approvals {policy.needed}; requesters {own} approve their own; "
        f"expires after {policy.ttl:.0f} s"
    )
