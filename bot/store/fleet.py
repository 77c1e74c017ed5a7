"""The fleet as it was last read: the instances and their models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.catalog import Deployment
from bot.domain.doubts import Doubt
from bot.domain.fleet import InstanceReading, Model, Ref, Snapshot, Unreadable
from bot.store.connection import Part, read, written


@dataclass(frozen=True, slots=True)
class Kept:
    """What a reading changed in the store: the same instance before and after, alike where nothing was kept."""

    before: InstanceReading
    after: InstanceReading

    @property
    def recovered(self) -> bool:
        """Whether the instance was failing before."""
        return self.before.failing_since is not None and self.after.failing_since is None


class Fleet(Part):
    """The last good reading of every instance."""

    def declare(self, instances: Iterable[tuple[str, Deployment]]) -> None:
        """Makes the table hold exactly the instances that are configured now."""
        wanted = dict(instances)
        for name, deployment in wanted.items():
            self._c.put("instances", "name", name=name, deployment=deployment)
        for name in self.instances() - wanted.keys():
            self._c.change("DELETE FROM models WHERE instance = ?", (name,))
            self._c.change("DELETE FROM instances WHERE name = ?", (name,))

    def instances(self) -> frozenset[str]:
        """The names of the instances that are configured."""
        return frozenset(self._c.values(str, "SELECT name FROM instances"))

    def keep(
        self,
        instance: str,
        models: Iterable[Model],
        bases: frozenset[str] | None,
        *,
        asked: datetime,
        now: datetime,
        unreadable: tuple[Unreadable, ...] = (),
        doubt: Doubt | None = None,
    ) -> Kept:
        """Keeps a complete reading of one instance that was asked for at *asked*; without *bases*, those before stay.

        What the store saw after that moment is newer than the answer, so it stays: a model that was read alone
        meanwhile, or the whole instance as another process read it. An upgrade that ended during a slow list would
        otherwise look undone.
        """
        known = self._instance(instance)
        if known is None or _later(known.read_at, asked, now):
            known = known or InstanceReading(instance, "cloud")
            return Kept(known, known)
        had: dict[str, Model] = {}
        has = {model.ref: model for model in models}
        unchanged = set()
        for row in self._c.rows("SELECT * FROM models WHERE instance = ?", (instance,)):
            ref, facts, seen = row["ref"], row["facts"], row["seen_at"]
            same = ref in has and facts == written(has[ref])
            # Most models are as they were: only those that are not need to be decoded.
            had[ref] = has[ref] if same else read(Model, facts)
            if seen is not None and _later(read(datetime, seen), asked, now):
                has[ref] = had[ref]
                same = True
            if same:
                unchanged.add(ref)
        for ref in had.keys() - has.keys():
            self._c.change("DELETE FROM models WHERE ref = ?", (ref,))
        for ref in has.keys() - unchanged:
            self._put(has[ref], None)
        before = replace(known, models=tuple(had.values()))
        bases = before.bases if bases is None else bases
        after = replace(before, models=tuple(has.values()), bases=bases, read_at=now, failing_since=None, failure="")
        after = replace(after, unreadable=unreadable, doubt=doubt)
        self._c.change(
            """UPDATE instances SET read_at = ?, bases = ?, unreadable = ?, doubt = ?, failing_since = NULL,
               failure = '' WHERE name = ?""",
            (now, None if bases is None else written(bases), written(unreadable), doubt and written(doubt), instance),
        )
        return Kept(before, after)

    def doubted(self, instance: str, doubt: Doubt) -> Kept:
        """Notes that an instance answers and that its answer is not believed: what was read before stays."""
        before = self._instance(instance) or InstanceReading(instance, "cloud")
        sql = "UPDATE instances SET doubt = ?, failing_since = NULL, failure = '' WHERE name = ?"
        self._c.change(sql, (written(doubt), instance))
        return Kept(before, replace(before, doubt=doubt, failing_since=None, failure=""))

    def one(self, instance: str) -> InstanceReading:
        """One instance as it was read last."""
        models = self._c.values(Model, "SELECT facts FROM models WHERE instance = ? ORDER BY ref", (instance,))
        return replace(self._instance(instance) or InstanceReading(instance, "cloud"), models=models)

    def see(self, model: Model, now: datetime) -> Kept:
        """Keeps a fresh reading of one model, and only that model in what it gives."""
        before = self._with_one(model.instance, model.ref)
        self._put(model, now)
        return Kept(before, replace(before, models=(model,)))

    def gone(self, ref: str) -> Kept:
        """Forgets a model that its instance does not know any more."""
        before = self._with_one(Ref.parse(ref).instance, ref)
        self._c.change("DELETE FROM models WHERE ref = ?", (ref,))
        return Kept(before, replace(before, models=()))

    def failing(self, since: datetime) -> list[tuple[str, datetime]]:
        """The instances that have failed at least since then, and since when."""
        found = self._c.all(InstanceReading, "SELECT * FROM instances WHERE failing_since <= ? ORDER BY name", (since,))
        return [(reading.name, reading.failing_since) for reading in found if reading.failing_since]

    def failed(self, instance: str, failure: str, now: datetime) -> bool:
        """Notes that an instance could not be read; true if this is the first failure in a row."""
        sql = "UPDATE instances SET failing_since = ?, failure = ? WHERE name = ? AND failing_since IS NULL"
        return self._c.change(sql, (now, failure, instance)) == 1

    def snapshot(self) -> Snapshot:
        """Everything that was read last."""
        models: dict[str, list[Model]] = {}
        for model in self._c.values(Model, "SELECT facts FROM models ORDER BY ref"):
            models.setdefault(model.instance, []).append(model)
        readings = self._c.all(InstanceReading, "SELECT * FROM instances ORDER BY name")
        return Snapshot({known.name: replace(known, models=tuple(models.get(known.name, ()))) for known in readings})

    def _instance(self, name: str) -> InstanceReading | None:
        return self._c.one(InstanceReading, "SELECT * FROM instances WHERE name = ?", (name,))

    def _with_one(self, instance: str, ref: str) -> InstanceReading:
        models = self._c.values(Model, "SELECT facts FROM models WHERE ref = ?", (ref,))
        return replace(self._instance(instance) or InstanceReading(instance, "cloud"), models=models)

    def _put(self, model: Model, seen: datetime | None) -> None:
        self._c.put("models", "ref", ref=model.ref, instance=model.instance, facts=written(model), seen_at=seen)


def _later(seen: datetime | None, asked: datetime, now: datetime) -> bool:
    """Whether something was seen after that moment. What lies in the future was written before a clock was set back."""
    return seen is not None and asked < seen <= now
