"""Observations beyond the lists: warnings, versions of new models, and links set by people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from bot.domain.fleet import Ref
from bot.domain.observations import Canary, Observations, Probe
from bot.store.connection import Part
from bot.store.fleet import touch


class Observed(Part):
    """The latest probe of each model, the latest canary of each base, the language model of each acoustic one."""

    def every(self) -> Observations:
        """All observations."""
        links = self._c.rows("SELECT acoustic, language FROM links WHERE language IS NOT NULL")
        return Observations(
            {probe.ref: probe for probe in self._c.all(Probe, "SELECT * FROM probes")},
            {(canary.instance, canary.base): canary for canary in self._c.all(Canary, "SELECT * FROM canaries")},
            {row["acoustic"]: row["language"] for row in links},
        )

    def of(self, instance: str) -> Observations:
        """The observations of one instance. References begin with its name and `/`; `0` follows `/` in ASCII."""
        span = (f"{instance}/", f"{instance}0")
        links = "SELECT acoustic, language FROM links WHERE language IS NOT NULL AND acoustic >= ? AND acoustic < ?"
        probes = self._c.all(Probe, "SELECT * FROM probes WHERE ref >= ? AND ref < ?", span)
        canaries = self._c.all(Canary, "SELECT * FROM canaries WHERE instance = ?", (instance,))
        return Observations(
            {probe.ref: probe for probe in probes},
            {(canary.instance, canary.base): canary for canary in canaries},
            {row["acoustic"]: row["language"] for row in self._c.rows(links, span)},
        )

    def probe(self, probe: Probe) -> None:
        """Keep the result of a probe; the latest counts."""
        self._c.put("probes", "ref", **asdict(probe))
        touch(self._c, Ref.parse(probe.ref).instance)

    def canary(self, canary: Canary) -> None:
        """Keep the version that a new model was given."""
        self._c.put("canaries", "instance, base", **asdict(canary))
        touch(self._c, canary.instance)

    def link(self, acoustic: str, language: str | None, by: str, now: datetime) -> None:
        """Keep the language model (a reference; None: none) that an acoustic model was trained with."""
        self._c.put("links", "acoustic", acoustic=acoustic, language=language, by=by, at=now)
        touch(self._c, Ref.parse(acoustic).instance)

    def linked(self, acoustic: str) -> tuple[bool, str | None]:
        """Whether the language model it was trained with is known, and which."""
        row = self._c.row("SELECT language FROM links WHERE acoustic = ?", (acoustic,))
        return (False, None) if row is None else (True, row["language"])
