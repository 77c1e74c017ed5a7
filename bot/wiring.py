"""Wiring: every flow of one bot, from ports, the database and what the operator chose. Nothing is started here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.domain.announcements import Schedule
from bot.domain.approvals import Policy
from bot.domain.catalog import Catalog
from bot.domain.owners import OwnerRule
from bot.domain.timing import Window
from bot.flows.announcements import Announcer
from bot.flows.background import Background
from bot.flows.campaign_deciding import CampaignDecisions
from bot.flows.campaign_telling import CampaignTeller
from bot.flows.campaigning import Campaigns
from bot.flows.changes import Noticer
from bot.flows.charts import Charter
from bot.flows.deciding import Decisions
from bot.flows.dossiers import Dossiers
from bot.flows.electorate import Electorate
from bot.flows.exports import Exporter
from bot.flows.freezes import Pauses
from bot.flows.inventory import Inventory
from bot.flows.living import LivingCard
from bot.flows.owners import Owning
from bot.flows.probes import Prober
from bot.flows.requests import Requests
from bot.flows.runner import Runner
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
    pauses = Pauses(db, terms.hours)
    teller = Teller(chat, db, policies, pauses, clock)
    charter = Charter(world.charts, world.files, db, clock)
    owning = Owning(db, inventory, world.people, clock, rules=terms.owners, team=terms.team)
    timetable = Timetable(db, chat, clock, terms.schedule, terms.channel)
    survey = Survey(db, inventory, owning, world.people, catalog, clock)
    living = LivingCard(db, inventory, teller, survey, timetable, chat, clock)
    announcer = Announcer(db, inventory, teller, survey, timetable, living, clock, chart=charter.accompany)
    electorate = Electorate(world.people, terms.team, clock)
    requests = Requests(
        *(db, inventory, teller, electorate, catalog, policies, clock),
        channel=terms.channel,
        zone=terms.zone,
    )
    decisions = Decisions(db, teller, electorate, policies, clock, wake=wake)
    campaign_decisions = CampaignDecisions(db, electorate, policies, clock, wake=wake)
    campaigns = Campaigns(*(db, requests, campaign_decisions, electorate, clock), parallel=terms.parallel, wake=wake)
    campaign_teller = CampaignTeller(db, teller, campaigns, campaign_decisions, pauses, clock)
    starter = Starter(db, inventory, requests, decisions, pauses, clock)
    runner = Runner(
        *(db, inventory, starter, pauses, teller, clock, background),
        parallel=terms.parallel,
        polls={"language": terms.poll_language, "acoustic": terms.poll_acoustic},
    )
    prober = Prober(
        *(world.probing, world.speech, inventory, db, clock),
        probe_every=terms.probe_every,
        canary_every=terms.canary_every,
    )
    return Desk(
        db=db,
        store=db.store,
        clock=clock,
        background=background,
        inventory=inventory,
        requests=requests,
        decisions=decisions,
        pauses=pauses,
        teller=teller,
        campaigns=campaigns,
        campaign_decisions=campaign_decisions,
        campaign_teller=campaign_teller,
        starter=starter,
        runner=runner,
        announcer=announcer,
        timetable=timetable,
        living=living,
        prober=prober,
        viewers=Viewers(db, inventory, clock),
        noticer=Noticer(db, inventory, teller, clock, terms.channel),
        snoozer=Snoozer(
            *(db, inventory, world.people, policies, clock),
            zone=terms.zone,
            team=terms.team,
            said=announcer.snooze_over,
        ),
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
