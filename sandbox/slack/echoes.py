"""Events for the app's own messages: posted, edited and deleted, if it subscribes to `message.…` events.

An app that takes every message event for a person's message answers itself here, as it would at Slack.
"""

from __future__ import annotations

from typing import Any

from . import payloads
from .cast import BOT
from .delivery import Delivery
from .manifest import Manifest
from .people import MESSAGE_EVENTS
from .shown import told_message
from .workspace import Json, Workspace

_SAME = ("text", "blocks", "files")
"""Fields that an edit changes; a pin, a reaction or a reply is not an edit."""


class Echoes:
    """Listens to one workspace."""

    def __init__(self, workspace: Workspace, manifest: Manifest, delivery: Delivery, bot_name: str) -> None:
        self._w = workspace
        self._manifest = manifest
        self._delivery = delivery
        self._name = bot_name
        self._known: dict[tuple[str, str], Json] = {}
        workspace.listen(self._heard)

    def _heard(self, change: Json, person: str | None) -> None:
        if person is not None or change["type"] not in ("message", "removed"):
            return
        where = change if change["type"] == "removed" else change["message"]
        channel, ts = self._w.channels[where["channel"]], str(where["ts"])
        if BOT not in channel.members or MESSAGE_EVENTS[channel.kind] not in self._manifest.events:
            return
        before = self._known.pop((channel.id, ts), None)
        now = self._w.messages.get(channel.id, {}).get(ts)
        told: Json | None = None
        if now is not None:
            told = self._known[channel.id, ts] = told_message(now, self._name)
        if told is None:
            if before is not None:
                self._tell(channel.id, "message_deleted", deleted_ts=ts, previous_message=before)
        elif before is None:
            if told["user"] == BOT:
                self._delivery.send_event(payloads.event(self._w, payloads.said(told, channel, "message")))
        elif any(told.get(key) != before.get(key) for key in _SAME):
            self._tell(channel.id, "message_changed", message=told, previous_message=before)

    def _tell(self, channel: str, subtype: str, **more: Any) -> None:
        ts = self._w.stamp()
        kind = payloads.CHANNEL_TYPES[self._w.channels[channel].kind]
        inner = {"type": "message", "subtype": subtype, "hidden": True, "channel": channel, "channel_type": kind}
        self._delivery.send_event(payloads.event(self._w, {**inner, "ts": ts, "event_ts": ts, **more}))
