"""Every flow of one bot, built once by `bot.app`: what the worker rings and the commands ask."""

from __future__ import annotations

from dataclasses import dataclass

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
from bot.flows.telling import Teller
from bot.flows.timetable import Timetable
from bot.flows.viewers import Viewers
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """The parts by name."""

    db: Database
    store: Store
    clock: Clock
    background: Background
    electorate: Electorate
    inventory: Inventory
    requests: Requests
    decisions: Decisions
    pauses: Pauses
    teller: Teller
    campaigns: Campaigns
    campaign_decisions: CampaignDecisions
    campaign_teller: CampaignTeller
    starter: Starter
    runner: Runner
    announcer: Announcer
    timetable: Timetable
    living: LivingCard
    prober: Prober
    viewers: Viewers
    noticer: Noticer
    snoozer: Snoozer
    owning: Owning
    dossiers: Dossiers
    charter: Charter
    exporter: Exporter
