"""The composition root: starts all parts in order and stops them in reverse.

Slack comes first, so that the first click is answered soon; everything it does not need is imported after it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from slack_bolt.async_app import AsyncApp

from bot.adapters import slack_scopes
from bot.adapters.slack_app import Connected, Self, bolt, identify
from bot.adapters.slack_calls import session, web_client
from bot.errors import CatalogError, SettingsError
from bot.flows.background import Background
from bot.flows.health import Health
from bot.settings import Settings, credentials
from commands.listeners import Listeners

if TYPE_CHECKING:
    from bot.domain.catalog import Catalog
    from commands.surface import Surface

log = logging.getLogger(__name__)

T = TypeVar("T")

DRAIN = 1.0
"""Seconds for work in progress when stopping; what is cut off is resumed after the next start."""

STUMBLES = 60.0
"""Seconds that a start keeps trying while Slack is in trouble."""


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run until *stop*. Raises `SettingsError` or `ChatError` if it can't start."""
    async with AsyncExitStack() as stack:
        working = await _unless(stop, _start(settings, stack))
        if working is not None:
            log.info("Retune is ready: %d instances, channel %s", len(settings.instances), settings.channel)
            await _until(stop, working)
        log.info("stopping")


async def _start(settings: Settings, stack: AsyncExitStack) -> Coroutine[Any, Any, None]:
    """Start every part; returns the work that continues from then.

    Faulty settings end a start before anything begins. Then Slack is connected while a thread imports the handlers:
    half a second, in which clicks are acknowledged.
    """
    catalog = cache(partial(read_catalog, settings))
    if settings.catalog is not None:
        catalog()
    credentials(settings)
    health = Health()
    if settings.health_port is not None:
        await _open_health(health, settings.health_port, settings.bind, stack)
    http = await stack.enter_async_context(session(plain=settings.slack_allow_http))
    client = web_client(settings.bot_token.reveal(), settings.slack_api_url, http, health.tally)
    me = await identify(client, settings.app_token, STUMBLES)
    slack_scopes.tell(me.scopes)
    background, ring = Background(), asyncio.Event()
    answers: asyncio.Future[Surface] = asyncio.get_running_loop().create_future()
    clients, listening = [await stack.enter_async_context(AsyncExitStack()) for _ in range(2)]
    app = bolt(client, me, health.tally)
    slack, listeners = Connected(me, client, http, settings.slack_api_url), Listeners(background, answers)
    listeners.register(app)
    await _listen(app, settings, me, listening, health)
    stack.push_async_callback(_not_started, listeners, slack)

    await asyncio.to_thread(import_module, "bot.wiring")
    from bot.wiring import wire
    from commands.surface import Surface

    wired = await wire(settings, slack, catalog, background, ring.set, stack, health.tally)
    stack.push_async_callback(background.drain, DRAIN)
    stack.push_async_exit(listening.pop_all())  # so that it stops first
    answers.set_result(Surface(wired.flows))
    if settings.health_port is not None:
        from bot.flows.metrics import Gauges

        health.gauges = Gauges(wired.worker)

    background.spawn(wired.flows.electorate.warn(), "policies")
    await asyncio.to_thread(import_module, "bot.services")
    from bot.services import alarms, connect_services

    await asyncio.to_thread(catalog)  # takes 60 ms; no answer should wait for it
    wired.services.update(await connect_services(settings, clients, health.tally))
    wired.flows.inventory.connected.set()
    look = alarms(wired.worker, stack)
    return wired.worker.run(ring, look)


def read_catalog(settings: Settings) -> Catalog:
    """The shipped catalog, or the operator's newer one. Raises `SettingsError`."""
    import importlib.resources

    from bot.domain.catalog_reading import SHIPPED, parse

    try:
        if settings.catalog is None:
            return parse(importlib.resources.files("bot.domain").joinpath(SHIPPED).read_text("utf-8"))
        return parse(settings.catalog.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, CatalogError) as error:
        raise SettingsError([f"RETUNE_CATALOG: {settings.catalog}: {error}"]) from error


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of *work*; None if asked to stop before, then it is cancelled."""
    task, asked = asyncio.create_task(work, name="start"), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        asked.cancel()
        task.cancel()
        await asyncio.wait({task, asked})


async def _open_health(health: Health, port: int, bind: str | None, stack: AsyncExitStack) -> None:
    """Before Slack is connected, so that probes see the start. Raises `SettingsError`."""
    from bot.adapters.health import HealthServer

    server = HealthServer(health, port, bind)
    stack.push_async_callback(server.close)
    await server.open()
    log.info("health on port %d of %s", port, bind or "all addresses")


async def _listen(app: AsyncApp, settings: Settings, me: Self, stack: AsyncExitStack, health: Health) -> None:
    if settings.app_token is not None:
        from bot.adapters.sockets import Sockets

        sockets = Sockets(app, settings.app_token.reveal(), me.ticket, plain=settings.slack_allow_http)
        health.slack = sockets.standing
        stack.push_async_callback(sockets.close)
        await sockets.connect()
    elif settings.signing_secret is not None:
        from bot.adapters.http import PATH, HttpServer

        server = HttpServer(app, settings.signing_secret.reveal(), settings.port, settings.bind)
        health.slack = server.standing
        stack.push_async_callback(server.close)
        await server.open()
        log.info("listening for Slack on port %d of %s, at %s", settings.port, settings.bind or "all addresses", PATH)


async def _not_started(listeners: Listeners, slack: Connected) -> None:
    """Tell people whose clicks were acknowledged during a failed start that no answer will come."""
    if places := listeners.give_up(slack.me.user):
        from bot.adapters.slack import SlackChat
        from bot.messages.refusals import NOT_STARTED, private

        chat = SlackChat(slack.client, slack.http, slack.api_url)
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                told = (chat.whisper(place, private(NOT_STARTED)) for place in places)
                await asyncio.gather(*told, return_exceptions=True)


async def _until(stop: asyncio.Event, ringing: Coroutine[Any, Any, None]) -> None:
    """Run the worker until asked to stop."""
    task = asyncio.create_task(ringing, name="worker")
    try:
        await stop.wait()
    finally:
        task.cancel()
        await asyncio.wait({task})
