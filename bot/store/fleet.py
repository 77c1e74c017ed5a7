"""The fleet as it was last read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from bot.domain.catalog import Deployment
from bot.domain.fleet import InstanceReading, Model, Ref, Snapshot
from bot.store.connection import Connection, Row, moment, stamp

_encode = msgspec.json.Encoder().encode
_model = msgspec.json.Decoder(Model).decode
_bases = msgspec.json.Decoder(frozenset[str]).decode


@dataclass(frozen=True, slots=True)
class Kept:
    """What a reading changed in the store: the same instance before and after, alike where nothing was kept."""

    before: InstanceReading
    after: InstanceReading

    @property
    def recovered(self) -> bool:
        """Whether the instance was failing before."""
        return self.before.failing_since is not None and self.after.failing_since is None


class Fleet:
    """The last good reading of every instance."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def declare(self, instances: Iterable[tuple[str, Deployment]]) -> None:
        """Makes the table hold exactly the instances that are configured now."""
        wanted = dict(instances)
        with self._c.transaction():
            for name, deployment in wanted.items():
                self._c.change(
                    """INSERT INTO instances (name, deployment) VALUES (?, ?)
                       ON CONFLICT (name) DO UPDATE SET deployment = excluded.deployment""",
                    (name, deployment),
                )
            for row in self._c.rows("SELECT name FROM instances"):
                if row["name"] not in wanted:
                    self._c.change("DELETE FROM models WHERE instance = ?", (row["name"],))
                    self._c.change("DELETE FROM instances WHERE name = ?", (row["name"],))

    def instances(self) -> frozenset[str]:
        """The names of the instances that are configured."""
        return frozenset(row["name"] for row in self._c.rows("SELECT name FROM instances"))

    def keep(
        self, instance: str, models: Iterable[Model], bases: frozenset[str] | None, *, asked: datetime, now: datetime
    ) -> Kept:
        """Keeps a complete reading of one instance that was asked for at *asked*.

        What the store saw after that moment is newer than the answer, so it stays: a model that was read alone
        meanwhile, or the whole instance as another process read it. An upgrade that ended during a slow list would
        otherwise look undone.
        """
        with self._c.transaction():
            row = self._c.row("SELECT * FROM instances WHERE name = ?", (instance,))
            if row is None or _later(row["read_at"], asked, now):
                known = _reading(row, []) if row else InstanceReading(instance, "cloud")
                return Kept(known, known)
            had: dict[str, Model] = {}
            has = {model.ref: model for model in models}
            rows = self._c.rows("SELECT ref, facts, seen_at FROM models WHERE instance = ?", (instance,))
            unchanged = set()
            for was in rows:
                ref = was["ref"]
                same = ref in has and was["facts"] == _encode(has[ref]).decode()
                # Most models are as they were: only those that are not need to be decoded.
                had[ref] = has[ref] if same else _model(was["facts"])
                if _later(was["seen_at"], asked, now):
                    has[ref] = had[ref]
                    same = True
                if same:
                    unchanged.add(ref)
            for ref in had.keys() - has.keys():
                self._c.change("DELETE FROM models WHERE ref = ?", (ref,))
            for ref in has.keys() - unchanged:
                self._put(has[ref], None)
            self._c.change(
                """UPDATE instances SET read_at = ?, bases = coalesce(?, bases), failing_since = NULL, failure = ''
                   WHERE name = ?""",
                (stamp(now), None if bases is None else _encode(bases).decode(), instance),
            )
        before = _reading(row, list(had.values()))
        after = replace(
            before,
            models=tuple(has.values()),
            bases=before.bases if bases is None else bases,
            read_at=now,
            failing_since=None,
            failure="",
        )
        return Kept(before, after)

    def see(self, model: Model, now: datetime) -> Kept:
        """Keeps a fresh reading of one model, and only that model in what it gives."""
        with self._c.transaction():
            before = self._with_one(model.instance, model.ref)
            self._put(model, now)
        return Kept(before, replace(before, models=(model,)))

    def gone(self, ref: str) -> Kept:
        """Forgets a model that its instance does not know any more."""
        with self._c.transaction():
            before = self._with_one(Ref.parse(ref).instance, ref)
            self._c.change("DELETE FROM models WHERE ref = ?", (ref,))
        return Kept(before, replace(before, models=()))

    def failing(self, since: datetime) -> list[tuple[str, datetime]]:
        """The instances that have failed at least since then, and since when."""
        rows = self._c.rows(
            "SELECT name, failing_since AS at FROM instances WHERE failing_since <= ? ORDER BY name", (stamp(since),)
        )
        return [(row["name"], _at(row)) for row in rows]

    def failed(self, instance: str, failure: str, now: datetime) -> bool:
        """Notes that an instance could not be read; true if this is the first failure in a row."""
        return (
            self._c.change(
                "UPDATE instances SET failing_since = ?, failure = ? WHERE name = ? AND failing_since IS NULL",
                (stamp(now), failure, instance),
            )
            == 1
        )

    def snapshot(self) -> Snapshot:
        """Everything that was read last."""
        models: dict[str, list[Model]] = {}
        for row in self._c.rows("SELECT facts FROM models ORDER BY ref"):
            model = _model(row["facts"])
            models.setdefault(model.instance, []).append(model)
        rows = self._c.rows("SELECT * FROM instances ORDER BY name")
        return Snapshot({row["name"]: _reading(row, models.get(row["name"], [])) for row in rows})

    def _with_one(self, instance: str, ref: str) -> InstanceReading:
        row = self._c.row("SELECT * FROM instances WHERE name = ?", (instance,))
        known = self._c.row("SELECT facts FROM models WHERE ref = ?", (ref,))
        models = [_model(known["facts"])] if known else []
        return _reading(row, models) if row else InstanceReading(instance, "cloud", tuple(models))

    def _put(self, model: Model, seen: datetime | None) -> None:
        self._c.change(
            """INSERT INTO models (ref, instance, facts, seen_at) VALUES (?, ?, ?, ?)
               ON CONFLICT (ref) DO UPDATE SET facts = excluded.facts,
               seen_at = coalesce(excluded.seen_at, models.seen_at)""",
            (model.ref, model.instance, _encode(model).decode(), stamp(seen)),
        )


def _later(seen: float | None, asked: datetime, now: datetime) -> bool:
    """Whether something was seen after that moment. What lies in the future was written before a clock was set back."""
    return seen is not None and asked.timestamp() < seen <= now.timestamp()


def _at(row: Row) -> datetime:
    found = moment(row["at"])
    assert found is not None
    return found


def _reading(row: Row, models: list[Model]) -> InstanceReading:
    return InstanceReading(
        name=row["name"],
        deployment=row["deployment"],
        models=tuple(models),
        bases=None if row["bases"] is None else _bases(row["bases"]),
        read_at=moment(row["read_at"]),
        failing_since=moment(row["failing_since"]),
        failure=row["failure"],
    )
