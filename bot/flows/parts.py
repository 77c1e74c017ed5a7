"""Every flow of one bot, built from the world, the database and the operator's settings. Nothing is started here."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.authority import Authority
from bot.domain.catalog import Catalog
from bot.domain.fleet import Kind
from bot.flows.advice import Adviser
from bot.flows.announcements import Announcer
from bot.flows.background import Background
from bot.flows.budgets import Budgets
from bot.flows.changes import Noticer
from bot.flows.charts import Charter
from bot.flows.deciding import Decisions
from bot.flows.doubts import Doubts
from bot.flows.electorate import Electorate
from bot.flows.forecasts import Forecasts
from bot.flows.freezes import Freezes
from bot.flows.groups import Groups
from bot.flows.holds import HoldBook
from bot.flows.inventory import Inventory
from bot.flows.listing import Dossiers, Exporter, Listing
from bot.flows.living import LivingCard
from bot.flows.model_files import ModelFiles
from bot.flows.names import Names
from bot.flows.notices import Notices
from bot.flows.owned import Owned
from bot.flows.owners import Owning
from bot.flows.planning import Planning
from bot.flows.posting import Poster
from bot.flows.probes import Prober
from bot.flows.request_files import RequestFiles
from bot.flows.requests import Requests
from bot.flows.rooms import Rooms
from bot.flows.runner import Runner
from bot.flows.sending import Sender
from bot.flows.snoozes import Snoozer
from bot.flows.starting import Starter
from bot.flows.survey import Survey
from bot.flows.sweeping import Sweeper
from bot.flows.telling import Teller
from bot.flows.timetable import Timetable
from bot.flows.viewers import Viewers
from bot.flows.words import Words
from bot.ports import World
from bot.store.database import Database
from bot.terms import Terms


class Flows:
    """The flows, by name, for the worker and the commands; and the world, as far as answers need it."""

    def __init__(
        self,
        world: World,
        terms: Terms,
        db: Database,
        catalog: Callable[[], Catalog],
        background: Background,
        wake: Callable[[], None],
    ) -> None:
        """*wake* makes the worker ring at once."""
        self.db, self.background, self.bot_user = db, background, world.user
        self.budgets = Budgets(db, world.clock)
        self.windows, self.files = world.windows, world.files
        people, policies, zone = world.people, terms.policies, terms.schedule.zone
        chat, clock = self.chat, self.clock = world.chat, world.clock
        inventory = self.inventory = Inventory(world.speech, db, catalog, clock, background)
        freezes = self.freezes = Freezes(db, terms.hours, clock)
        rooms = self.rooms = Rooms(chat, clock, terms.shared_channel)
        poster = self.poster = Poster(chat, db, clock, rooms)
        names = self.names = Names(people, clock)
        self.groups = Groups(people, clock)
        charter = self.charter = Charter(world.charts, world.files, db, clock, rooms)
        authority = self.authority = Authority(world.team, policies, terms.guests_read)
        electorate = self.electorate = Electorate(people, authority, clock, names.met)
        owning = self.owning = Owning(db, inventory, electorate, clock, terms.owners)
        holds = self.holds = HoldBook(db, inventory, electorate, clock)
        listing = RequestFiles(world.files, poster, db, rooms, clock)
        teller = self.teller = Teller(
            *(poster, db, policies, freezes, holds, owning, names, clock, listing),
            parallel=terms.parallel,
            addresses=terms.addresses,
        )
        timetable = self.timetable = Timetable(db, rooms, clock, terms.schedule, terms.channel)
        survey = self.survey = Survey(db, inventory, owning, names, catalog, clock)
        self.living = LivingCard(db, inventory, poster, survey, timetable, chat, clock)
        lists = self.model_files = ModelFiles(world.files, db, rooms, electorate, clock)
        self.announcer = Announcer(db, inventory, poster, survey, timetable, charter, lists, clock)
        planning = self.planning = Planning(db, inventory, catalog, holds, clock)
        self.forecasts = Forecasts(freezes, clock, parallel=terms.parallel)
        self.requests = Requests(
            *(db, inventory, planning, holds, teller, electorate, authority, clock), channel=terms.channel, zone=zone
        )
        decisions = self.decisions = Decisions(db, planning, electorate, authority, holds, clock, wake=wake)
        starter = self.starter = Starter(
            *(db, inventory, planning, decisions, freezes, holds, clock), parallel=terms.parallel
        )
        polls: dict[Kind, float] = {"language": terms.poll_language, "acoustic": terms.poll_acoustic}
        sender = self.sender = Sender(db, inventory, freezes, clock, polls)
        self.runner = Runner(db, inventory, starter, sender, freezes, teller, clock, background, world.tally)
        self.words = Words(db, inventory, electorate, owning, freezes, holds, clock, wake=wake)
        self.prober = Prober(
            *(world.probing, world.speech, inventory, db, clock),
            probe_every=terms.probe_every,
            canary_every=terms.canary_every,
        )
        notices = self.notices = Notices(db, inventory, poster, timetable, names, clock, channel=terms.channel)
        self.snoozer = Snoozer(db, inventory, electorate, authority, clock, zone=zone, said=notices.snooze)
        self.doubts = Doubts(inventory, electorate)
        self.sweeper = Sweeper(db, clock)
        self.noticer = Noticer(db, inventory, poster, clock, terms.channel)
        self.viewers = Viewers(db, inventory, holds, owning, Owned(db, terms.owners), electorate, names, clock)
        self.listing = Listing(db)
        self.adviser = Adviser(inventory, self.snoozer, self.listing, clock)
        self.dossiers = Dossiers(db, inventory, owning, clock)
        self.exporter = Exporter(db, electorate, clock)
