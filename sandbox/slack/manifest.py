"""The app's manifest: its commands, scopes and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class RequestUrls:
    """Addresses of an app without Socket Mode; *commands* by name."""

    commands: Mapping[str, str]
    events: str
    interactivity: str
    options: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an installed app may do in the workspace."""

    name: str
    description: str
    color: str
    bot_user: str
    commands: tuple[dict[str, Any], ...]
    scopes: frozenset[str]
    optional: frozenset[str]
    events: frozenset[str]
    home: bool
    messages_tab: bool
    urls: RequestUrls | None
    """None with Socket Mode."""

    @property
    def command_names(self) -> frozenset[str]:
        """The declared slash commands."""
        return frozenset(str(command["command"]) for command in self.commands)


def load(path: Path, request_url: str | None = None) -> Manifest:
    """Read *path*; with *request_url*, as an app without Socket Mode at that address.

    Raises `ValueError` if interactivity is off, or if Socket Mode is off and an address is missing: nothing would be
    delivered.
    """
    read = yaml.safe_load(path.read_text("utf-8"))
    if request_url is not None:
        _reached_at(read, request_url)
    settings, features = read["settings"], read["features"]
    if not settings.get("interactivity", {}).get("is_enabled"):
        raise ValueError(f"{path}: interactivity is off")
    urls = None if settings.get("socket_mode_enabled") else _urls(read)
    if urls is not None and (faults := list(_faults(urls))):
        raise ValueError(f"{path}: without Socket Mode {'; '.join(faults)}")
    shown, asked = read["display_information"], read["oauth_config"]["scopes"]
    scopes = frozenset(asked["bot"])
    return Manifest(
        name=shown["name"],
        description=shown.get("description", ""),
        color=shown.get("background_color", "#444444"),
        bot_user=features["bot_user"]["display_name"],
        commands=tuple(features.get("slash_commands", ())),
        scopes=scopes,
        optional=scopes & frozenset(asked.get("bot_optional", ())),  # listed twice: requested, but may be left out
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        home=bool(features.get("app_home", {}).get("home_tab_enabled")),
        messages_tab=bool(features.get("app_home", {}).get("messages_tab_enabled")),
        urls=urls,
    )


def _reached_at(read: dict[str, Any], url: str) -> None:
    """The same app over HTTP: all changes to the manifest that the README describes."""
    settings = read["settings"]
    settings["socket_mode_enabled"] = False
    for declared in (*read["features"].get("slash_commands", ()), *_present(settings, "event_subscriptions")):
        declared["url" if "command" in declared else "request_url"] = url
    settings["interactivity"]["request_url"] = url


def _present(settings: dict[str, Any], name: str) -> tuple[dict[str, Any], ...]:
    return (settings[name],) if name in settings else ()


def _urls(read: dict[str, Any]) -> RequestUrls:
    settings = read["settings"]
    interactivity = str(settings["interactivity"].get("request_url", ""))
    return RequestUrls(
        commands={str(c["command"]): str(c.get("url", "")) for c in read["features"].get("slash_commands", ())},
        events=str(settings.get("event_subscriptions", {}).get("request_url", "")),
        interactivity=interactivity,
        options=str(settings["interactivity"].get("message_menu_options_url", interactivity)),
    )


def _faults(urls: RequestUrls) -> Iterator[str]:
    """What Slack would refuse. Slack accepts only `https`; here also `http` on this machine."""
    named = {
        **{f"the url of {name}": url for name, url in urls.commands.items()},
        "the request_url of event_subscriptions": urls.events,
        "the request_url of interactivity": urls.interactivity,
        "the message_menu_options_url of interactivity": urls.options,
    }
    for what, url in named.items():
        parts = urlsplit(url)
        if not url:
            yield f"{what} is missing"
        elif not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
        ):
            yield f"{what} is no https address"
