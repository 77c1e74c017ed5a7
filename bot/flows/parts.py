"""Every flow of one bot, built once by `bot.app`: what the worker rings and the commands ask."""

from __future__ import annotations

from dataclasses import dataclass

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
from bot.ports import Clock
from bot.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """The parts by name."""

    db: Database
    clock: Clock
    background: Background
    electorate: Electorate
    inventory: Inventory
    planning: Planning
    requests: Requests
    listing: Listing
    decisions: Decisions
    freezes: Freezes
    poster: Poster
    teller: Teller
    starter: Starter
    sender: Sender
    runner: Runner
    survey: Survey
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
