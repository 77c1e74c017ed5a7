"""auth.*, users.*, usergroups.*, conversations.*, team.*: people and places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .cast import BOT, BOT_ID, TEAM, Channel
from .cursors import portion, portion_of_messages, truth
from .grants import Grants
from .payloads import DOMAIN, user_info
from .shown import shown_channel, told_message
from .web_api import Method
from .workspace import Json, Refused, Workspace

READ = {"channel": "channels:read", "private": "groups:read", "im": "im:read"}
HISTORY = {"channel": "channels:history", "private": "groups:history", "im": "im:history"}


class Places:
    """The methods over one workspace."""

    def __init__(self, workspace: Workspace, bot_name: str, grants: Grants) -> None:
        self._w = workspace
        self._name = bot_name
        self._grants = grants

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
        return {"user": user_info(self._w.people[str(a["user"])], self._w)}

    def users(self, a: Json) -> Json:
        """All members of the workspace."""
        members = [user_info(person, self._w) for person in self._w.people.values() if person.ours]
        return portion("members", members, a)

    def groups(self, a: Json) -> Json:
        """The user groups."""
        listed = []
        for group in self._w.groups.values():
            shown = {**group, "user_count": len(group["users"]), "date_delete": 0}
            if not truth(a.get("include_users")):
                shown.pop("users")
            listed.append(shown)
        return {"usergroups": listed}

    def members_of_group(self, a: Json) -> Json:
        """The members of a user group."""
        if a["usergroup"] not in self._w.groups:
            raise Refused("no_such_subteam")
        return {"users": list(self._w.groups[str(a["usergroup"])]["users"])}

    def _readable(self, a: Json, scopes: dict[str, str]) -> Channel:
        channel = self._w.visible(str(a["channel"]))
        self._granted(scopes[channel.kind])
        return channel

    def _granted(self, scope: str) -> None:
        if scope not in self._grants.scopes:
            raise Refused("missing_scope", needed=scope, provided=self._grants.told)

    def info(self, a: Json) -> Json:
        """One channel."""
        channel = self._readable(a, READ)
        shown = self._shown(channel)
        if truth(a.get("include_num_members")):
            shown["num_members"] = len(channel.members)
        return {"channel": shown}

    def list(self, a: Json) -> Json:
        """The channels the bot can see."""
        kinds = {"public_channel": "channel", "private_channel": "private", "im": "im", "mpim": "mpim"}
        named = [kind.strip() for kind in str(a.get("types") or "public_channel").split(",")]
        if not kinds.keys() >= set(named):
            raise Refused("invalid_types")
        wanted = {kinds[kind] for kind in named}
        for kind in sorted(wanted & READ.keys()):
            self._granted(READ[kind])
        listed = [
            self._shown(channel)
            for channel in self._w.channels.values()
            if channel.kind in wanted
            and (channel.kind == "channel" or BOT in channel.members)
            and not (channel.archived and truth(a.get("exclude_archived")))
        ]
        return portion("channels", listed, a)

    def members(self, a: Json) -> Json:
        """The members of a channel."""
        return portion("members", sorted(self._readable(a, READ).members), a)

    def history(self, a: Json) -> Json:
        """A channel's messages, newest first, without replies."""
        channel = self._readable(a, HISTORY)
        if BOT not in channel.members:
            raise Refused("not_in_channel")
        every = self._w.messages.get(channel.id, {}).values()
        found = [m for m in every if "thread_ts" not in m or m["thread_ts"] == m["ts"]]
        return portion_of_messages(self._told(found)[::-1], a)

    def replies(self, a: Json) -> Json:
        """A thread, its parent first."""
        channel = self._readable(a, HISTORY)
        if BOT not in channel.members:
            raise Refused("not_in_channel")
        every = self._w.messages.get(channel.id, {})
        if a["ts"] not in every:
            raise Refused("thread_not_found")
        found = [m for m in every.values() if a["ts"] in (m["ts"], m.get("thread_ts"))]
        return portion_of_messages(self._told(found), a)

    def _told(self, found: Iterable[Json]) -> Sequence[Json]:
        """Oldest first."""
        return [told_message(message, self._name) for message in sorted(found, key=lambda m: str(m["ts"]))]

    def open(self, a: Json) -> Json:
        """The direct message with one person."""
        if a.get("channel"):
            return {"channel": {"id": self._w.visible(str(a["channel"])).id}}
        users = str(a.get("users") or "").split(",")
        if len(users) > 1:
            self._granted("mpim:write")
            raise Refused("not_covered_by_the_local_slack")
        person = self._w.people.get(users[0])
        if person is None or person.is_bot:
            raise Refused("user_not_found")
        if not person.ours:
            raise Refused("user_not_visible")
        if person.deleted:
            raise Refused("user_disabled")
        return {"channel": {"id": self._w.direct(person.id).id}}

    def join(self, a: Json) -> Json:
        """The bot joins a public channel."""
        channel = self._w.channel(str(a["channel"]))
        if channel.kind != "channel":
            raise Refused("method_not_supported_for_channel_type")
        if channel.archived:
            raise Refused("is_archived")
        if BOT in channel.members:
            return {"channel": self._shown(channel), "warning": "already_in_channel"}
        channel.members.add(BOT)
        for user in sorted(channel.members - {BOT}):
            self._w.changed({"type": "channel", "channel": shown_channel(channel, user)}, user)
        return {"channel": self._shown(channel)}

    def _shown(self, channel: Channel) -> Json:
        return _shown(channel, shared=channel.shared(self._w.people))


def _shown(channel: Channel, *, shared: bool) -> Json:
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
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_org_shared": False,
        "is_pending_ext_shared": bool(channel.pending),
        "pending_shared": list(channel.pending),
        "pending_connected_team_ids": list(channel.pending),
        "context_team_id": TEAM,
        "created": 1767000000,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }
    return shown | ({"user": channel.user} if channel.kind == "im" else {"name": channel.name})
