"""Wiring: every flow of one bot, from ports, the database and what the operator chose. Nothing is started here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.domain.announcements import Schedule
from bot.domain.approvals import Policy
from bot.domain.catalog import Catalog
from bot.domain.hours import Window
from bot.domain.owners import OwnerRule
from bot.flows.announcements import Announcer
from bot.flows.background import Background
from bot.flows.changes import Noticer
from bot.flows.charts import Charter
from bot.flows.deciding import Decisions
from bot.flows.electorate import Electorate
from bot.flows.freezes import Freezes
from bot.flows.inventory import Inventory
from bot.flows.listing import Dossiers, Exporter, Listing
from bot.flows.living import LivingCard
from bot.flows.owners import Owning
from bot.flows.planning import Planning
from bot.flows.posting import Poster
from bot.flows.probes import Prober
from bot.flows.requests import Requests
from bot.flows.runner import Runner
from bot.flows.sending import Sender
from bot.flows.snoozes import Snoozer
from bot.flows.starting import Starter
from bot.flows.survey import Survey
from bot.flows.telling import Teller
from bot.flows.timetable import Timetable
from bot.flows.viewers import Viewers
from bot.ports import Charts, Chat, Clock, Files, People, Probing, SpeechService, Windows
from bot.store.database import Database
from commands.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside. *speech* and *probing* may be filled later: until then answers are what was read last."""

    chat: Chat
    windows: Windows
    people: People
    files: Files
    charts: Charts
    clock: Clock
    speech: Mapping[str, SpeechService]
    probing: Mapping[str, Probing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator chose. *team* and *user* are our workspace and our own user id, as Slack says."""

    team: str
    user: str
    channel: str
    policies: Mapping[str, Policy]
    hours: Mapping[str, Window | None]
    """The hours in which upgrades of an instance may start."""
    schedule: Schedule
    zone: ZoneInfo
    owners: tuple[OwnerRule, ...] = ()
    parallel: int = 2
    poll_language: float = 10.0
    poll_acoustic: float = 60.0
    """Seconds between two looks at a model that the service works on."""
    probe_every: timedelta | None = None
    canary_every: timedelta | None = None


def build(
    world: World,
    terms: Terms,
    db: Database,
    catalog: Callable[[], Catalog],
    background: Background,
    wake: Callable[[], None],
) -> Desk:
    """Everything that commands ask and the worker rings. *wake* lets the worker ring at once."""
    chat, clock, policies = world.chat, world.clock, terms.policies
    inventory = Inventory(world.speech, db, catalog, clock, background)
    freezes = Freezes(db, terms.hours, clock)
    poster = Poster(chat, db, clock)
    teller = Teller(poster, db, policies, freezes, clock)
    charter = Charter(world.charts, world.files, db, clock)
    electorate = Electorate(world.people, terms.team, clock)
    owning = Owning(db, inventory, electorate, clock, terms.owners)
    timetable = Timetable(db, chat, clock, terms.schedule, terms.channel)
    survey = Survey(db, inventory, owning, world.people, catalog, clock)
    living = LivingCard(db, inventory, poster, survey, timetable, chat, clock)
    announcer = Announcer(db, inventory, poster, survey, timetable, charter, clock)
    planning = Planning(db, inventory, catalog, clock)
    requests = Requests(
        *(db, inventory, planning, teller, electorate, policies, clock), channel=terms.channel, zone=terms.zone
    )
    decisions = Decisions(db, planning, electorate, policies, clock, wake=wake)
    starter = Starter(db, inventory, planning, decisions, freezes, clock, parallel=terms.parallel)
    sender = Sender(db, inventory, freezes, clock, {"language": terms.poll_language, "acoustic": terms.poll_acoustic})
    runner = Runner(db, inventory, starter, sender, freezes, teller, clock, background)
    prober = Prober(
        *(world.probing, world.speech, inventory, db, clock),
        probe_every=terms.probe_every,
        canary_every=terms.canary_every,
    )
    return Desk(
        db=db,
        clock=clock,
        background=background,
        inventory=inventory,
        planning=planning,
        requests=requests,
        listing=Listing(db),
        decisions=decisions,
        freezes=freezes,
        poster=poster,
        teller=teller,
        starter=starter,
        sender=sender,
        runner=runner,
        survey=survey,
        announcer=announcer,
        timetable=timetable,
        living=living,
        prober=prober,
        viewers=Viewers(db, inventory, clock),
        noticer=Noticer(db, inventory, poster, clock, terms.channel),
        snoozer=Snoozer(db, inventory, electorate, policies, clock, zone=terms.zone, said=announcer.snooze_over),
        owning=owning,
        dossiers=Dossiers(db, inventory, owning, clock),
        charter=charter,
        electorate=electorate,
        exporter=Exporter(db, electorate, clock),
        chat=chat,
        windows=world.windows,
        files=world.files,
        bot_user=terms.user,
    )
