"""Parts that the first answer does not need: the clients of Speech to Text, and the alarm clock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from time import monotonic, time

from bot.adapters.clock import AlarmClock
from bot.adapters.ibm_auth import IbmAuth
from bot.adapters.watson import WatsonSpeech
from bot.adapters.watson_routes import client
from bot.domain.drift import Drift
from bot.flows.worker import Worker
from bot.network import setting_of
from bot.settings import Settings, credentials
from bot.tally import Tally

log = logging.getLogger(__name__)

ANNOUNCE = 5.0
"""Seconds between two checks for a due announcement."""


async def connect_services(
    settings: Settings, stack: AsyncExitStack, tally: Tally | None = None
) -> dict[str, WatsonSpeech]:
    """The adapters of all instances. Raises `SettingsError`."""
    services: dict[str, WatsonSpeech] = {}
    known = credentials(settings)
    for instance in settings.instances.values():
        auth = IbmAuth(known[instance.name])
        http = await stack.enter_async_context(client(instance.verify_tls, tally))
        for checked, setting in ((instance.verify_tls, "DISABLE_SSL"), (instance.verify_auth_tls, "AUTH_DISABLE_SSL")):
            if not checked:
                whose = f"{instance.name}{' (its token service)' if setting.startswith('AUTH') else ''}"
                log.warning("the TLS certificate of %s is not checked: %s", whose, setting_of(instance.name, setting))
        services[instance.name] = WatsonSpeech(instance.name, instance.deployment, http, instance.url, auth)
    return services


def alarms(worker: Worker, stack: AsyncExitStack) -> Callable[[], None]:
    """Start all that uses the wall clock; returns a function to call regularly, to notice a set clock."""
    clock, drift = AlarmClock(), Drift(time(), monotonic())
    clock.every(ANNOUNCE, "announce", worker.announce)
    clock.start()
    stack.callback(clock.stop)

    def look() -> None:
        if drift.noticed(time(), monotonic()):
            log.info("the clock was set")
            clock.wake()

    return look
