"""A whole bot on fakes and a real database, for tests of flows and commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.announcements import Schedule
from bot.domain.approvals import Person, Policy
from bot.domain.catalog import Catalog
from bot.domain.catalog_reading import SHIPPED, parse
from bot.domain.fleet import Holdings, Model
from bot.domain.owners import OwnerRule
from bot.domain.runs import Run
from bot.domain.timing import Window
from bot.flows.announcements import Announcer
from bot.flows.background import Background
from bot.flows.campaign_deciding import CampaignDecisions
from bot.flows.campaign_telling import CampaignTeller
from bot.flows.campaigning import Campaigns
from bot.flows.charting import Charter
from bot.flows.deciding import Decisions
from bot.flows.electorate import Electorate
from bot.flows.exporting import Exporter
from bot.flows.inventory import Inventory
from bot.flows.living import LivingCard
from bot.flows.noticing import Noticer
from bot.flows.owning import Owning
from bot.flows.pausing import Pauses
from bot.flows.probing import Prober
from bot.flows.requests import Requests
from bot.flows.runner import Runner
from bot.flows.snoozing import Snoozer
from bot.flows.starting import Starter
from bot.flows.survey import Survey
from bot.flows.telling import Teller
from bot.flows.timetable import Timetable
from bot.flows.viewers import Viewers
from bot.flows.worker import Worker
from bot.store import Store
from commands.desk import Desk
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
    """Everything, wired as `bot.app` does it."""

    path: Path
    clock: FrozenClock = field(default_factory=FrozenClock)
    needed: int = 1
    self_approval: bool = False
    window: Window | None = None
    holder: str = "here:1"
    probe_every: timedelta | None = None
    canary_every: timedelta | None = None
    services: dict[str, Any] = field(default_factory=dict)
    """Real adapters by instance; the fake one where there are none."""

    def __post_init__(self) -> None:
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
        self.background = Background()
        self.store = Store(self.path)
        services = self.services or {"stt": self.speech}
        self.policies = {name: Policy(("SAPPROVE",), self.needed, self.self_approval, 86400.0) for name in services}
        self.store.fleet.declare((name, getattr(service, "_deployment", "cloud")) for name, service in services.items())
        self.inventory = Inventory(services, self.store, shipped, self.clock)
        self.pauses = Pauses(self.store, dict.fromkeys(services, self.window))
        self.teller = Teller(self.chat, self.store, self.policies, self.pauses, self.clock)
        schedule = Schedule("0 9 * * mon-fri", ZoneInfo("UTC"))
        self.owning = Owning(
            *(self.store, self.inventory, self.chat, self.clock), rules=(OwnerRule("support-*", "SAPPROVE"),), team="T1"
        )
        self.timetable = Timetable(self.store, self.chat, self.clock, schedule, CHANNEL)
        survey = Survey(self.store, self.inventory, self.owning, self.chat, shipped, self.clock)
        self.living = LivingCard(
            *(self.store, self.inventory, self.teller, survey, self.timetable, self.chat, self.clock)
        )
        self.charter = Charter(self.charts, self.files, self.store, self.clock)
        self.announcer = Announcer(
            *(self.store, self.inventory, self.teller, survey, self.timetable, self.living, self.clock),
            chart=self.charter.accompany,
        )
        self.woken = 0
        self.electorate = Electorate(self.chat, "T1", self.clock)
        self.requests = Requests(
            *(self.store, self.inventory, self.teller, self.electorate, shipped, self.policies, self.clock),
            channel=CHANNEL,
            zone=ZoneInfo("UTC"),
        )
        self.decisions = Decisions(
            *(self.store, self.teller, self.electorate, self.policies, self.clock), wake=self._woke
        )
        self.campaign_decisions = CampaignDecisions(
            *(self.store, self.electorate, self.policies, self.clock), wake=self._woke
        )
        self.campaigns = Campaigns(
            *(self.store, self.requests, self.campaign_decisions, self.electorate, self.clock),
            parallel=2,
            wake=self._woke,
        )
        self.campaign_teller = CampaignTeller(
            *(self.store, self.teller, self.campaigns, self.campaign_decisions, self.pauses, self.clock)
        )
        self.starter = Starter(*(self.store, self.inventory, self.requests, self.decisions, self.pauses, self.clock))
        self.runner = Runner(
            *(self.store, self.inventory, self.starter, self.pauses, self.teller, self.clock, self.background),
            parallel=2,
            polls={"language": 10, "acoustic": 60},
        )
        self.prober = Prober(
            *(services, services, self.inventory, self.store, self.clock),
            probe_every=self.probe_every,
            canary_every=self.canary_every,
        )
        self.viewers = Viewers(self.store, self.inventory, self.clock)
        self.noticer = Noticer(self.store, self.inventory, self.teller, self.clock, CHANNEL)
        self.snoozer = Snoozer(
            *(self.store, self.inventory, self.chat, self.policies, self.clock),
            zone=ZoneInfo("Europe/Berlin"),
            team="T1",
            said=self.announcer.snooze_over,
        )
        self.desk = Desk(
            store=self.store,
            clock=self.clock,
            background=self.background,
            electorate=self.electorate,
            inventory=self.inventory,
            requests=self.requests,
            decisions=self.decisions,
            pauses=self.pauses,
            teller=self.teller,
            campaigns=self.campaigns,
            campaign_decisions=self.campaign_decisions,
            campaign_teller=self.campaign_teller,
            runner=self.runner,
            announcer=self.announcer,
            prober=self.prober,
            viewers=self.viewers,
            noticer=self.noticer,
            snoozer=self.snoozer,
            owning=self.owning,
            charter=self.charter,
            exporter=Exporter(self.store, self.electorate, self.clock),
            chat=self.chat,
            windows=self.chat,
            files=self.files,
            bot_user="UBOT",
        )
        self.worker = Worker(self.desk, holder=self.holder, inventory_every=timedelta(minutes=15))

    def _woke(self) -> None:
        self.woken += 1

    def crash(self) -> None:
        """The process is gone; what was committed stays. The lease of the dead process runs out."""
        self.store.close()
        self.clock.advance(11)
        self.holder = f"{self.holder}+"
        self.start()

    def fleet(self) -> Model:
        """An outdated model and the sibling that proves it."""
        self.speech.add(model("support-desk-us", versions=(OLD, NEW)))
        return self.speech.add(model(), Holdings(corpora=2, words=120))

    async def settle(self) -> None:
        """Waits for the work that is under way."""
        while self.background._tasks:
            await self.background_done()

    async def background_done(self) -> None:
        import asyncio

        await asyncio.gather(*list(self.background._tasks), return_exceptions=True)

    async def ring(self, after: float = 0) -> None:
        """The alarm rings, later."""
        self.clock.advance(after)
        self.worker.ring()
        await self.settle()

    async def asked(self, name: str = "call-center-us", why: str = "misheard names", *, training: bool = False) -> Run:
        """Somebody asked for an upgrade; its card is there."""
        await self.inventory.refresh()
        ref = self.inventory.find(name).model.ref
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
