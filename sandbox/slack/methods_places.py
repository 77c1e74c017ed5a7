"""auth.*, users.*, usergroups.*, conversations.*, team.*: who and where."""

from __future__ import annotations

from .payloads import DOMAIN, user_info
from .web_api import Method
from .workspace import BOT, BOT_ID, TEAM, Channel, Json, Refused, Workspace

READ = {"channel": "channels:read", "private": "groups:read", "im": "im:read"}
HISTORY = {"channel": "channels:history", "private": "groups:history", "im": "im:history"}


class Places:
    """The methods over one workspace."""

    def __init__(self, workspace: Workspace, bot_name: str, scopes: frozenset[str]) -> None:
        self._w = workspace
        self._name = bot_name
        self._scopes = scopes

    def methods(self) -> dict[str, Method]:
        """By name."""
        any_read, any_history = tuple(READ.values()), tuple(HISTORY.values())
        return {
            "auth.test": Method(self.auth_test),
            "team.info": Method(self.team, ("team:read",)),
            "users.info": Method(self.user, ("users:read",), ("user",)),
            "users.list": Method(self.users, ("users:read",)),
            "usergroups.list": Method(self.groups, ("usergroups:read",)),
            "usergroups.users.list": Method(self.members_of_group, ("usergroups:read",), ("usergroup",)),
            "conversations.info": Method(self.info, any_read, ("channel",)),
            "conversations.list": Method(self.list, any_read),
            "conversations.members": Method(self.members, any_read, ("channel",)),
            "conversations.history": Method(self.history, any_history, ("channel",)),
            "conversations.replies": Method(self.replies, any_history, ("channel", "ts")),
            "conversations.open": Method(self.open, ("im:write",)),
            "conversations.join": Method(self.join, ("channels:join",), ("channel",)),
        }

    def auth_test(self, a: Json) -> Json:
        """Who the token belongs to."""
        return {
            "url": f"https://{DOMAIN}.slack.com/",
            "team": "Acme Speech",
            "user": self._name,
            "team_id": TEAM,
            "user_id": BOT,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def team(self, a: Json) -> Json:
        """The workspace."""
        return {"team": {"id": TEAM, "name": "Acme Speech", "domain": DOMAIN}}

    def user(self, a: Json) -> Json:
        """One person."""
        if a["user"] not in self._w.people:
            raise Refused("user_not_found")
        return {"user": user_info(self._w.people[str(a["user"])])}

    def users(self, a: Json) -> Json:
        """Everybody of the workspace."""
        members = [user_info(person) for person in self._w.people.values() if person.team == TEAM]
        return {"members": members, "response_metadata": {"next_cursor": ""}}

    def groups(self, a: Json) -> Json:
        """The user groups."""
        listed = []
        for group in self._w.groups.values():
            shown = {**group, "user_count": str(len(group["users"])), "date_delete": 0}
            if not a.get("include_users"):
                shown.pop("users")
            listed.append(shown)
        return {"usergroups": listed}

    def members_of_group(self, a: Json) -> Json:
        """Who is in a user group."""
        if a["usergroup"] not in self._w.groups:
            raise Refused("no_such_subteam")
        return {"users": list(self._w.groups[str(a["usergroup"])]["users"])}

    def _readable(self, a: Json, scopes: dict[str, str]) -> Channel:
        channel = self._w.channel(str(a["channel"]))
        if channel.kind != "channel" and BOT not in channel.members:
            raise Refused("channel_not_found")
        if scopes[channel.kind] not in self._scopes:
            raise Refused("missing_scope", needed=scopes[channel.kind], provided=",".join(sorted(self._scopes)))
        return channel

    def info(self, a: Json) -> Json:
        """One channel."""
        return {"channel": _shown(self._readable(a, READ))}

    def list(self, a: Json) -> Json:
        """The channels that the bot can see."""
        kinds = {"public_channel": "channel", "private_channel": "private", "im": "im"}
        wanted = {kinds.get(kind.strip()) for kind in str(a.get("types") or "public_channel").split(",")}
        listed = [
            _shown(channel)
            for channel in self._w.channels.values()
            if channel.kind in wanted and (channel.kind == "channel" or BOT in channel.members)
        ]
        return {"channels": listed, "response_metadata": {"next_cursor": ""}}

    def members(self, a: Json) -> Json:
        """Who is in a channel."""
        return {"members": sorted(self._readable(a, READ).members), "response_metadata": {"next_cursor": ""}}

    def history(self, a: Json) -> Json:
        """What was posted, newest first, without replies."""
        channel = self._readable(a, HISTORY)
        if BOT not in channel.members:
            raise Refused("not_in_channel")
        every = self._w.messages.get(channel.id, {}).values()
        found = [m for m in every if "thread_ts" not in m or m["thread_ts"] == m["ts"]]
        return _page(sorted(found, key=lambda m: m["ts"], reverse=True), a)

    def replies(self, a: Json) -> Json:
        """A thread, its parent first."""
        channel = self._readable(a, HISTORY)
        every = self._w.messages.get(channel.id, {})
        if a["ts"] not in every:
            raise Refused("thread_not_found")
        found = [m for m in every.values() if a["ts"] in (m["ts"], m.get("thread_ts"))]
        return _page(sorted(found, key=lambda m: m["ts"]), a)

    def open(self, a: Json) -> Json:
        """The direct message with one person."""
        user = str(a.get("users") or "")
        if user not in self._w.people:
            raise Refused("user_not_found")
        if self._w.people[user].deleted:
            raise Refused("user_disabled")
        return {"channel": {"id": self._w.direct(user).id}}

    def join(self, a: Json) -> Json:
        """The bot joins a public channel."""
        channel = self._w.channel(str(a["channel"]))
        if channel.kind != "channel":
            raise Refused("method_not_supported_for_channel_type")
        if BOT in channel.members:
            return {"channel": _shown(channel), "warning": "already_in_channel"}
        channel.members.add(BOT)
        return {"channel": _shown(channel)}


def _page(messages: list[Json], a: Json) -> Json:
    oldest, latest = float(a.get("oldest") or 0), float(a.get("latest") or "inf")
    limit = min(int(a.get("limit") or 100), 999)
    start = int(a.get("cursor") or 0)
    wanted = [m for m in messages if oldest < float(m["ts"]) <= latest]
    metadata = str(a.get("include_all_metadata")).lower() in ("true", "1")
    hidden = {"pinned"} if metadata else {"pinned", "metadata"}
    page = [{k: v for k, v in m.items() if k not in hidden} for m in wanted[start : start + limit]]
    more = len(wanted) > start + limit
    return {
        "messages": page,
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }


def _shown(channel: Channel) -> Json:
    shown: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "private",
        "is_im": channel.kind == "im",
        "is_mpim": False,
        "is_private": channel.kind != "channel",
        "is_archived": channel.archived,
        "is_general": channel.name == "general",
        "is_member": BOT in channel.members,
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "context_team_id": TEAM,
        "created": 1767000000,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }
    return shown | ({"user": channel.user} if channel.kind == "im" else {"name": channel.name})
