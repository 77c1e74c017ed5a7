"""The app's manifest: which commands, scopes and events there are, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


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

    @property
    def command_names(self) -> frozenset[str]:
        """The declared slash commands."""
        return frozenset(str(command["command"]) for command in self.commands)


def load(path: Path) -> Manifest:
    """Reads *path*. Raises `ValueError` where Socket Mode or interactivity is off: nothing would be delivered."""
    read = yaml.safe_load(path.read_text("utf-8"))
    settings, features = read["settings"], read["features"]
    if not settings.get("socket_mode_enabled") or not settings.get("interactivity", {}).get("is_enabled"):
        raise ValueError(f"{path}: the local Slack delivers by Socket Mode, with interactivity enabled")
    shown, asked = read["display_information"], read["oauth_config"]["scopes"]
    scopes = frozenset(asked["bot"])
    return Manifest(
        name=shown["name"],
        description=shown.get("description", ""),
        color=shown.get("background_color", "#444444"),
        bot_user=features["bot_user"]["display_name"],
        commands=tuple(features.get("slash_commands", ())),
        scopes=scopes,
        optional=scopes & frozenset(asked.get("bot_optional", ())),  # listed twice: asked for, and may be left out
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        home=bool(features.get("app_home", {}).get("home_tab_enabled")),
        messages_tab=bool(features.get("app_home", {}).get("messages_tab_enabled")),
    )
