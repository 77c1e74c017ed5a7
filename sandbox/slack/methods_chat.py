"""chat.*, pins.*, reactions.*: messages and marks on them."""

from __future__ import annotations

import json
import re

from .blockkit import check_addresses, check_blocks, normalise_blocks
from .cast import BOT, Channel
from .shown import told_message
from .web_api import Method
from .workspace import Json, Refused, Workspace

LONGEST, LONGEST_EDIT = 40_000, 4_000
"""Characters of text: longer ones are cut when posted, and refused in an edit."""

LONGEST_MESSAGE = 13_000
"""Characters of block JSON that a message may have; Slack publishes no number."""

LARGEST_METADATA = 16_000
"""Characters of metadata as JSON; Slack publishes no number."""

NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")
"""Names of emoji come without colons."""

NOT_COVERED = ("attachments", "markdown_text", "reply_broadcast", "username", "icon_emoji", "icon_url")
"""What would change how a message looks and is not played here: refused, for what is dropped in silence misleads."""


class Chat:
    """The methods over one workspace."""

    def __init__(self, workspace: Workspace, longest: int = LONGEST_MESSAGE, *, messages_tab: bool = True) -> None:
        self._w = workspace
        self._longest = longest
        self._messages_tab = messages_tab

    def methods(self) -> dict[str, Method]:
        """By name."""
        write = ("chat:write",)
        return {
            "chat.postMessage": Method(self.post, write, ("channel",)),
            "chat.postEphemeral": Method(self.whisper, write, ("channel", "user")),
            "chat.update": Method(self.update, write, ("channel", "ts")),
            "chat.delete": Method(self.delete, write, ("channel", "ts")),
            "chat.getPermalink": Method(self.permalink, (), ("channel", "message_ts")),
            "pins.add": Method(self.pin, ("pins:write",), ("channel", "timestamp")),
            "pins.remove": Method(self.unpin, ("pins:write",), ("channel", "timestamp")),
            "reactions.add": Method(self.react, ("reactions:write",), ("channel", "timestamp", "name")),
            "reactions.remove": Method(self.unreact, ("reactions:write",), ("channel", "timestamp", "name")),
        }

    def post(self, a: Json) -> Json:
        """Posts; a user id as channel is the direct message with that person."""
        channel = self._addressed(str(a["channel"]))
        if channel.kind == "im" and not self._messages_tab:
            raise Refused("messages_tab_disabled")
        body = content(a, self._w, self._longest)
        if a.get("metadata"):
            body["metadata"] = _metadata(a["metadata"])
        if a.get("thread_ts"):
            body["thread_ts"] = str(a["thread_ts"])
        message = self._w.post(channel.id, BOT, body)
        answer: Json = {"channel": channel.id, "ts": message["ts"], "message": self._answered(message)}
        if len(str(a.get("text") or "")) > LONGEST:
            answer |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
        return answer

    def _addressed(self, id: str) -> Channel:
        """A channel by id or, as posts alone allow, by name; or the direct message with a person of the workspace.

        Raises `Refused`.
        """
        named = [channel for channel in self._w.channels.values() if channel.name == id.removeprefix("#")]
        if named and named[0].kind != "im":
            return self._w.writable(named[0].id)
        person = self._w.people.get(id)
        if person is None:
            return self._w.writable(id)
        if person.is_bot or person.deleted or not person.ours:
            raise Refused("channel_not_found")
        return self._w.direct(id)

    def whisper(self, a: Json) -> Json:
        """Shows a message to one member of a channel."""
        channel = self._w.writable(str(a["channel"]))
        if a["user"] not in channel.members:
            raise Refused("user_not_in_channel")
        body = content(a, self._w, self._longest)
        if a.get("thread_ts"):
            body["thread_ts"] = str(a["thread_ts"])
        return {"message_ts": self._w.whisper(channel.id, str(a["user"]), body)["ts"]}

    def update(self, a: Json) -> Json:
        """Edits an own message."""
        if len(str(a.get("text") or "")) > LONGEST_EDIT:
            raise Refused("msg_too_long")
        body = content(a, self._w, self._longest)
        if a.get("metadata"):
            body["metadata"] = _metadata(a["metadata"])
        if self._w.channel(str(a["channel"])).archived:
            raise Refused("is_inactive")
        message = self._w.edit(str(a["channel"]), str(a["ts"]), body)
        return {"channel": a["channel"], "ts": a["ts"], "text": body["text"], "message": self._answered(message)}

    def delete(self, a: Json) -> Json:
        """Deletes an own message."""
        if self._w.message(str(a["channel"]), str(a["ts"]))["user"] != BOT:
            raise Refused("cant_delete_message")
        self._w.remove(str(a["channel"]), str(a["ts"]))
        return {"channel": a["channel"], "ts": a["ts"]}

    def permalink(self, a: Json) -> Json:
        """The address of a message."""
        message = self._w.message(self._w.visible(str(a["channel"])).id, str(a["message_ts"]))
        link = f"https://acme-speech.slack.com/archives/{a['channel']}/p{message['ts'].replace('.', '')}"
        if "thread_ts" in message:
            link += f"?thread_ts={message['thread_ts']}&cid={a['channel']}"
        return {"channel": a["channel"], "permalink": link}

    def pin(self, a: Json) -> Json:
        """Pins."""
        message = self._w.message(self._w.writable(str(a["channel"])).id, str(a["timestamp"]))
        if message.get("pinned"):
            raise Refused("already_pinned")
        message["pinned"] = True
        self._w.mark(str(a["channel"]), message)
        return {}

    def unpin(self, a: Json) -> Json:
        """Unpins."""
        message = self._w.message(self._w.writable(str(a["channel"])).id, str(a["timestamp"]))
        if not message.pop("pinned", False):
            raise Refused("no_pin")
        self._w.mark(str(a["channel"]), message)
        return {}

    def react(self, a: Json) -> Json:
        """Adds the bot's reaction."""
        if not NAME.fullmatch(str(a["name"])):
            raise Refused("invalid_name")
        message = self._w.message(self._w.writable(str(a["channel"])).id, str(a["timestamp"]))
        reactions = message.setdefault("reactions", [])
        found = next((r for r in reactions if r["name"] == a["name"]), None)
        if found is None:
            found = {"name": a["name"], "users": [], "count": 0}
            reactions.append(found)
        if BOT in found["users"]:
            raise Refused("already_reacted")
        found["users"].append(BOT)
        found["count"] += 1
        self._w.mark(str(a["channel"]), message)
        return {}

    def unreact(self, a: Json) -> Json:
        """Takes the bot's reaction back."""
        message = self._w.message(self._w.writable(str(a["channel"])).id, str(a["timestamp"]))
        found = next((r for r in message.get("reactions", []) if r["name"] == a["name"]), None)
        if found is None or BOT not in found["users"]:
            raise Refused("no_reaction")
        found["users"].remove(BOT)
        found["count"] -= 1
        message["reactions"] = [r for r in message["reactions"] if r["count"]]
        self._w.mark(str(a["channel"]), message)
        return {}

    def _answered(self, message: Json) -> Json:
        """A message as an answer carries it."""
        return told_message(message, self._w.people[BOT].name)


def content(a: Json, workspace: Workspace, longest: int) -> Json:
    """Text and blocks of a message, checked. Raises `Refused`."""
    if uncovered := [key for key in NOT_COVERED if a.get(key)]:
        messages = [f"[ERROR] not covered by the local Slack: {key}" for key in uncovered]
        raise Refused("invalid_arguments", response_metadata={"messages": messages})
    text, blocks = str(a.get("text") or ""), a.get("blocks")
    if blocks is not None and not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    if not text and not blocks:
        raise Refused("no_text")
    body: Json = {"text": text[:LONGEST]}
    if blocks:
        if faults := check_blocks(blocks, "message", lacks=workspace.lacks) or check_addresses(blocks, workspace.files):
            raise Refused(
                "invalid_blocks",
                errors=faults,
                response_metadata={"messages": [f"[ERROR] {fault}" for fault in faults]},
            )
        if len(json.dumps(blocks, ensure_ascii=False)) > longest:
            raise Refused("msg_blocks_too_long")
        body["blocks"] = normalise_blocks(blocks)
    else:
        body["blocks"] = []
    return body


def _metadata(metadata: object) -> Json:
    if not isinstance(metadata, dict) or "event_type" not in metadata or "event_payload" not in metadata:
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata)) > LARGEST_METADATA:
        raise Refused("metadata_too_large")
    return metadata
