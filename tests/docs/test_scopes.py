"""Least scopes: each scope of the manifest is needed by a method that is called or an event that is listened to."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from bot.adapters.slack_scopes import OPTIONAL, PRIVATE
from sandbox.slack.ledger import LEDGER
from sandbox.slack.methods_places import HISTORY, READ
from sandbox.slack.server import SlackServer

ROOT = Path(__file__).parents[2]
MANIFEST = yaml.safe_load((ROOT / "app-manifest.yml").read_text("utf-8"))
BOT_SCOPES = frozenset(MANIFEST["oauth_config"]["scopes"]["bot"])

EVENTS = {"app_mention": "app_mentions:read", "message.im": "im:history", "app_home_opened": None}
"""What Slack asks for each event."""

KINDS = {
    "channel": {READ["channel"], HISTORY["channel"]},
    "private": PRIVATE,
    "direct": {HISTORY["im"]},  # what was posted there; who is there is known
}
"""For methods of every kind of channel: what is asked of which kind."""


def called() -> set[str]:
    """The methods of the Web API that the code calls, by slack_sdk's names for them."""
    names = {name.replace(".", "_"): name for name in LEDGER}
    source = "\n".join(
        path.read_text("utf-8") for folder in ("bot", "commands") for path in (ROOT / folder).rglob("*.py")
    )
    return {names[word] for word in re.findall(r"\.(\w+)", source) if word in names}


async def test_no_scope_is_superfluous():
    """Whatever is asked for is used, and whatever is used is asked for."""
    async with SlackServer(ROOT / "app-manifest.yml") as slack:
        methods = {name: set(slack.scopes_of(name)) for name in called()}
    assert len(methods) > 15
    by_events = {EVENTS[event] for event in MANIFEST["settings"]["event_subscriptions"]["bot_events"]} - {None}
    of_one_kind = {scope for scopes in methods.values() if len(scopes) == 1 for scope in scopes}
    of_kinds = set().union(*KINDS.values())
    assert of_kinds <= set().union(*methods.values())
    assert of_one_kind | of_kinds | by_events | {"commands"} == BOT_SCOPES


def test_what_is_optional():
    """Each optional scope is asked for, and in the manifest's list of what may be left out."""
    optional = frozenset[str]().union(*OPTIONAL)
    assert optional < BOT_SCOPES
    assert set(MANIFEST["oauth_config"]["scopes"]["bot_optional"]) == optional
