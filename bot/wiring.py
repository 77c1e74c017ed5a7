"""Builds what answers and what works by itself. It is imported once Slack is connected: connecting needs none of it."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from bot import credential_files
from bot.adapters.charts import ChartProcess
from bot.adapters.clock import SystemClock
from bot.adapters.slack import SlackChat
from bot.adapters.slack_app import Connected
from bot.domain.catalog import Catalog
from bot.flows.background import Background
from bot.flows.parts import Flows
from bot.flows.worker import Worker
from bot.ports import World
from bot.settings import Settings
from bot.store import Store
from bot.store.database import Database
from bot.store.surroundings import warnings
from commands.home import show

if TYPE_CHECKING:
    from bot.adapters.watson import WatsonSpeech

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wired:
    """The flows, and the worker that rings them. *services* is empty: whoever connects the instances fills it."""

    flows: Flows
    worker: Worker
    services: dict[str, WatsonSpeech]


async def wire(
    settings: Settings,
    slack: Connected,
    catalog: Callable[[], Catalog],
    background: Background,
    ring: Callable[[], None],
    stack: AsyncExitStack,
) -> Wired:
    """Opens the database, and puts all that stops in its order on *stack*. Raises `StoreUnavailable`."""
    db = stack.enter_context(Database(settings.database))
    for warning in (*warnings(settings.database), *credential_files.warnings(settings.instances)):
        log.warning("%s", warning)
    clock, services = SystemClock(), dict[str, "WatsonSpeech"]()
    chat = SlackChat(slack.client, slack.http, slack.api_url)
    world = World(
        chat=chat,
        windows=chat,
        people=chat,
        files=chat,
        charts=ChartProcess(),
        clock=clock,
        speech=services,
        probing=services,
        team=slack.me.team,
        user=slack.me.user,
    )
    await db.write(partial(_settings_noted, settings, clock.now()))
    flows = Flows(world, settings, db, catalog, background, ring)
    worker = Worker(
        flows,
        holder=f"{socket.gethostname()}:{os.getpid()}",
        inventory_every=settings.inventory,
        publish=partial(show, desk=flows),
    )
    stack.push_async_callback(flows.budgets.close)
    stack.push_async_callback(worker.leave)
    return Wired(flows, worker, services)


def _settings_noted(settings: Settings, now: datetime, store: Store) -> None:
    store.fleet.declare((i.name, i.deployment) for i in settings.instances.values())
    store.audit.settings_changed(settings.policies, now)
