"""What people do: type, click, fill in forms, open App Home. Each becomes what Slack would deliver."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import payloads
from .blockkit import check_blocks, check_view, find_element, initial_state
from .delivery import Delivery, Outcome
from .manifest import Manifest
from .methods_views import Triggers, Views
from .response_urls import ResponseUrl, ResponseUrls, say
from .workspace import BOT, SLACKBOT, Channel, Json, Person, Refused, View, Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class People:
    """Acts for the people of one workspace."""

    def __init__(
        self,
        workspace: Workspace,
        manifest: Manifest,
        delivery: Delivery,
        urls: ResponseUrls,
        triggers: Triggers,
        views: Views,
    ) -> None:
        self._w = workspace
        self._manifest = manifest
        self._delivery = delivery
        self._urls = urls
        self._triggers = triggers
        self._views = views

    async def send(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Outcome:
        """A message or, where it begins with a slash, a command."""
        who, place = self._place(user, channel)
        if text.startswith("/"):
            return await self._command(who, place, text, thread_ts)
        body: Json = {"text": _escaped(text)}
        if thread_ts:
            body["thread_ts"] = thread_ts
        message = self._w.post(channel, user, body)
        if place.kind == "im" and "message.im" in self._manifest.events:
            self._event({**message, "channel": channel, "channel_type": "im", "event_ts": message["ts"]})
        elif f"<@{BOT}>" in text and BOT in place.members and "app_mention" in self._manifest.events:
            self._event({**message, "type": "app_mention", "channel": channel, "event_ts": message["ts"]})
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
        rest = self._referenced(rest) if declared.get("should_escape") else rest
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
        if "blocks" in body and (faults := check_blocks(body["blocks"], "message")):
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
        whispered = next((m for m in self._w.ephemeral.get(user, []) if m["ts"] == ts), None)
        message = whispered or self._w.messages.get(channel, {}).get(ts)
        found = find_element(message.get("blocks", []), action_id, block_id) if message else None
        if message is None or found is None:
            return Outcome(False, "no_such_element")
        action = payloads.clicked(*found, dict(element or {}), self._w.stamp())
        ephemeral = whispered is not None
        body = payloads.message_action(
            who,
            place,
            message,
            action,
            ephemeral=ephemeral,
            trigger=self._triggers.give(user),
            response_url=self._urls.give("actions", channel, user, ts, ephemeral=ephemeral),
        )
        sent = await self._delivery.send("interactive", body)
        if not sent.acknowledged:
            container = {"type": "message", "channel": channel, "ts": ts}
            self._action_failed(user, container, found[0]["block_id"], action_id)
        return sent

    async def click_view(
        self,
        user: str,
        action_id: str,
        *,
        block_id: str | None = None,
        element: Mapping[str, Any] | None = None,
        home: bool = False,
        view_id: str | None = None,
    ) -> Outcome:
        """Uses an element of the top modal or of App Home."""
        view = self._view(user, home=home, view_id=view_id)
        found = find_element(view.body["blocks"], action_id, block_id) if view else None
        if view is None or found is None:
            return Outcome(False, "no_such_element")
        action = payloads.clicked(*found, dict(element or {}), self._w.stamp())
        body = payloads.view_action(self._w.people[user], self._w.shown_view(view), action, self._triggers.give(user))
        sent = await self._delivery.send("interactive", body)
        if not sent.acknowledged:
            self._action_failed(user, {"type": "view", "view_id": view.id}, found[0]["block_id"], action_id)
        return sent

    async def submit(
        self, user: str, values: Mapping[str, Mapping[str, Any]] | None = None, view_id: str | None = None
    ) -> Outcome:
        """Presses the submit button of the top modal; *values* lie over what the inputs hold at first."""
        view = self._view(user, home=False, view_id=view_id)
        if view is None or not view.body.get("submit"):
            return Outcome(False, "no_such_view")
        state = initial_state(view.body["blocks"])
        for block, actions in (values or {}).items():
            if block not in state:
                return Outcome(False, f"no_such_input: {block}")
            state[block].update({action: dict(value) for action, value in actions.items()})
        missing = _missing(view.body["blocks"], state)
        if missing:
            return Outcome(False, f"required: {', '.join(missing)}")
        view.body["_state"] = state
        body = payloads.interaction("view_submission", self._w.people[user], self._triggers.give(user)) | {
            "view": self._w.shown_view(view),
            "response_urls": [],
        }
        sent = await self._delivery.send("interactive", body)
        fault = sent.error if not sent.acknowledged else self._submitted(view, sent.body or {})
        if fault is not None:
            change = {"type": "view_failed", "view_id": view.id, "text": TROUBLE}
            self._w.changed(change, user)
            return Outcome(sent.acknowledged, fault, sent.body)
        return sent

    def _submitted(self, view: View, answer: Json) -> str | None:
        """Does what the app answered to a submission; gives what is wrong with the answer."""
        action = answer.get("response_action")
        stack = self._w.stacks.get(view.user, [])
        if action is None:
            self._w.stacks[view.user] = [v for v in stack if v is not view]
            self._w.show_stack(view.user)
            return None
        if action == "clear":
            self._w.stacks[view.user] = []
            self._w.show_stack(view.user)
            return None
        if action == "errors":
            inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
            wrong = set(answer.get("errors", {})) - inputs
            return (
                f"errors for what is no input: {', '.join(sorted(wrong))}"
                if wrong or not answer.get("errors")
                else None
            )
        if action not in ("update", "push"):
            return f"unknown response_action {action}"
        body = answer.get("view")
        faults = check_view(body)
        if faults:
            return "; ".join(faults)
        try:
            kept = self._views.checked(body, "modal")
            if action == "push":
                self._views.pushed(view.user, kept)
            else:
                self._views.replace(view, kept)
        except Refused as error:
            return error.error
        return None

    async def close_view(self, user: str, all: bool = False, view_id: str | None = None) -> Outcome:
        """Closes the top modal, or the whole stack."""
        view = self._view(user, home=False, view_id=view_id)
        if view is None:
            return Outcome(False, "no_such_view")
        stack = self._w.stacks.get(user, [])
        root = stack[0]
        self._w.stacks[user] = [] if all else [v for v in stack if v is not view]
        self._w.show_stack(user)
        closed = root if all else view
        if not closed.body.get("notify_on_close"):
            return Outcome(True)
        body = payloads.interaction("view_closed", self._w.people[user], None) | {
            "view": self._w.shown_view(closed),
            "is_cleared": all,
        }
        return await self._delivery.send("interactive", body)

    async def open_home(self, user: str) -> Outcome:
        """Opens the App Home tab."""
        if "app_home_opened" in self._manifest.events:
            home = self._w.homes.get(user)
            event: Json = {
                "type": "app_home_opened",
                "user": user,
                "channel": self._w.direct(user).id,
                "tab": "home",
                "event_ts": self._w.stamp(),
            }
            self._event(event | ({"view": self._w.shown_view(home)} if home else {}))
        return Outcome(True)

    async def suggest(self, user: str, container: Json, block_id: str, action_id: str, value: str) -> Outcome:
        """Types into an external select."""
        body = payloads.interaction("block_suggestion", self._w.people[user], None) | {
            "container": container,
            "block_id": block_id,
            "action_id": action_id,
            "value": value,
        }
        return await self._delivery.send("interactive", body)

    def _view(self, user: str, *, home: bool, view_id: str | None) -> View | None:
        if home:
            return self._w.homes.get(user)
        views = [*self._w.stacks.get(user, []), *([self._w.homes[user]] if view_id and user in self._w.homes else [])]
        if view_id is not None:
            return next((view for view in views if view.id == view_id), None)
        return views[-1] if views else None

    def _place(self, user: str, channel: str) -> tuple[Person, Channel]:
        """Raises `Refused` for who is not there."""
        who = self._w.people.get(user)
        if who is None or who.deleted or who.is_bot:
            raise Refused("user_not_found")
        place = self._w.channel(channel)
        if user not in place.members:
            raise Refused("not_in_channel")
        return who, place

    def _referenced(self, text: str) -> str:
        """Names become ids, as `should_escape` promises."""
        names = {person.name: person.id for person in self._w.people.values()}
        text = re.sub(r"(?<![\w<])@(\w+)", lambda m: f"<@{names[m[1]]}>" if m[1] in names else m[0], text)
        rooms = {channel.name: channel.id for channel in self._w.channels.values() if channel.kind == "channel"}
        return re.sub(r"(?<![\w<])#([\w-]+)", lambda m: f"<#{rooms[m[1]]}|{m[1]}>" if m[1] in rooms else m[0], text)

    def _event(self, inner: Json) -> None:
        self._delivery.send_event(payloads.event(self._w, inner))

    def _slackbot(self, channel: str, user: str, text: str, thread_ts: str | None = None) -> None:
        body: Json = {"text": text}
        if thread_ts:
            body["thread_ts"] = thread_ts
        self._w.whisper(channel, user, body, SLACKBOT)

    def _action_failed(self, user: str, container: Json, block_id: str, action_id: str) -> None:
        text = "This app did not answer in time."
        change = {
            "type": "action_failed",
            "container": container,
            "block_id": block_id,
            "action_id": action_id,
            "text": text,
        }
        self._w.changed(change, user)


def _missing(blocks: list[Json], state: Json) -> list[str]:
    """Inputs that must be filled in and are not: Slack's client does not send those."""
    missing = []
    for block in blocks:
        if block["type"] != "input" or block.get("optional"):
            continue
        value = state[block["block_id"]][block["element"]["action_id"]]
        if not any(held for key, held in value.items() if key != "type"):
            missing.append(block["block_id"])
    return missing


def _escaped(text: str) -> str:
    """What a person types is escaped, but for mentions that the client made."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"&lt;(@[UW]\w+|#C\w+(?:\|[^&]*)?)&gt;", r"<\1>", plain)
