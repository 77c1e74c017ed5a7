"""The fleet as it was last read, and what people told us about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from bot.domain.catalog import Deployment
from bot.domain.fleet import InstanceReading, Model, Snapshot
from bot.domain.observations import Canary, Observations, Probe, Stage
from bot.store.connection import Connection, Row, moment, stamp

_encode = msgspec.json.Encoder().encode
_model = msgspec.json.Decoder(Model).decode
_bases = msgspec.json.Decoder(frozenset[str]).decode


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

    def keep(self, instance: str, models: Iterable[Model], bases: frozenset[str] | None, now: datetime) -> bool:
        """Keeps a complete reading of one instance; true if the instance was failing before."""
        fresh = {model.ref: _encode(model).decode() for model in models}
        with self._c.transaction():
            was = self._c.row("SELECT failing_since FROM instances WHERE name = ?", (instance,))
            known = {
                row["ref"]: row["facts"]
                for row in self._c.rows("SELECT ref, facts FROM models WHERE instance = ?", (instance,))
            }
            for ref in known.keys() - fresh.keys():
                self._c.change("DELETE FROM models WHERE ref = ?", (ref,))
            for ref, facts in fresh.items():
                if known.get(ref) != facts:
                    self._put(ref, instance, facts)
            self._c.change(
                """UPDATE instances SET read_at = ?, bases = coalesce(?, bases), failing_since = NULL, failure = ''
                   WHERE name = ?""",
                (stamp(now), None if bases is None else _encode(bases).decode(), instance),
            )
        return was is not None and was["failing_since"] is not None

    def see(self, model: Model) -> None:
        """Keeps a fresh reading of one model."""
        self._put(model.ref, model.instance, _encode(model).decode())

    def gone(self, ref: str) -> None:
        """Forgets a model that its instance does not know any more."""
        self._c.change("DELETE FROM models WHERE ref = ?", (ref,))

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

    def probed(self, probe: Probe) -> None:
        """Keeps what recognition said with a model; the newest counts."""
        self._c.change(
            """INSERT INTO probes (ref, version, stage, at) VALUES (?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE
               SET version = excluded.version, stage = excluded.stage, at = excluded.at""",
            (probe.ref, probe.version, int(probe.stage), stamp(probe.at)),
        )

    def sang(self, canary: Canary) -> None:
        """Keeps the version that a new model was given."""
        self._c.change(
            """INSERT INTO canaries (instance, base, version, at) VALUES (?, ?, ?, ?) ON CONFLICT (instance, base)
               DO UPDATE SET version = excluded.version, at = excluded.at""",
            (canary.instance, canary.base, canary.version, stamp(canary.at)),
        )

    def observations(self) -> Observations:
        """Everything that was observed on purpose."""
        probes, canaries = self._c.rows("SELECT * FROM probes"), self._c.rows("SELECT * FROM canaries")
        links = self._c.rows("SELECT acoustic, language FROM links WHERE language IS NOT NULL")
        return Observations(
            {row["ref"]: Probe(row["ref"], row["version"], Stage(row["stage"]), _at(row)) for row in probes},
            {
                (row["instance"], row["base"]): Canary(row["instance"], row["base"], row["version"], _at(row))
                for row in canaries
            },
            {row["acoustic"]: row["language"] for row in links},
        )

    def link(self, acoustic: str, language: str | None, by: str, now: datetime) -> None:
        """Remembers with which language model (a reference; None: none) an acoustic model was trained."""
        self._c.change(
            """INSERT INTO links (acoustic, language, by, at) VALUES (?, ?, ?, ?)
               ON CONFLICT (acoustic) DO UPDATE SET language = excluded.language, by = excluded.by, at = excluded.at""",
            (acoustic, language, by, stamp(now)),
        )

    def linked(self, acoustic: str) -> tuple[bool, str | None]:
        """Whether people said with which language model it was trained, and which."""
        row = self._c.row("SELECT language FROM links WHERE acoustic = ?", (acoustic,))
        return (False, None) if row is None else (True, row["language"])

    def _put(self, ref: str, instance: str, facts: str) -> None:
        self._c.change(
            """INSERT INTO models (ref, instance, facts) VALUES (?, ?, ?)
               ON CONFLICT (ref) DO UPDATE SET facts = excluded.facts""",
            (ref, instance, facts),
        )


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
