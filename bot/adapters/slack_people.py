"""People and channels in Slack's answers.

An answer without a person or channel counts as lost: the next one may be better. Invalid fields give no rights: a flag
that is neither missing nor false counts as set, and a workspace that is not text is not ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.authority import Person
from bot.errors import ChatBusy
from bot.ports import Group, Room

SLACKBOT = "USLACKBOT"
"""Slack says that it is not a bot."""

BOTS = ("is_bot", "is_workflow_bot", "is_connector_bot")
GUESTS = ("is_restricted", "is_ultra_restricted")
SHARED = ("is_ext_shared", "is_pending_ext_shared")
NO_GROUPS = ("plan_upgrade_required", "paid_teams_only", "paid_only")
"""Slack's answers on plans without user groups."""
INVITED = ("pending_shared", "pending_connected_team_ids")
"""Lists of organizations invited to a channel."""


def person_in(user: str, found: object) -> Person:
    """The person in an answer of `users.info`. Raises `ChatBusy` if there is none."""
    if not isinstance(found, Mapping):
        raise ChatBusy("Slack does not say who that is.")
    team, teams = _workspaces(found)
    return Person(
        id=user,
        name=_text(found.get("real_name")) or _text(found.get("name")) or user,
        team=team,
        is_guest=_any(found, GUESTS),
        is_bot=_any(found, BOTS) or SLACKBOT in (user, found.get("id")),
        deactivated=_any(found, ("deleted",)),
        zone=_text(found.get("tz")),
        teams=teams,
        is_stranger=_any(found, ("is_stranger",)),
    )


def _workspaces(found: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    """The workspace Slack names, and all those of an Enterprise Grid; if Slack tells these, only they count."""
    team, grid = _text(found.get("team_id")), found.get("enterprise_user")
    # Slack writes an empty object as an empty list.
    if grid is None or grid == [] or (isinstance(grid, Mapping) and grid.get("teams") is None):
        return team, frozenset()
    listed = grid["teams"] if isinstance(grid, Mapping) else None
    teams = frozenset(filter(None, map(_text, listed))) if isinstance(listed, list) else frozenset[str]()
    return team if team in teams else "", teams


def room_in(channel: str, found: object) -> Room:
    """The channel in an answer of `conversations.info`. Raises `ChatBusy` if there is none."""
    if not isinstance(found, Mapping):
        raise ChatBusy("Slack does not say what that channel is.")
    within = _any(found, ("is_shared",)) and found.get("is_org_shared") is not True
    return Room(
        id=_text(found.get("id")) or channel,
        name=_text(found.get("name")),
        member=found.get("is_member") is True,
        archived=_any(found, ("is_archived",)),
        private=found.get("is_private") is True,
        external=within or _any(found, SHARED) or _any(found, INVITED, []),
    )


def ids_in(found: object) -> frozenset[str]:
    """The ids in a list of members. Raises `ChatBusy` if there is no list."""
    if not isinstance(found, list):
        raise ChatBusy("Slack does not say who is in that group.")
    return frozenset(filter(None, map(_text, found)))


def groups_in(found: object) -> tuple[Group, ...]:
    """The user groups in an answer of `usergroups.list`. Raises `ChatBusy` where there is no list."""
    if not isinstance(found, list):
        raise ChatBusy("Slack does not say which user groups there are.")
    groups = []
    for one in found:
        if isinstance(one, Mapping) and (id := _text(one.get("id"))):
            handle = _text(one.get("handle"))
            groups.append(Group(id, handle, _text(one.get("name")) or handle or id))
    return tuple(groups)


def no_approvers(room: Room | None) -> str | None:
    """Why a channel's members can't be approvers, and what to do; None if they can."""
    if room is None:
        return (
            "there is no such channel, or the bot is not in it: invite it with /invite @retune, or name people (U…) "
            "in RETUNE_APPROVERS."
        )
    if room.closed:
        return None
    why = "it is shared with another organization" if room.external else "anyone can join this public channel"
    return f"{why} and decide, so nobody may: name a private channel that is not shared, or people (U…), instead."


def _any(found: Mapping[str, Any], flags: tuple[str, ...], none: object = None) -> bool:
    return any(found.get(flag) not in (None, False, none) for flag in flags)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
