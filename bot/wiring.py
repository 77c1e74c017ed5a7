"""Builds the handlers and the background work. Imported after Slack is connected, which does not need it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
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
from bot.setting_facts import note
from bot.settings import Settings
from bot.store.audit import SealingKey
from bot.store.counted import CountedDatabase
from bot.store.database import Database
from bot.store.surroundings import warnings
from bot.tally import Tally
from commands.home import show

if TYPE_CHECKING:
    from bot.adapters.watson import WatsonSpeech

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wired:
    """The flows, and the worker that runs them. *services* is empty until the instances are connected."""

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
    tally: Tally,
) -> Wired:
    """Open the database, and register everything that must be stopped on *stack*. Raises `StoreUnavailable`."""
    key = settings.audit_key
    sealing = SealingKey(key.reveal()) if key else None
    # In a thread: another process may lock it for seconds, and Slack must be answered meanwhile.
    opened = await asyncio.to_thread(Database, settings.database, sealing)
    db = stack.enter_context(CountedDatabase(opened, tally))
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
        tally=tally,
    )
    await db.write(partial(note, settings, clock.now()))
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
