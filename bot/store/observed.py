"""What was observed of the fleet beyond its lists: warnings, versions of new models, and links as people told."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from bot.domain.observations import Canary, Observations, Probe
from bot.store.connection import Part


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
