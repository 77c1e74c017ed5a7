"""The fleet as it was last read: the instances and their models.

What an instance is known to be has a number that grows with each change, whoever makes it: so every process notices
what others wrote, and needs not read again what it knows.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import is_

from bot.domain.catalog import Deployment
from bot.domain.doubts import Doubt
from bot.domain.fleet import InstanceReading, Model, Ref, Snapshot, Unreadable
from bot.store.connection import Connection, Part, read, written
from bot.turns import Work, at_once

NOTED, UNNOTED = 200, 2500
"""Models that one transaction writes at most, where each is noted as a change (0.1 ms) and at a first reading."""

PIECE = 50
"""Models that are decoded between two rests; each takes 10 µs, or more where its description is long."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is in memory of one instance: its reading, when models were read alone (by reference), and its number."""

    reading: InstanceReading
    seen: Mapping[str, datetime] = field(default_factory=dict)
    revision: int = -1


@dataclass(frozen=True, slots=True)
class Kept:
    """What a reading changed in the store: the same instance before and after, alike where nothing was kept.

    Where one model was read, there is none beside it. *known* is what is known of the instance now, None where what
    was known before was out of date.
    """

    before: InstanceReading
    after: InstanceReading
    known: Known | None = None
    more: bool = False
    """Whether there is more to keep of the same reading."""

    @property
    def recovered(self) -> bool:
        """Whether the instance was failing before."""
        return self.before.failing_since is not None and self.after.failing_since is None


@dataclass(frozen=True, slots=True)
class Stored:
    """One instance as the store has it, with its models not decoded yet: their references, facts and `seen_at`."""

    reading: InstanceReading
    models: Sequence[tuple[str, str, float | None]]
    revision: int

    def known(self, before: Known | None = None) -> Work[Known]:
        """All of it. Those models that are as they were *before* stay the same objects."""
        had = {model.ref: model for model in before.reading.models} if before else {}
        models, seen = [], {}
        for number, (ref, facts, seen_at) in enumerate(self.models):
            model = had.get(ref)
            models.append(model if model is not None and written(model) == facts else read(Model, facts))
            if seen_at is not None:
                seen[ref] = read(datetime, seen_at)
            if number % PIECE == 0:
                yield
        return Known(replace(self.reading, models=tuple(models)), seen, self.revision)


class Fleet(Part):
    """The last good reading of every instance."""

    def declare(self, instances: Iterable[tuple[str, Deployment]]) -> None:
        """Makes the table hold exactly the instances that are configured now."""
        wanted = dict(instances)
        for name, deployment in wanted.items():
            self._c.put("instances", "name", name=name, deployment=deployment)
            touch(self._c, name)  # another deployment is another judgement
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
        known: Known | None = None,
    ) -> Kept:
        """Keeps a complete reading of one instance that was asked for at *asked*; without *bases*, those before stay.

        Where very much differs, it keeps a part of that, says that there is more, and is to be asked again.
        What the store saw after that moment is newer than the answer, so it stays: a model that was read alone
        meanwhile, or the whole instance as another process read it. An upgrade that ended during a slow list would
        otherwise look undone.
        """
        stored, revision = self._instance(instance), self.revision(instance)
        if known is None or known.revision != revision:
            known = self._known(instance)
        if _later(stored.read_at, asked, now) or revision < 0:
            return Kept(stored, stored, known)
        listed, later = tuple(models), {ref: seen for ref, seen in known.seen.items() if _later(seen, asked, now)}
        before = replace(stored, models=known.reading.models)
        if later or len(listed) != len(before.models) or not all(map(is_, listed, before.models)):
            more, listed = self._changed(before.models, listed, later, NOTED if before.read_at else UNNOTED)
            if more:
                after = replace(before, models=listed)
                return Kept(before, after, Known(after, known.seen, touch(self._c, instance)), more=True)
        else:
            listed = before.models
        bases = before.bases if bases is None else bases
        after = replace(before, models=listed, bases=bases, read_at=now, failing_since=None, failure="")
        after = replace(after, unreadable=unreadable, doubt=doubt)
        self._c.change(
            """UPDATE instances SET read_at = ?, bases = ?, unreadable = ?, doubt = ?, failing_since = NULL,
               failure = '' WHERE name = ?""",
            (now, None if bases is None else written(bases), written(unreadable), doubt and written(doubt), instance),
        )
        return Kept(before, after, Known(after, later, touch(self._c, instance)))

    def _changed(
        self, before: Iterable[Model], models: Iterable[Model], later: Container[str], most: int
    ) -> tuple[bool, tuple[Model, ...]]:
        """Writes what differs, at most so much; whether there is more, and the models as they are in the store then.

        Those that were read *later* stay as they were before.
        """
        had, has = {model.key: model for model in before}, {model.key: model for model in models}
        if later:
            has |= {key: model for key, model in had.items() if model.ref in later}
        gone = [model for key, model in had.items() if key not in has]
        new = [model for key, model in has.items() if (old := had.get(key)) is not model and old != model]
        if more := len(gone) + len(new) > most:
            gone, new = gone[:most], new[: max(0, most - len(gone))]
            has = {**had, **{model.key: model for model in new}}
            for model in gone:
                del has[model.key]
        self._c.change_all("DELETE FROM models WHERE ref = ?", [(model.ref,) for model in gone])
        rows = [(model.ref, model.instance, written(model), None) for model in new]
        self._c.put_all("models", "ref", ("ref", "instance", "facts", "seen_at"), rows)
        return more, tuple(has.values())

    def doubted(self, instance: str, doubt: Doubt, known: Known | None = None) -> Kept:
        """Notes that an instance answers and that its answer is not believed: what was read before stays."""
        before = self._instance(instance)
        sql = "UPDATE instances SET doubt = ?, failing_since = NULL, failure = '' WHERE name = ?"
        self._c.change(sql, (written(doubt), instance))
        after = replace(before, doubt=doubt, failing_since=None, failure="")
        return Kept(before, after, self._beside(instance, known))

    def revisions(self) -> dict[str, int]:
        """The number of each instance."""
        return {row["name"]: row["revision"] for row in self._c.rows("SELECT name, revision FROM instances")}

    def revision(self, instance: str) -> int:
        """The number of one instance; -1 where it is not configured."""
        found = self._c.value(int, "SELECT revision FROM instances WHERE name = ?", (instance,))
        return -1 if found is None else found

    def stored(self, instance: str) -> Stored:
        """One instance, to be decoded."""
        sql = "SELECT ref, facts, seen_at FROM models WHERE instance = ? ORDER BY ref"
        return Stored(self._instance(instance), self._c.tuples(sql, (instance,)), self.revision(instance))

    def one(self, instance: str) -> InstanceReading:
        """One instance as it was read last."""
        return self._known(instance).reading

    def _known(self, instance: str) -> Known:
        return at_once(self.stored(instance).known())

    def see(self, model: Model, now: datetime, known: Known | None = None) -> Kept:
        """Keeps a fresh reading of one model, and only that model in what it gives."""
        before = self._with_one(model.instance, model.ref)
        self._put(model, now)
        known = self._beside(model.instance, known)
        if known is not None:
            others = [each for each in known.reading.models if each.key != model.key]
            reading = replace(known.reading, models=(*others, model))
            known = replace(known, reading=reading, seen={**known.seen, model.ref: now})
        return Kept(before, replace(before, models=(model,)), known)

    def gone(self, ref: str, known: Known | None = None) -> Kept:
        """Forgets a model that its instance does not know any more."""
        instance = Ref.parse(ref).instance
        before = self._with_one(instance, ref)
        self._c.change("DELETE FROM models WHERE ref = ?", (ref,))
        known = self._beside(instance, known)
        if known is not None:
            others = tuple(each for each in known.reading.models if each.ref != ref)
            known = replace(known, reading=replace(known.reading, models=others))
        return Kept(before, replace(before, models=()), known)

    def _beside(self, instance: str, known: Known | None) -> Known | None:
        """What is known once something was written beside the models; None where it was out of date."""
        revision = touch(self._c, instance)
        if known is None or known.revision != revision - 1:
            return None
        return Known(replace(self._instance(instance), models=known.reading.models), known.seen, revision)

    def failing(self, since: datetime) -> list[tuple[str, datetime]]:
        """The instances that have failed at least since then, and since when."""
        found = self._c.all(InstanceReading, "SELECT * FROM instances WHERE failing_since <= ? ORDER BY name", (since,))
        return [(reading.name, reading.failing_since) for reading in found if reading.failing_since]

    def failed(self, instance: str, failure: str, now: datetime, known: Known | None = None) -> Kept | None:
        """Notes that an instance could not be read, if this is the first failure in a row; None where it is not."""
        before = self._instance(instance)
        sql = "UPDATE instances SET failing_since = ?, failure = ? WHERE name = ? AND failing_since IS NULL"
        if not self._c.change(sql, (now, failure, instance)):
            return None
        return Kept(before, replace(before, failing_since=now, failure=failure), self._beside(instance, known))

    def snapshot(self) -> Snapshot:
        """Everything that was read last."""
        return Snapshot({name: self.one(name) for name in sorted(self.instances())})

    def _instance(self, name: str) -> InstanceReading:
        found = self._c.one(InstanceReading, "SELECT * FROM instances WHERE name = ?", (name,))
        return found or InstanceReading(name, "cloud")

    def _with_one(self, instance: str, ref: str) -> InstanceReading:
        models = self._c.values(Model, "SELECT facts FROM models WHERE ref = ?", (ref,))
        return replace(self._instance(instance), models=models)

    def _put(self, model: Model, seen: datetime | None) -> None:
        self._c.put("models", "ref", ref=model.ref, instance=model.instance, facts=written(model), seen_at=seen)


def touch(connection: Connection, instance: str) -> int:
    """Notes that something of an instance changed, in the transaction that changes it; gives its number from now on."""
    connection.change("UPDATE instances SET revision = revision + 1 WHERE name = ?", (instance,))
    return connection.value(int, "SELECT revision FROM instances WHERE name = ?", (instance,)) or -1


def _later(seen: datetime | None, asked: datetime, now: datetime) -> bool:
    """Whether something was seen after that moment. What lies in the future was written before a clock was set back."""
    return seen is not None and asked < seen <= now
