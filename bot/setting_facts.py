"""The operator's settings in the audit: who may do what, when, and on which service. No secrets."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.hours import Window
from bot.network import masked
from bot.settings import InstanceSettings, Settings
from bot.store import Store, chain

log = logging.getLogger(__name__)

Facts = Mapping[str, str]


def note(settings: Settings, now: datetime, store: Store) -> None:
    """Record a start: the instances, the seal of the audit, and changed settings."""
    store.fleet.declare((one.name, one.deployment) for one in settings.instances.values())
    match store.audit.begin(now):
        case (chain.LOST, last):
            log.warning("the audit: the stored end of its chain was missing; %s", last)
        case (_, chain.NO_KEY):
            log.warning("the audit: rows are not sealed from here on")
        case (_, key):
            log.warning("the audit: rows are sealed with the key %s from here on", key)
    store.audit.settings_changed(facts(settings), now)


def facts(settings: Settings) -> dict[str, Facts]:
    """By instance; the empty name has what applies to all."""
    return {"": _general(settings), **{name: _instance(settings, name) for name in settings.instances}}


def _general(settings: Settings) -> Facts:
    return {
        "channel": settings.channel,
        "guests": "read" if settings.guests_read else "none",
        "shared channels": _yes(settings.shared_channel),
        "announcements": f"{settings.schedule.rule} {settings.schedule.zone.key}",
        "owners": " ".join(f"{rule.pattern}={rule.owner}" for rule in settings.owners) or "none",
        "upgrades at a time": str(settings.parallel),
        "checks for warnings": _every(settings.probe_every),
        "empty models": _every(settings.canary_every),
        "Slack": _address(settings.slack_api_url),
    }


def _instance(settings: Settings, name: str) -> Facts:
    instance, policy = settings.instances[name], settings.policies[name]
    return {
        "approvers": " ".join(policy.approvers),
        "approvals": str(policy.needed),
        "self-approval": _yes(policy.self_approval),
        "expires after": f"{policy.ttl:.0f} s",
        "window": _window(settings.hours[name]),
        "service": _address(instance.url),
        "deployment": instance.deployment,
        "certificates": _certificates(instance),
    }


def _window(window: Window | None) -> str:
    return "any time" if window is None else f"{window.begins:%H:%M}-{window.ends:%H:%M} {window.zone.key}"


def _certificates(instance: InstanceSettings) -> str:
    skipped = [
        what
        for checked, what in ((instance.verify_tls, "service"), (instance.verify_auth_tls, "token service"))
        if not checked
    ]
    return f"not checked: {', '.join(skipped)}" if skipped else "checked"


def _address(url: str) -> str:
    return masked(url).partition("?")[0]


def _every(span: timedelta | None) -> str:
    return "off" if span is None else f"every {span.total_seconds():.0f} s"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
