"""The contents of a workspace: ids, people, channels."""

from __future__ import annotations

from dataclasses import dataclass, field

TEAM = "T0RETUNE"
GRID = "E0ACME"
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
    teams: tuple[str, ...] = ()
    """The person's workspaces in our Enterprise Grid; their `team_id` may name another one."""

    @property
    def ours(self) -> bool:
        """Whether the person is in our workspace."""
        return TEAM in (self.team, *self.teams)


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
    pending: list[str] = field(default_factory=list)
    """Organizations that were invited and have not answered yet."""

    def shared(self, people: dict[str, Person]) -> bool:
        """Whether a person of another company is in it (Slack Connect)."""
        return any(id in people and not people[id].ours for id in self.members)
