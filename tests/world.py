"""A whole bot on fakes and a real database, for tests of flows and commands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakSet
from zoneinfo import ZoneInfo

from bot import ports
from bot.domain.approvals import OF_RUN, Wish
from bot.domain.authority import Decision, Person
from bot.domain.catalog import Catalog
from bot.domain.catalog_reading import SHIPPED, parse
from bot.domain.fleet import Holdings, Model
from bot.domain.hours import Window
from bot.domain.owners import OwnerRule
from bot.domain.plans import Plan
from bot.domain.policies import Policy
from bot.domain.requests import Request
from bot.domain.timing import Schedule
from bot.flows.background import Background
from bot.flows.parts import Flows
from bot.flows.worker import Worker
from bot.store.database import Database
from bot.tally import Tally
from bot.terms import Terms
from commands.home import show
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


@dataclass(eq=False)
class World:
    """Everything, built on fakes."""

    built: ClassVar[WeakSet[World]] = WeakSet()

    path: Path
    clock: FrozenClock = field(default_factory=FrozenClock)
    needed: int = 1
    self_approval: bool = False
    named: tuple[str, ...] = ("SAPPROVE",)
    """Who approves."""
    window: Window | None = None
    holder: str = "here:1"
    probe_every: timedelta | None = None
    canary_every: timedelta | None = None
    parallel: int = 2
    shared_channel: bool = False
    schedule: Schedule = field(default_factory=lambda: Schedule("0 9 * * mon-fri", ZoneInfo("UTC")))
    services: dict[str, Any] = field(default_factory=dict)
    """Real adapters by instance; the fake one where there are none."""

    def __post_init__(self) -> None:
        self.built.add(self)
        self.tally = Tally()
        self._opened = ExitStack()
        self.chat = FakeChat(self.clock)
        self.files = FakeFiles()
        self.charts = FakeCharts()
        self.speech = FakeSpeech(clock=self.clock, latest={"en-US_NarrowbandModel": NEW})
        self.chat.rooms[CHANNEL] = ports.Room(CHANNEL, "speech-models", member=True)
        self.chat.people[GUS] = Person(GUS, "Gus", "T1", is_guest=True)
        for user in (GRACE, TOMAS):
            self.chat.people[user] = Person(user, user.title(), "T1", groups=frozenset({"SAPPROVE"}))
        self.start()

    def start(self) -> None:
        """Builds the bot on the database, the chat and the service that are there: also after a crash."""
        self._watcher: sqlite3.Connection | None = None
        self.close()
        self.background = Background()
        self.db = self._opened.enter_context(Database(self.path))
        self.store = self.db.store
        services = self.services or {"stt": self.speech}
        self.policies = {name: Policy(self.named, self.needed, self.self_approval, 86400.0) for name in services}
        self.store.fleet.declare((name, getattr(service, "deployment", "cloud")) for name, service in services.items())
        outside = ports.World(
            chat=self.chat,
            windows=self.chat,
            people=self.chat,
            files=self.files,
            charts=self.charts,
            clock=self.clock,
            speech=services,
            probing=services,
            team="T1",
            user="UBOT",
            tally=self.tally,
        )
        terms = Terms(
            channel=CHANNEL,
            policies=self.policies,
            hours=dict.fromkeys(services, self.window),
            schedule=self.schedule,
            owners=(OwnerRule("support-*", "SAPPROVE"),),
            parallel=self.parallel,
            probe_every=self.probe_every,
            canary_every=self.canary_every,
            shared_channel=self.shared_channel,
        )
        self.woken = 0
        desk = self.desk = Flows(outside, terms, self.db, shipped, self.background, self._woke)
        self.inventory, self.freezes, self.poster = desk.inventory, desk.freezes, desk.poster
        self.teller, self.owning, self.planning = desk.teller, desk.owning, desk.planning
        self.timetable, self.living, self.charter = desk.timetable, desk.living, desk.charter
        self.announcer, self.electorate, self.requests = desk.announcer, desk.electorate, desk.requests
        self.decisions, self.starter, self.sender = desk.decisions, desk.starter, desk.sender
        self.runner, self.rooms = desk.runner, desk.rooms
        self.prober = desk.prober
        self.viewers, self.noticer, self.snoozer = desk.viewers, desk.noticer, desk.snoozer
        self.worker = Worker(
            desk, holder=self.holder, inventory_every=timedelta(minutes=15), publish=partial(show, desk=desk)
        )

    def _woke(self) -> None:
        self.woken += 1

    def rebuild(self, **terms: Any) -> None:
        """The same process with other terms, by the name of a field."""
        for name, value in terms.items():
            setattr(self, name, value)
        self.start()

    def close(self) -> None:
        """Closes everything that it opened; a second time does nothing."""
        self._opened.close()

    def crash(self) -> None:
        """The process is gone; what was committed stays. The lease of the dead process runs out."""
        self.clock.advance(11)
        self.holder = f"{self.holder}+"
        self.start()

    def fleet(self) -> Model:
        """An outdated model and the sibling that proves it."""
        self.speech.add(model("support-desk-us", versions=(OLD, NEW)))
        return self.speech.add(model(), Holdings(corpora=2, words=120))

    def written(self) -> int:
        """A number that grows with every commit to the file that is not the watcher's own."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What another reader of the file sees."""
        if self._watcher is None:
            self._watcher = self._opened.enter_context(closing(sqlite3.connect(self.path)))
        return self._watcher.execute(sql).fetchall()

    async def settle(self) -> list[BaseException]:
        """Waits for the work that is under way; what broke in it."""
        return await self.background.idle()

    async def ring(self, after: float = 0) -> None:
        """The alarm rings, later."""
        self.clock.advance(after)
        await self.worker.ring()
        await self.settle()

    async def announce(self, after: float = 0) -> None:
        """The job `announce` runs, later."""
        self.clock.advance(after)
        self.worker.announce()
        await self.settle()

    async def asked(self, *names: str, why: str = "misheard names", training: bool = False) -> Request:
        """Somebody asked for the upgrade of one model, or of several together; the card is there."""
        await self.inventory.refresh()
        drafts = []
        for name in names or ("call-center-us",):
            ref = (await self.inventory.find(name)).model.ref
            prepared = await self.planning.prepare(ref, training=training)
            assert isinstance(prepared.outlook, Plan)
            drafts.append(prepared.outlook.key)
        request = await self.requests.propose(f"V-{drafts}-{self.clock.now().isoformat()}", drafts, why, ADA)
        await self.requests.show(request)
        return request

    async def approved(self, *names: str) -> Request:
        """What somebody asked for and Grace approved."""
        request = await self.asked(*names)
        assert (await self.approve(request)).allowed
        return self.request(request.id)

    async def approve(self, request: Request, user: str = GRACE) -> Decision:
        """Somebody presses Approve."""
        acted = await self.decisions.vote(request.id, request.digest, "approve", user)
        await self.teller.tell(request.id)
        return acted.decision

    async def reject(self, request: Request, user: str = GRACE, why: str = "not now") -> Decision:
        """Somebody rejects it."""
        return (await self.decisions.vote(request.id, request.digest, "reject", user, why)).decision

    async def wish(self, wish: Wish, request: Request, user: str = GRACE, run: int | None = None) -> Decision:
        """Somebody wants something of it; trying again, and no longer watching, of its first run unless told."""
        about = request.first.id if run is None and wish in OF_RUN else run
        acted = await self.decisions.wish(wish, request.id, user, about)
        await self.teller.tell(request.id)
        return acted.decision

    def request(self, id: int) -> Request:
        """The request as it is now."""
        found = self.store.requests.get(id)
        assert found is not None
        return found


def quotes(blocks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What messages quote, by what stands above it: who wrote it."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "rich_text":
            for label, quote in zip(block["elements"][::2], block["elements"][1::2], strict=True):
                words = (f"<@{one['user_id']}>" if one["type"] == "user" else one["text"] for one in label["elements"])
                found["".join(words)] = quote["elements"][0]["text"]
    return found
