"""A whole bot on fakes and a real database, for tests of flows and commands."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot import wiring
from bot.domain.announcements import Schedule
from bot.domain.approvals import Person, Policy
from bot.domain.catalog import Catalog
from bot.domain.catalog_reading import SHIPPED, parse
from bot.domain.fleet import Holdings, Model
from bot.domain.owners import OwnerRule
from bot.domain.runs import Run
from bot.domain.timing import Window
from bot.flows.background import Background
from bot.flows.worker import Worker
from bot.store.database import Database
from tests.fakes import FakeCharts, FakeChat, FakeFiles, FakeSpeech, FrozenClock

OLD, NEW = "en-US_NarrowbandModel.v2018-07-31", "en-US_NarrowbandModel.v2020-01-16"
ADA, GRACE, TOMAS, MEI, GUS = "UADA", "UGRACE", "UTOMAS", "UMEI", "UGUS"
CHANNEL = "CSPEECH"


@cache
def shipped() -> Catalog:
    """The catalog that is shipped."""
    return parse(resources.files("bot.domain").joinpath(SHIPPED).read_text("utf-8"))


def model(name: str = "call-center-us", **over: Any) -> Model:
    """A custom model; everything can be overridden."""
    facts: dict[str, Any] = {
        "instance": "stt",
        "deployment": "cloud",
        "kind": "language",
        "id": f"id-{name}",
        "name": name,
        "base": "en-US_NarrowbandModel",
        "language": "en-US",
        "status": "available",
        "versions": (OLD,),
        "created": datetime(2019, 1, 1, tzinfo=UTC),
        "updated": datetime(2019, 1, 1, tzinfo=UTC),
    }
    return Model(**{**facts, **over})


@dataclass
class World:
    """Everything, built by `bot.wiring` on fakes."""

    path: Path
    clock: FrozenClock = field(default_factory=FrozenClock)
    needed: int = 1
    self_approval: bool = False
    window: Window | None = None
    holder: str = "here:1"
    probe_every: timedelta | None = None
    canary_every: timedelta | None = None
    parallel: int = 2
    schedule: Schedule = field(default_factory=lambda: Schedule("0 9 * * mon-fri", ZoneInfo("UTC")))
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    services: dict[str, Any] = field(default_factory=dict)
    """Real adapters by instance; the fake one where there are none."""

    def __post_init__(self) -> None:
        self._opened = ExitStack()
        self.chat = FakeChat(self.clock)
        self.files = FakeFiles()
        self.charts = FakeCharts()
        self.speech = FakeSpeech(clock=self.clock, latest={"en-US_NarrowbandModel": NEW})
        self.chat.people[GUS] = Person(GUS, "Gus", "T1", is_guest=True)
        for user in (GRACE, TOMAS):
            self.chat.people[user] = Person(user, user.title(), "T1", groups=frozenset({"SAPPROVE"}))
        self.start()

    def start(self) -> None:
        """Builds the bot on the database, the chat and the service that are there: also after a crash."""
        self._opened.close()  # since 3.13 a connection that nobody closed warns
        self.background = Background()
        self.db = self._opened.enter_context(Database(self.path))
        self.store = self.db.store
        services = self.services or {"stt": self.speech}
        self.policies = {name: Policy(("SAPPROVE",), self.needed, self.self_approval, 86400.0) for name in services}
        self.store.fleet.declare((name, getattr(service, "_deployment", "cloud")) for name, service in services.items())
        outside = wiring.World(
            chat=self.chat,
            windows=self.chat,
            people=self.chat,
            files=self.files,
            charts=self.charts,
            clock=self.clock,
            speech=services,
            probing=services,
        )
        terms = wiring.Terms(
            team="T1",
            user="UBOT",
            channel=CHANNEL,
            policies=self.policies,
            hours=dict.fromkeys(services, self.window),
            schedule=self.schedule,
            zone=self.zone,
            owners=(OwnerRule("support-*", "SAPPROVE"),),
            parallel=self.parallel,
            probe_every=self.probe_every,
            canary_every=self.canary_every,
        )
        self.woken = 0
        desk = self.desk = wiring.build(outside, terms, self.db, shipped, self.background, self._woke)
        self.inventory, self.pauses, self.teller, self.owning = desk.inventory, desk.pauses, desk.teller, desk.owning
        self.timetable, self.living, self.charter = desk.timetable, desk.living, desk.charter
        self.announcer, self.electorate, self.requests = desk.announcer, desk.electorate, desk.requests
        self.decisions, self.campaign_decisions = desk.decisions, desk.campaign_decisions
        self.campaigns, self.campaign_teller = desk.campaigns, desk.campaign_teller
        self.starter, self.runner, self.prober = desk.starter, desk.runner, desk.prober
        self.viewers, self.noticer, self.snoozer = desk.viewers, desk.noticer, desk.snoozer
        self.worker = Worker(self.desk, holder=self.holder, inventory_every=timedelta(minutes=15))

    def _woke(self) -> None:
        self.woken += 1

    def rebuild(self, **terms: Any) -> None:
        """The same process with other terms, by the name of a field."""
        for name, value in terms.items():
            setattr(self, name, value)
        self.start()

    def crash(self) -> None:
        """The process is gone; what was committed stays. The lease of the dead process runs out."""
        self.clock.advance(11)
        self.holder = f"{self.holder}+"
        self.start()

    def fleet(self) -> Model:
        """An outdated model and the sibling that proves it."""
        self.speech.add(model("support-desk-us", versions=(OLD, NEW)))
        return self.speech.add(model(), Holdings(corpora=2, words=120))

    async def settle(self) -> None:
        """Waits for the work that is under way."""
        while tasks := self.background._tasks:
            # Not `gather`: since 3.12 that of ended tasks gives way to nobody, so that none would leave the set.
            await asyncio.wait(tasks)

    async def ring(self, after: float = 0) -> None:
        """The alarm rings, later."""
        self.clock.advance(after)
        self.worker.ring()
        await self.settle()

    async def asked(self, name: str = "call-center-us", why: str = "misheard names", *, training: bool = False) -> Run:
        """Somebody asked for an upgrade; its card is there."""
        await self.inventory.refresh()
        ref = (await self.inventory.find(name)).model.ref
        prepared = await self.requests.prepare(ref, training=training)
        draft = f"{ref} {prepared.outlook.digest}"  # type: ignore[union-attr]  # a test asks for what can be planned
        run, _ = self.requests.propose(f"V-{ref}-{self.clock.now().isoformat()}", draft, why, ADA)
        await self.requests.show(run)
        return run

    def run(self, id: int) -> Run:
        """The run as it is now."""
        found = self.store.runs.get(id)
        assert found is not None
        return found
