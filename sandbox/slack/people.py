"""What people do in channels: type, use commands and elements, open App Home; each becomes what Slack delivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import payloads
from .blockkit import check_addresses, check_blocks, find_element, initial_state
from .cast import BOT, SLACKBOT, Channel, Person
from .delivery import Delivery, Outcome
from .form_values import NotPossible, chosen
from .manifest import Manifest
from .methods_views import Triggers
from .response_urls import ResponseUrl, ResponseUrls, say
from .shown import shown_view
from .typed_text import Typing
from .workspace import Json, Refused, Workspace

MESSAGE_EVENTS = {"channel": "message.channels", "private": "message.groups", "im": "message.im"}


class People:
    """Acts for the people of one workspace."""

    def __init__(
        self,
        workspace: Workspace,
        manifest: Manifest,
        delivery: Delivery,
        urls: ResponseUrls,
        triggers: Triggers,
    ) -> None:
        self._w = workspace
        self._manifest = manifest
        self._delivery = delivery
        self._urls = urls
        self._triggers = triggers
        self._held: dict[tuple[str, str], Json] = {}

    async def send(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Outcome:
        """A message or, where it begins with a slash, a command."""
        who, place = self._place(user, channel)
        if text.startswith("/"):
            return await self._command(who, place, text, thread_ts)
        body: Json = {"text": Typing(self._w, user).message(text)}
        if thread_ts:
            body["thread_ts"] = thread_ts
        message = self._w.post(channel, user, body)
        if BOT in place.members:
            event = {**message, "blocks": payloads.typed(body["text"])}
            if MESSAGE_EVENTS[place.kind] in self._manifest.events:
                self._event(payloads.said(event, place, "message"))
            # A direct message that names the bot is no mention: Slack sends `message.im` only.
            if place.kind != "im" and f"<@{BOT}>" in body["text"] and "app_mention" in self._manifest.events:
                self._event(payloads.said(event, place, "app_mention"))
        return Outcome(True)

    async def _command(self, who: Person, place: Channel, text: str, thread_ts: str | None) -> Outcome:
        name, _, rest = text.partition(" ")
        if thread_ts:
            self._slackbot(place.id, who.id, f"{name} is not supported in threads. Sorry!", thread_ts)
            return Outcome(False, "not_in_threads")
        if name not in self._manifest.command_names:
            self._slackbot(place.id, who.id, f"{name} is not a valid command. Type / to see the ones there are.")
            return Outcome(False, "unknown_command")
        declared = next(c for c in self._manifest.commands if c["command"] == name)
        rest = Typing(self._w, who.id).command(rest, escape=bool(declared.get("should_escape")))
        url = self._urls.give("commands", place.id, who.id)
        trigger = self._triggers.give(who.id)
        sent = await self._delivery.send("slash_commands", payloads.command(who, place, name, rest, trigger, url))
        if not sent.acknowledged:
            self._slackbot(place.id, who.id, f'{name} failed with the error "{sent.error}"')
            return sent
        if sent.body:
            return self._answered(place.id, who.id, name, sent)
        return sent

    def _answered(self, channel: str, user: str, name: str, sent: Outcome) -> Outcome:
        """A message in the acknowledgement is checked like any other."""
        body = sent.body or {}
        if not body.get("text") and not body.get("blocks"):
            return sent
        if "blocks" in body and (
            faults := check_blocks(body["blocks"], "message", lacks=self._w.lacks)
            or check_addresses(body["blocks"], self._w.files)
        ):
            self._slackbot(channel, user, f'{name} failed with the error "invalid_blocks"')
            return Outcome(True, f"invalid_blocks: {'; '.join(faults)}", body)
        say(self._w, ResponseUrl(channel, user, self._w.now()), body)
        return sent

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        element: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Uses an element of a message, as that person sees it."""
        who, place = self._place(user, channel)
        try:
            message, ephemeral = self._message(user, channel, ts)
        except Refused:
            return Outcome(False, "no_such_element")
        found = find_element(message.get("blocks", []), action_id, block_id)
        if found is None:
            return Outcome(False, "no_such_element")
        block, held = found
        try:
            value = chosen(held, element or {})
        except NotPossible as error:
            return Outcome(False, str(error))
        action = payloads.clicked(block, held, value, self._w.stamp())
        body = payloads.message_action(
            who,
            place,
            message,
            action,
            ephemeral=ephemeral,
            state=self._chosen(user, message, (block["block_id"], action_id), value),
            trigger=self._triggers.give(user),
            response_url=self._urls.give("actions", channel, user, ts, ephemeral=ephemeral),
        )
        sent = await self._delivery.send("interactive", body)
        if not sent.acknowledged:
            container = {"type": "message", "channel": channel, "ts": ts}
            self._w.changed(payloads.failed_action(container, block["block_id"], action_id), user)
        return sent

    def _chosen(self, user: str, message: Json, where: tuple[str, str], value: Json) -> Json:
        """What every menu of a message holds for one person, with what was just chosen."""
        state = initial_state(message["blocks"])
        if not state:
            return state
        before = self._held.get((user, message["ts"]), {})
        for block_id, actions in state.items():
            actions.update({id: held for id, held in before.get(block_id, {}).items() if id in actions})
        block_id, action_id = where
        if action_id in state.get(block_id, {}):
            state[block_id][action_id] = value
        self._held[user, message["ts"]] = state
        return state

    async def open_home(self, user: str) -> Outcome:
        """Opens the App Home tab."""
        self._person(user)
        if "app_home_opened" in self._manifest.events:
            home = self._w.homes.get(user)
            event: Json = {
                "type": "app_home_opened",
                "user": user,
                "channel": self._w.direct(user).id,
                "tab": "home",
                "event_ts": self._w.stamp(),
            }
            self._event(event | ({"view": shown_view(home)} if home else {}))
        return Outcome(True)

    async def suggest(self, user: str, container: Json, block_id: str, action_id: str, value: str) -> Outcome:
        """Types into an external select of a view, or of a message. Raises `Refused` where there is none."""
        who = self._person(user)
        body = payloads.interaction("block_suggestion", who, None)
        if container["type"] == "view":
            view = self._w.view(str(container["view_id"]))
            if view.user != user:
                raise Refused("not_found")
            blocks = view.body["blocks"]
            body |= {"container": {"type": "view", "view_id": view.id}, "view": shown_view(view)}
        else:
            who, place = self._place(user, container["channel"])
            message, ephemeral = self._message(user, place.id, container["ts"])
            blocks = message.get("blocks", [])
            body |= payloads.in_message(place, message, ephemeral=ephemeral)
        found = find_element(blocks, action_id, block_id)
        if found is None or found[1]["type"] not in ("external_select", "multi_external_select"):
            return Outcome(False, "no_such_element")
        sent = {"block_id": block_id, "action_id": action_id, "value": value}
        return await self._delivery.send("interactive", body | sent)

    def _message(self, user: str, channel: str, ts: str) -> tuple[Json, bool]:
        """A message as that person sees it, and whether it is only for them. Raises `Refused`."""
        whispered = next((m for m in self._w.ephemeral.get(user, []) if m["ts"] == ts), None)
        if whispered is not None:
            return whispered, True
        return self._w.message(channel, ts), False

    def _place(self, user: str, channel: str) -> tuple[Person, Channel]:
        """Raises `Refused` for who is not there."""
        who = self._person(user)
        place = self._w.channel(channel)
        if user not in place.members:
            raise Refused("not_in_channel")
        return who, place

    def _person(self, user: str) -> Person:
        """Raises `Refused` for who cannot do anything."""
        who = self._w.people.get(user)
        if who is None or who.deleted or who.is_bot:
            raise Refused("user_not_found")
        return who

    def _event(self, inner: Json) -> None:
        self._delivery.send_event(payloads.event(self._w, inner))

    def _slackbot(self, channel: str, user: str, text: str, thread_ts: str | None = None) -> None:
        body: Json = {"text": text}
        if thread_ts:
            body["thread_ts"] = thread_ts
        self._w.whisper(channel, user, body, SLACKBOT)
