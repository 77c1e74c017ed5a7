"""What is known of the fleet: as it was last read, what was observed of it on purpose, and what people said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.domain.catalog import Deployment
from bot.domain.fleet import InstanceReading, Model, Ref, Snapshot
from bot.domain.observations import Canary, Observations, Probe
from bot.domain.owners import Assigned
from bot.store.audit import Audited
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
        self, instance: str, models: Iterable[Model], bases: frozenset[str] | None, *, asked: datetime, now: datetime
    ) -> Kept:
        """Keeps a complete reading of one instance that was asked for at *asked*.

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
        self._c.change(
            "UPDATE instances SET read_at = ?, bases = ?, failing_since = NULL, failure = '' WHERE name = ?",
            (now, None if bases is None else written(bases), instance),
        )
        return Kept(before, after)

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


class Observed(Part):
    """The newest probe of each model, the newest canary of each base, the language model of each acoustic one."""

    def every(self) -> Observations:
        """All of it."""
        links = self._c.rows("SELECT acoustic, language FROM links WHERE language IS NOT NULL")
        return Observations(
            {probe.ref: probe for probe in self._c.all(Probe, "SELECT * FROM probes")},
            {(canary.instance, canary.base): canary for canary in self._c.all(Canary, "SELECT * FROM canaries")},
            {row["acoustic"]: row["language"] for row in links},
        )

    def probe(self, probe: Probe) -> None:
        """Keeps what recognition said with a model; the newest counts."""
        self._c.put("probes", "ref", **asdict(probe))

    def canary(self, canary: Canary) -> None:
        """Keeps the version that a new model was given."""
        self._c.put("canaries", "instance, base", **asdict(canary))

    def link(self, acoustic: str, language: str | None, by: str, now: datetime) -> None:
        """Remembers with which language model (a reference; None: none) an acoustic model was trained."""
        self._c.put("links", "acoustic", acoustic=acoustic, language=language, by=by, at=now)

    def linked(self, acoustic: str) -> tuple[bool, str | None]:
        """Whether people said with which language model it was trained, and which."""
        row = self._c.row("SELECT language FROM links WHERE acoustic = ?", (acoustic,))
        return (False, None) if row is None else (True, row["language"])


class Owners(Audited):
    """Owners that were said by hand: one for each model, each change with its line in the audit."""

    def assign(self, ref: str, owner: str, by: str, now: datetime) -> bool:
        """Makes a model belong to a user or user group; false if it does already."""
        known = self.of(ref)
        if known is not None and known.owner == owner:
            return False
        self._c.put("owners", "ref", ref=ref, owner=owner, by=by, at=now)
        self._audit.note(now, by, "owner", model=ref, detail=owner)
        return True

    def clear(self, ref: str, by: str, now: datetime) -> bool:
        """Forgets what was said of a model, so that the rules count; false if nothing was."""
        owner = self._c.value(str, "DELETE FROM owners WHERE ref = ? RETURNING owner", (ref,))
        if owner is not None:
            self._audit.note(now, by, "owner", model=ref, detail=f"none; was {owner}")
        return owner is not None

    def of(self, ref: str) -> Assigned | None:
        """What was said of one model."""
        return self._c.one(Assigned, "SELECT * FROM owners WHERE ref = ?", (ref,))

    def every(self) -> dict[str, Assigned]:
        """What was said, by the models' references."""
        return {said.ref: said for said in self._c.all(Assigned, "SELECT * FROM owners ORDER BY ref")}
