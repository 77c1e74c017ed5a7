"""The cast: a small speech team, so that one person can play all of it."""

from __future__ import annotations

from .cast import BOT, SLACKBOT, TEAM, Channel, Person
from .workspace import Workspace

APPROVERS = "S0APPROVE"


def populate(workspace: Workspace, bot_name: str) -> None:
    """People, channels and the approvers' group."""
    for person in (
        Person("U0ADA", "ada", "Ada Okafor", "asks for upgrades", "Europe/London"),
        Person("U0GRACE", "grace", "Grace Lindqvist", "may approve", "Europe/Stockholm", 3600),
        Person("U0TOMAS", "tomas", "Tomás Rivera", "may approve", "America/Mexico_City", -21600),
        Person("U0MEI", "mei", "Mei Tanaka", "may not approve", "Asia/Tokyo", 32400),
        Person("U0GUS", "gus", "Gus Weber", "guest", "Europe/Berlin", 3600, is_restricted=True),
        Person("U0OLD", "otto", "Otto Brandt", "deactivated", "Europe/Berlin", 3600, deleted=True),
        Person(
            *("U0NIA", "nia", "Nia Haddad", "of our Grid's lab", "Africa/Tunis", 3600),
            team="T0LAB",
            teams=("T0LAB", TEAM),
        ),
        Person("U0EXT", "erin", "Erin Doyle", "of another company", "Europe/Dublin", team="T0OTHER"),
        Person(BOT, bot_name, bot_name.title(), "app", "UTC", is_bot=True),
        Person(SLACKBOT, "slackbot", "Slackbot", "Slack", "UTC", is_bot=True),
    ):
        workspace.people[person.id] = person
    team = {"U0ADA", "U0GRACE", "U0TOMAS", "U0MEI", "U0GUS", "U0NIA"}
    for channel in (
        Channel(
            "C0SPEECH", "speech-models", "channel", team | {BOT}, "Custom models: requests, upgrades, announcements"
        ),
        Channel("C0GENERAL", "general", "channel", team - {"U0GUS"}, "Everything else"),
        Channel("C0PARTNERS", "partners", "channel", {"U0ADA", "U0GRACE", "U0EXT", BOT}, "Shared with another company"),
        Channel("C0PRIVATE", "speech-leads", "private", {"U0ADA", "U0GRACE"}, "Plans"),
    ):
        workspace.channels[channel.id] = channel
    for user in sorted(team):
        workspace.direct(user)
    workspace.groups[APPROVERS] = {
        "id": APPROVERS,
        "handle": "speech-approvers",
        "name": "Speech approvers",
        "users": ["U0GRACE", "U0TOMAS"],
    }
