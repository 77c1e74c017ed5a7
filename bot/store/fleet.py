"""The fleet as last read: the instances and their models.

Each instance has a number that grows with every change by any process: so each process notices the writes of others,
and need not read again what it knows.
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

NOTED, UNNOTED = 100, 2500
"""Models written in one transaction at most: with changes to record (0.1 ms each), and at a first reading."""

PIECE = 50
"""Models decoded before the event loop gets a turn; each takes 10 µs, more with a long description."""


@dataclass(frozen=True, slots=True)
class Known:
    """An instance in memory: its reading, the times of models read alone (by reference), and its number."""

    reading: InstanceReading
    seen: Mapping[str, datetime] = field(default_factory=dict)
    revision: int = -1


@dataclass(frozen=True, slots=True)
class Kept:
    """What a reading changed in the store: the instance before and after, identical if nothing was kept.

    For a single model, there is no other one in either. *known* is the instance as known now, None if what was known
    before was out of date.
    """

    before: InstanceReading
    after: InstanceReading
    known: Known | None = None
    more: bool = False
    """Whether more of the same reading is still to be kept."""

    @property
    def recovered(self) -> bool:
        """Whether the instance was failing before."""
        return self.before.failing_since is not None and self.after.failing_since is None


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored instance, its models not decoded yet: their references, facts and `seen_at`."""

    reading: InstanceReading
    models: Sequence[tuple[str, str, float | None]]
    revision: int

    def known(self, before: Known | None = None) -> Work[Known]:
        """The decoded instance. Models unchanged from *before* stay the same objects."""
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
        """Make the table hold exactly the configured instances."""
        wanted = dict(instances)
        for name, deployment in wanted.items():
            self._c.put("instances", "name", name=name, deployment=deployment)
            touch(self._c, name)  # another deployment changes the verdicts
        for name in self.instances() - wanted.keys():
            self._c.change("DELETE FROM models WHERE instance = ?", (name,))
            self._c.change("DELETE FROM instances WHERE name = ?", (name,))

    def instances(self) -> frozenset[str]:
        """The names of the configured instances."""
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
        """Keep a complete reading of one instance that was requested at *asked*; without *bases*, the earlier ones
        stay.

        Of very many differences it keeps a part and says that there is more; call it again then. Whatever was stored
        after *asked* is newer than the answer and stays: a model that was read alone meanwhile, or the whole instance
        as read by another process. Otherwise an upgrade that ended during a slow list would look undone.
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
        """Write at most *most* differences; returns whether there are more, and the stored models afterwards.

        Models read *later* stay as they were.
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
        """Record that an instance answers but its answer is doubtful: the earlier reading stays."""
        before = self._instance(instance)
        sql = "UPDATE instances SET doubt = ?, failing_since = NULL, failure = '' WHERE name = ?"
        self._c.change(sql, (written(doubt), instance))
        after = replace(before, doubt=doubt, failing_since=None, failure="")
        return Kept(before, after, self._beside(instance, known))

    def revisions(self) -> dict[str, int]:
        """The number of each instance."""
        return {row["name"]: row["revision"] for row in self._c.rows("SELECT name, revision FROM instances")}

    def revision(self, instance: str) -> int:
        """The number of one instance; -1 if it is not configured."""
        found = self._c.value(int, "SELECT revision FROM instances WHERE name = ?", (instance,))
        return -1 if found is None else found

    def stored(self, instance: str) -> Stored:
        """One instance, not decoded yet."""
        sql = "SELECT ref, facts, seen_at FROM models WHERE instance = ? ORDER BY ref"
        return Stored(self._instance(instance), self._c.tuples(sql, (instance,)), self.revision(instance))

    def one(self, instance: str) -> InstanceReading:
        """The last reading of one instance."""
        return self._known(instance).reading

    def _known(self, instance: str) -> Known:
        return at_once(self.stored(instance).known())

    def see(self, model: Model, now: datetime, known: Known | None = None) -> Kept:
        """Keep a fresh reading of one model; the result covers only that model."""
        before = self._with_one(model.instance, model.ref)
        self._put(model, now)
        known = self._beside(model.instance, known)
        if known is not None:
            others = [each for each in known.reading.models if each.key != model.key]
            reading = replace(known.reading, models=(*others, model))
            known = replace(known, reading=reading, seen={**known.seen, model.ref: now})
        return Kept(before, replace(before, models=(model,)), known)

    def gone(self, ref: str, known: Known | None = None) -> Kept:
        """Delete a model that its instance no longer knows."""
        instance = Ref.parse(ref).instance
        before = self._with_one(instance, ref)
        self._c.change("DELETE FROM models WHERE ref = ?", (ref,))
        known = self._beside(instance, known)
        if known is not None:
            others = tuple(each for each in known.reading.models if each.ref != ref)
            known = replace(known, reading=replace(known.reading, models=others))
        return Kept(before, replace(before, models=()), known)

    def _beside(self, instance: str, known: Known | None) -> Known | None:
        """What is known after a write beside the models; None if it was out of date."""
        revision = touch(self._c, instance)
        if known is None or known.revision != revision - 1:
            return None
        return Known(replace(self._instance(instance), models=known.reading.models), known.seen, revision)

    def failing(self, since: datetime) -> list[tuple[str, datetime]]:
        """The instances failing at least since then, each with its start."""
        found = self._c.all(InstanceReading, "SELECT * FROM instances WHERE failing_since <= ? ORDER BY name", (since,))
        return [(reading.name, reading.failing_since) for reading in found if reading.failing_since]

    def failed(self, instance: str, failure: str, now: datetime, known: Known | None = None) -> Kept | None:
        """Record that an instance could not be read, if this is the first failure in a row; None otherwise."""
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
    """Mark an instance as changed, in the transaction that changes it; returns its new number."""
    connection.change("UPDATE instances SET revision = revision + 1 WHERE name = ?", (instance,))
    return connection.value(int, "SELECT revision FROM instances WHERE name = ?", (instance,)) or -1


def _later(seen: datetime | None, asked: datetime, now: datetime) -> bool:
    """Whether something was seen after *asked*. A time in the future was written before the clock was set back."""
    return seen is not None and asked < seen <= now
