"""The composition root: starts every part, in the order in which they may start, and takes them down in reverse.

Slack comes first, so that the first click is answered soon; what that does not need is imported after it.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.resources
import logging
import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from time import monotonic, time
from typing import TYPE_CHECKING, Any, TypeVar

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.charts import ChartProcess
from bot.adapters.clock import AlarmClock, SystemClock
from bot.adapters.slack import SlackChat
from bot.adapters.slack_answers import text_at
from bot.adapters.slack_calls import call, session, web_client
from bot.adapters.slack_routes import NotSecure
from bot.domain.catalog import Catalog
from bot.domain.drift import Drift
from bot.errors import CatalogError, ChatBusy, ChatRefused, SettingsError
from bot.flows.background import Background
from bot.flows.parts import Flows
from bot.flows.worker import Worker
from bot.network import setting_of
from bot.ports import World
from bot.settings import Settings, authenticator
from bot.store import Store
from bot.store.database import Database
from bot.store.surroundings import warnings
from commands import register
from commands.home import show

if TYPE_CHECKING:
    from ibm_cloud_sdk_core.authenticators import Authenticator

    from bot.adapters.watson import WatsonSpeech

log = logging.getLogger(__name__)

T = TypeVar("T")

DRAIN = 1.0
"""Seconds that work under way gets when we stop; what is cut off then is taken up after the next start."""

GOODBYE = 0.3
"""Seconds that requests over HTTP get to be answered when we stop; aiohttp's own is a minute."""

STUMBLES = 60.0
"""Seconds for which a start tries again while Slack is in trouble."""

ANNOUNCE = 5.0
"""Seconds between two looks whether an announcement is due."""


@dataclass(frozen=True, slots=True)
class Self:
    """Who we are in the workspace, as Slack's `auth.test` says. *ticket* is the first socket's address."""

    team: str
    user: str
    bot: str
    ticket: str | None


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Runs until *stop*. Raises `SettingsError` or `ChatError` when it cannot start."""
    async with AsyncExitStack() as stack:
        working = await _unless(stop, _start(settings, stack))
        if working is not None:
            log.info("Retune is ready: %d instances, channel %s", len(settings.instances), settings.channel)
            await _until(stop, working)
        log.info("stopping")


async def _start(settings: Settings, stack: AsyncExitStack) -> Coroutine[Any, Any, None]:
    """Starts every part; gives the work that goes on from then."""
    catalog = cache(partial(read_catalog, settings))
    if settings.catalog is not None:
        catalog()  # the operator's own may have faults, and those end a start before anything began
    db = stack.enter_context(Database(settings.database))
    for warning in warnings(settings.database):
        log.warning("%s", warning)
    http = await stack.enter_async_context(session(plain=settings.slack_allow_http))
    client = web_client(settings.bot_token.reveal(), settings.slack_api_url, http)
    me = await identify(client, settings, STUMBLES)
    clock, background = SystemClock(), Background()
    credentials(settings)
    clients = await stack.enter_async_context(AsyncExitStack())
    services: dict[str, WatsonSpeech] = {}
    chat = SlackChat(client, http, settings.slack_api_url)
    world = World(
        chat=chat,
        windows=chat,
        people=chat,
        files=chat,
        charts=ChartProcess(),
        clock=clock,
        speech=services,
        probing=services,
        team=me.team,
        user=me.user,
    )
    await db.write(partial(_settings_noted, settings, clock.now()))
    ring = asyncio.Event()
    flows = Flows(world, settings, db, catalog, background, ring.set)
    worker = Worker(
        flows,
        holder=f"{socket.gethostname()}:{os.getpid()}",
        inventory_every=settings.inventory,
        publish=partial(show, desk=flows),
    )
    stack.push_async_callback(flows.budgets.close)
    stack.push_async_callback(worker.leave)
    stack.push_async_callback(background.drain, DRAIN)
    app = bolt(client, me, settings)
    register(app, flows)
    await _listen(app, settings, me, stack)
    background.spawn(flows.electorate.warn(), "policies")
    await asyncio.to_thread(catalog)  # 60 ms that no answer should wait for
    services.update(await connect_services(settings, clients))
    flows.inventory.connected.set()
    look = _alarms(worker, stack)
    gc.freeze()  # what is imported lives as long as the process: the collector need not go through it again and again
    return worker.run(ring, look)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What *work* gives; None when asked to stop before: then it is cut off, whatever it waits for."""
    task, asked = asyncio.create_task(work, name="start"), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        asked.cancel()
        task.cancel()
        await asyncio.wait({task, asked})


def _settings_noted(settings: Settings, now: datetime, store: Store) -> None:
    store.fleet.declare((i.name, i.deployment) for i in settings.instances.values())
    store.audit.settings_changed(settings.policies, now)


def read_catalog(settings: Settings) -> Catalog:
    """The shipped catalog, or the operator's newer one. Raises `SettingsError`."""
    from bot.domain.catalog_reading import SHIPPED, parse

    try:
        if settings.catalog is None:
            return parse(importlib.resources.files("bot.domain").joinpath(SHIPPED).read_text("utf-8"))
        return parse(settings.catalog.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, CatalogError) as error:
        raise SettingsError([f"RETUNE_CATALOG: {settings.catalog}: {error}"]) from error


async def identify(client: AsyncWebClient, settings: Settings, patience: float = 0.0) -> Self:
    """Checks both tokens at once: a wrong one is found before anything starts.

    *patience*: for so many seconds it tries again while Slack is in trouble. Raises `ChatRefused`, `ChatBusy`.
    """
    until, said = monotonic() + patience, ""
    while True:
        try:
            return await _identify(client, settings)
        except ChatBusy as error:
            left = until - monotonic()
            if left <= 0 or isinstance(error.__cause__, NotSecure):  # waiting makes no address https
                raise
            if error.text != said:
                log.warning("Slack is in trouble: %s It is tried again for %.0f s", said := error.text, left)
            await asyncio.sleep(min(max(1.0, error.retry_after), left))


async def _identify(client: AsyncWebClient, settings: Settings) -> Self:
    token = settings.app_token
    opening = call(client.apps_connections_open(app_token=token.reveal())) if token else asyncio.sleep(0)
    try:
        told, opened = await asyncio.gather(call(client.auth_test()), opening)
    except ChatRefused as error:
        raise ChatRefused(f"{error.text} Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN.", code=error.code) from error
    team, user, bot = (text_at(told, name) for name in ("team_id", "user_id", "bot_id"))
    return Self(team, user, bot, text_at(opened, "url") if opened else None)


def credentials(settings: Settings) -> dict[str, Authenticator]:
    """IBM's authenticator for each instance. Raises `SettingsError` with the faults of all."""
    found: dict[str, Authenticator] = {}
    faults: list[str] = []
    for name in settings.instances:
        try:
            found[name] = authenticator(name)
        except SettingsError as error:
            faults += error.faults
    if faults:
        raise SettingsError(faults)
    return found


async def connect_services(settings: Settings, stack: AsyncExitStack) -> dict[str, WatsonSpeech]:
    """The adapters of all instances over one HTTP client for each TLS rule. Raises `SettingsError`."""
    from bot.adapters.ibm_auth import IbmAuth
    from bot.adapters.watson import WatsonSpeech, client

    services: dict[str, WatsonSpeech] = {}
    clients = {}
    known = credentials(settings)
    for instance in settings.instances.values():
        auth = IbmAuth(known[instance.name])
        if instance.verify_tls not in clients:
            clients[instance.verify_tls] = await stack.enter_async_context(client(instance.verify_tls))
        for checked, setting in ((instance.verify_tls, "DISABLE_SSL"), (instance.verify_auth_tls, "AUTH_DISABLE_SSL")):
            if not checked:
                whose = f"{instance.name}{' (its token service)' if setting.startswith('AUTH') else ''}"
                log.warning("the TLS certificate of %s is not checked: %s", whose, setting_of(instance.name, setting))
        services[instance.name] = WatsonSpeech(
            instance.name, instance.deployment, clients[instance.verify_tls], instance.url, auth
        )
    return services


def bolt(client: AsyncWebClient, me: Self, settings: Settings) -> AsyncApp:
    """Bolt, told who we are, so that no click waits for `auth.test`.

    `process_before_response=True`: otherwise Bolt looks every 10 ms whether a listener has acknowledged.
    """

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=me.team, bot_id=me.bot, bot_user_id=me.user, bot_token=client.token
        )

    quiet = logging.getLogger("bot.bolt")  # Bolt warns of an unused token in the environment, and tells every reconnect
    quiet.setLevel(logging.ERROR)
    return AsyncApp(
        # Without a token: Bolt warns that it ignores one, and takes the one that `authorize` gives.
        client=AsyncWebClient(base_url=client.base_url, session=client.session),
        authorize=authorize,
        process_before_response=True,
        logger=quiet,
        signing_secret=settings.signing_secret.reveal() if settings.signing_secret else None,
    )


async def _listen(app: AsyncApp, settings: Settings, me: Self, stack: AsyncExitStack) -> None:
    if settings.app_token is not None:
        from bot.adapters.sockets import Sockets

        sockets = Sockets(app, settings.app_token.reveal(), me.ticket, plain=settings.slack_allow_http)
        stack.push_async_callback(sockets.close)
        await sockets.connect()
        return
    from aiohttp import web

    runner = web.AppRunner(app.web_app(path="/slack/events"), access_log=None, shutdown_timeout=GOODBYE)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, port=settings.port).start()


def _alarms(worker: Worker, stack: AsyncExitStack) -> Callable[[], None]:
    """Starts what goes by the wall clock; gives what must be called now and then to notice that it was set."""
    alarms, drift = AlarmClock(), Drift(time(), monotonic())
    alarms.every(ANNOUNCE, "announce", worker.announce)
    alarms.start()
    stack.callback(alarms.stop)

    def look() -> None:
        if drift.noticed(time(), monotonic()):
            log.info("the clock was set")
            alarms.wake()

    return look


async def _until(stop: asyncio.Event, ringing: Coroutine[Any, Any, None]) -> None:
    """Lets the worker ring until asked to stop."""
    task = asyncio.create_task(ringing, name="worker")
    try:
        await stop.wait()
    finally:
        task.cancel()
        await asyncio.wait({task})
