"""What was observed of the fleet on purpose, and what people told: no list of the service has it."""

from __future__ import annotations

from datetime import datetime

from bot.domain.observations import Canary, Observations, Probe, Stage
from bot.store.connection import Connection, Row, moment, stamp


class Observed:
    """The newest probe of each model, the newest canary of each base, the language model of each acoustic one."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def every(self) -> Observations:
        """All of it."""
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

    def probe(self, probe: Probe) -> None:
        """Keeps what recognition said with a model; the newest counts."""
        self._c.change(
            """INSERT INTO probes (ref, version, stage, at) VALUES (?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE
               SET version = excluded.version, stage = excluded.stage, at = excluded.at""",
            (probe.ref, probe.version, int(probe.stage), stamp(probe.at)),
        )

    def canary(self, canary: Canary) -> None:
        """Keeps the version that a new model was given."""
        self._c.change(
            """INSERT INTO canaries (instance, base, version, at) VALUES (?, ?, ?, ?) ON CONFLICT (instance, base)
               DO UPDATE SET version = excluded.version, at = excluded.at""",
            (canary.instance, canary.base, canary.version, stamp(canary.at)),
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


def _at(row: Row) -> datetime:
    found = moment(row["at"])
    assert found is not None
    return found
