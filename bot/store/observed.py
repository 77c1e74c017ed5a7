"""What was observed of the fleet beyond its lists: warnings, versions of new models, and links as people told."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from bot.domain.fleet import Ref
from bot.domain.observations import Canary, Observations, Probe
from bot.store.connection import Part
from bot.store.fleet import touch


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

    def of(self, instance: str) -> Observations:
        """What was observed of one instance. A reference begins with its name and a slash, which `0` follows."""
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
        """Keeps what recognition said with a model; the newest counts."""
        self._c.put("probes", "ref", **asdict(probe))
        touch(self._c, Ref.parse(probe.ref).instance)

    def canary(self, canary: Canary) -> None:
        """Keeps the version that a new model was given."""
        self._c.put("canaries", "instance, base", **asdict(canary))
        touch(self._c, canary.instance)

    def link(self, acoustic: str, language: str | None, by: str, now: datetime) -> None:
        """Remembers with which language model (a reference; None: none) an acoustic model was trained."""
        self._c.put("links", "acoustic", acoustic=acoustic, language=language, by=by, at=now)
        touch(self._c, Ref.parse(acoustic).instance)

    def linked(self, acoustic: str) -> tuple[bool, str | None]:
        """Whether people said with which language model it was trained, and which."""
        row = self._c.row("SELECT language FROM links WHERE acoustic = ?", (acoustic,))
        return (False, None) if row is None else (True, row["language"])
