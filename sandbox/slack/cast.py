"""Who and what a workspace consists of: ids, people, channels."""

from __future__ import annotations

from dataclasses import dataclass

TEAM = "T0RETUNE"
BOT, BOT_ID, APP = "U0RETUNE", "B0RETUNE", "A0RETUNE"
SLACKBOT = "USLACKBOT"


@dataclass
class Person:
    """A user."""

    id: str
    name: str
    real_name: str
    role: str
    tz: str
    tz_offset: int = 0
    team: str = TEAM
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_stranger: bool = False


@dataclass
class Channel:
    """A channel or direct message; *user* is the person of a direct message with the bot."""

    id: str
    name: str
    kind: str
    members: set[str]
    topic: str = ""
    user: str | None = None
    archived: bool = False

    def shared(self, people: dict[str, Person]) -> bool:
        """Whether somebody of another company is in it (Slack Connect)."""
        return any(people[id].team != TEAM for id in self.members)
