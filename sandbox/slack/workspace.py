"""The workspace: people, channels, messages and views, and who hears of their changes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import threads
from .cast import APP, BOT, BOT_ID, TEAM, Channel, Person
from .changes import Changes
from .shown import View, shown_channel, shown_message, shown_view

Json = dict[str, Any]


class Refused(Exception):
    """Slack's `ok: false`, with its name for the reason and what else it tells."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details


@dataclass
class Workspace(Changes):
    """All state. Everything that people could see change is told to the listeners."""

    now: Callable[[], float] = time.time
    people: dict[str, Person] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    groups: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, dict[str, Json]] = field(default_factory=dict)
    ephemeral: dict[str, list[Json]] = field(default_factory=dict)
    stacks: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    curly: bool = False
    """People type on phones, which make quotes curly."""
    lacks: set[str] = field(default_factory=set)
    """Types of blocks that Slack does not have here yet: newer ones come to workspaces one after another."""

    def __post_init__(self) -> None:
        super().__init__()
        self._last = 0
        self._vanished: set[tuple[str, str]] = set()

    def stamp(self) -> str:
        """A new message `ts`: unique and growing."""
        # Whole microseconds: a float of today's size is too coarse to count them, and two stamps would be equal.
        self._last = max(int(self.now() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def channel(self, id: str) -> Channel:
        """A channel. Raises `Refused`."""
        if id not in self.channels:
            raise Refused("channel_not_found")
        return self.channels[id]

    def visible(self, id: str) -> Channel:
        """A channel that the bot knows of: private ones only where it is a member. Raises `Refused`."""
        channel = self.channel(id)
        if channel.kind != "channel" and BOT not in channel.members:
            raise Refused("channel_not_found")
        return channel

    def writable(self, id: str) -> Channel:
        """A channel that the bot may post to. Raises `Refused` as Slack does for each reason."""
        channel = self.visible(id)
        if BOT not in channel.members:
            raise Refused("not_in_channel")
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def direct(self, user: str) -> Channel:
        """The direct message of a person with the bot, made if there is none."""
        id = f"D{user[1:]}"
        if id not in self.channels:
            self.channels[id] = Channel(id, user, "im", {user, BOT}, user=user)
            self.changed({"type": "channel", "channel": shown_channel(self.channels[id], user)}, user)
        return self.channels[id]

    def post(self, channel: str, user: str, body: Json) -> Json:
        """Puts a message into a channel."""
        ts = self.stamp()
        team = self.people[user].team if user in self.people else TEAM
        message: Json = {"type": "message", "user": user, "team": team, "ts": ts, **body}
        if user == BOT:
            message |= {"bot_id": BOT_ID, "app_id": APP}
        parent = self._parent(channel, message)
        said = self.messages.setdefault(channel, {})
        said[ts] = message
        self._tell(channel, message)
        if parent is not None:
            threads.count(said, parent)
            self._tell(channel, parent)
        return message

    def _parent(self, channel: str, message: Json) -> Json | None:
        """Hangs a reply into its thread. Raises `Refused`."""
        thread = str(message.get("thread_ts") or "")
        if not thread:
            return None
        said = self.messages.get(channel, {})
        named = said.get(thread)
        if named is None and (channel, thread) in self._vanished:
            del message["thread_ts"]
            return None
        if named is None:
            raise Refused("thread_not_found")
        parent = said.get(named.get("thread_ts", thread), named)
        message["thread_ts"], message["parent_user_id"] = parent["ts"], parent["user"]
        return parent

    def edit(self, channel: str, ts: str, body: Json) -> Json:
        """Changes a message of the bot's. Raises `Refused`."""
        message = self.message(channel, ts)
        if message["user"] != BOT:
            raise Refused("cant_update_message")
        message.update(body)
        message["edited"] = {"user": BOT, "ts": self.stamp()}
        self._tell(channel, message)
        return message

    def message(self, channel: str, ts: str) -> Json:
        """A message that stands in a channel. Raises `Refused`."""
        self.channel(channel)
        found = self.messages.get(channel, {}).get(ts)
        if found is None or threads.is_tombstone(found):
            raise Refused("message_not_found")
        return found

    def vanish(self, channel: str, ts: str) -> None:
        """Retention takes a message away. A reply to it lands in the channel from then on, without an error."""
        del self.messages[channel][ts]
        self._vanished.add((channel, ts))
        self.changed({"type": "removed", "channel": channel, "ts": ts})

    def newest(self) -> tuple[str, str] | None:
        """Channel and ts of the bot's newest message that is no reply."""
        ours = [
            (ts, channel)
            for channel, messages in self.messages.items()
            for ts, message in messages.items()
            if message.get("user") == BOT and message.get("thread_ts", ts) == ts
        ]
        return (found[1], found[0]) if (found := max(ours, default=None)) else None

    def archive(self, on: bool) -> None:
        """Archives every channel that the bot is in, or brings them back."""
        for channel in self.channels.values():
            if BOT in channel.members and channel.kind in ("channel", "private"):
                channel.archived = on

    def remove(self, channel: str, ts: str) -> None:
        """Deletes a message; a thread loses a reply. A parent leaves a tombstone as long as it has replies."""
        said = self.messages[channel]
        gone = said.pop(ts)
        if gone.get("reply_count"):
            said[ts] = threads.tombstone(gone)
            self._tell(channel, said[ts])
            return
        self.changed({"type": "removed", "channel": channel, "ts": ts})
        parent = said.get(gone.get("thread_ts", ts))
        if parent is None:
            return
        threads.count(said, parent)
        if threads.is_tombstone(parent) and "reply_count" not in parent:
            self.remove(channel, parent["ts"])
        else:
            self._tell(channel, parent)

    def mark(self, channel: str, message: Json) -> None:
        """Tells that a message got a pin, a reaction or a file."""
        self._tell(channel, message)

    def whisper(self, channel: str, reader: str, body: Json, user: str = BOT) -> Json:
        """Shows a message to one person; it is in no history."""
        message: Json = {"type": "message", "user": user, "ts": self.stamp(), "channel": channel, **body}
        if user == BOT:
            message |= {"bot_id": BOT_ID, "app_id": APP}
        self.ephemeral.setdefault(reader, []).append(message)
        self.changed({"type": "message", "message": shown_message(channel, message, ephemeral=True)}, reader)
        return message

    def rewhisper(self, channel: str, reader: str, ts: str, body: Json) -> None:
        """Puts something else in the place of an ephemeral message; where it is gone, shows it as a new one."""
        message = next((m for m in self.ephemeral.get(reader, []) if m["ts"] == ts), None)
        if message is None:
            self.whisper(channel, reader, body)
            return
        message.update(body)
        self.changed({"type": "message", "message": shown_message(channel, message, ephemeral=True)}, reader)

    def unwhisper(self, reader: str, ts: str) -> None:
        """Takes an ephemeral message away."""
        kept = [m for m in self.ephemeral.get(reader, []) if m["ts"] != ts]
        gone = [m for m in self.ephemeral.get(reader, []) if m["ts"] == ts]
        self.ephemeral[reader] = kept
        for message in gone:
            self.changed({"type": "removed", "channel": message["channel"], "ts": ts}, reader)

    def new_view(self, user: str, body: Json) -> View:
        """A view with its id and hash, not shown yet."""
        id = f"V{secrets.token_hex(5).upper()}"
        return View(id, user, body, self.view_hash(), id, external_id=str(body.get("external_id") or ""))

    def view_hash(self) -> str:
        """A hash that no earlier view had."""
        return f"{int(self.now())}.{secrets.token_hex(4)}"

    def view(self, id: str) -> View:
        """An open view by id or external id. Raises `Refused`."""
        for view in self.views():
            if id and id in (view.id, view.external_id):
                return view
        raise Refused("not_found")

    def views(self) -> Iterator[View]:
        """Every open modal and every App Home."""
        for stack in self.stacks.values():
            yield from stack
        yield from self.homes.values()

    def show_stack(self, user: str) -> None:
        """Tells a person's modals."""
        self.changed({"type": "stack", "stack": [shown_view(v) for v in self.stacks.get(user, [])]}, user)

    def show_home(self, user: str) -> None:
        """Tells a person's App Home."""
        home = self.homes.get(user)
        self.changed({"type": "home", "view": shown_view(home) if home else None}, user)

    def sees(self, user: str, channel: str) -> bool:
        """Whether a person is in a channel."""
        return channel in self.channels and user in self.channels[channel].members

    def _tell(self, channel: str, message: Json) -> None:
        self.changed({"type": "message", "message": shown_message(channel, message)})
