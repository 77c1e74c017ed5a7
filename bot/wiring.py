"""Wiring: every flow of one bot, from its settings and the adapters it is given. Nothing is started here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.adapters.chart import ChartProcess
from bot.adapters.slack import SlackChat
from bot.adapters.slack_files import SlackFiles
from bot.domain.approvals import Policy
from bot.domain.catalog import Catalog
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
from bot.ports import Clock
from bot.settings import Settings
from bot.store import Store
from commands.desk import Desk

if TYPE_CHECKING:
    from bot.adapters.watson import WatsonSpeech


def build(
    settings: Settings,
    store: Store,
    catalog: Callable[[], Catalog],
    services: Mapping[str, WatsonSpeech],
    chat: SlackChat,
    files: SlackFiles,
    clock: Clock,
    background: Background,
    policies: Mapping[str, Policy],
    *,
    team: str,
    user: str,
    wake: Callable[[], None],
) -> Desk:
    """Everything that commands ask and the worker rings.

    *services* may be filled later: until then answers come from what was read last. *team* and *user* are our
    workspace and our own user id; *wake* lets the worker ring at once.
    """
    inventory = Inventory(services, store, catalog, clock)
    pauses = Pauses(store, {instance.name: instance.window for instance in settings.instances.values()})
    teller = Teller(chat, store, policies, pauses, clock)
    charter = Charter(ChartProcess(), files, store, clock)
    owning = Owning(store, inventory, chat, clock, rules=settings.owners, team=team)
    timetable = Timetable(store, chat, clock, settings.announce, settings.channel)
    survey = Survey(store, inventory, owning, chat, catalog, clock)
    living = LivingCard(store, inventory, teller, survey, timetable, chat, clock)
    announcer = Announcer(
        *(store, inventory, teller, survey, timetable, living, clock),
        chart=charter.accompany,
    )
    electorate = Electorate(chat, team, clock)
    requests = Requests(
        *(store, inventory, teller, electorate, catalog, policies, clock),
        channel=settings.channel,
        zone=settings.announce.zone,
    )
    decisions = Decisions(store, teller, electorate, policies, clock, wake=wake)
    campaign_decisions = CampaignDecisions(store, electorate, policies, clock, wake=wake)
    campaigns = Campaigns(
        *(store, requests, campaign_decisions, electorate, clock), parallel=settings.parallel, wake=wake
    )
    campaign_teller = CampaignTeller(store, teller, campaigns, campaign_decisions, pauses, clock)
    starter = Starter(store, inventory, requests, decisions, pauses, clock)
    runner = Runner(
        *(store, inventory, starter, pauses, teller, clock, background),
        parallel=settings.parallel,
        polls={"language": settings.poll_language, "acoustic": settings.poll_acoustic},
    )
    prober = Prober(
        *(services, services, inventory, store, clock),
        probe_every=_every(settings.probe),
        canary_every=_every(settings.canary),
    )
    return Desk(
        store=store,
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
        runner=runner,
        announcer=announcer,
        prober=prober,
        viewers=Viewers(store, inventory, clock),
        noticer=Noticer(store, inventory, teller, clock, settings.channel),
        snoozer=Snoozer(
            *(store, inventory, chat, policies, clock),
            zone=settings.announce.zone,
            team=team,
            said=announcer.snooze_over,
        ),
        owning=owning,
        charter=charter,
        electorate=electorate,
        exporter=Exporter(store, electorate, clock),
        chat=chat,
        windows=chat,
        files=files,
        bot_user=user,
    )


def _every(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
