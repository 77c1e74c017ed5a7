"""The Slack surface: parse, ask a flow, reply. `register` lists everything that people can do.

Bolt pays for every listener with each request, so there is one for each kind of payload and a table behind it. A
listener only acknowledges; what takes time goes on in a tracked task, because Bolt forgets its own.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.messages.freezes import UNTIL
from bot.messages.help import help_text, no_command
from bot.messages.owners import GROUP, GROUP_LIMIT, USER
from bot.messages.request_form import LANGUAGE, WHY, WHY_LIMIT
from bot.messages.snoozes import WHY_LIMIT as SNOOZE_LIMIT
from bot.ports import Message
from commands import payloads
from commands.announcements import announce
from commands.decide import approve, details, reject, rejected, wish
from commands.desk import Answer, Ask, Desk, Handler, Public
from commands.door import Door, Way
from commands.doubts import accept
from commands.forms import Form, Submission
from commands.freezes import begin, end, freezes, frozen
from commands.home import opened, refresh
from commands.model import disown, link, model, owned, owner, probe
from commands.models import models, turn
from commands.requests import export, history, requests
from commands.requests import turn as turn_requests
from commands.snoozes import snooze, snoozed, unsnooze
from commands.typed import first_word
from commands.upgrade import leave_out, linked, several, submitted, train, upgrade

log = logging.getLogger(__name__)


async def ask_for(ask: Ask, desk: Desk) -> Answer:
    """`/stt-upgrade`: one model, all that are outdated, or a freeze."""
    word, _ = first_word(ask.text)
    return await {"freeze": freezes, "unfreeze": freezes, "outdated": several}.get(word, upgrade)(ask, desk)


async def help(ask: Ask, desk: Desk) -> Answer:
    """`/stt-help`, or a word that is no command: every command with an example, the same for everybody."""
    return help_text() if ask.name in COMMANDS else no_command(ask.name.removeprefix("/stt-"), ask.meant)


COMMANDS: Mapping[str, Handler] = {
    "/stt-models": models,
    "/stt-model": model,
    "/stt-upgrade": ask_for,
    "/stt-runs": requests,
    "/stt-announce": announce,
    "/stt-help": help,
}

ACTIONS: Mapping[str, Way] = {
    "model": Way(model),
    "ask": Way(upgrade, opens="Upgrade"),
    "train": Way(train, opens="Train"),
    "lenient": Way(leave_out, here=True),
    "page": Way(turn),
    "runs": Way(turn_requests),
    "history": Way(history),
    "export": Way(export),
    "approve": Way(approve),
    "reject": Way(reject, opens="Reject"),
    "home": Way(refresh),
    "details": Way(details, opens="Details"),
    "freeze": Way(begin, opens="Freeze"),
    "unfreeze": Way(end),
    "wish": Way(wish, here=True),
    "probe": Way(probe),
    "link": Way(link, opens="Trained with?"),
    "snooze": Way(snooze, opens="Snooze"),
    "hold": Way(snooze, opens="Hold"),
    "unsnooze": Way(unsnooze),
    "owner": Way(owner, opens="Owner"),
    "disown": Way(disown, here=True),
    "accept": Way(accept),
}
"""By the part of the action id before the colon."""

SUBMISSIONS: Mapping[str, Submission] = {
    "request": Submission(submitted, at=WHY, again="Press Ask again in a moment.", limits={WHY: WHY_LIMIT}),
    "link": Submission(linked, at=LANGUAGE, again="Press Next again in a moment."),
    "reject": Submission(rejected, at=WHY, again="Press Reject again in a moment.", limits={WHY: WHY_LIMIT}),
    "freeze": Submission(frozen, at=UNTIL, again="Press Freeze again in a moment.", limits={WHY: WHY_LIMIT}),
    "snooze": Submission(snoozed, at=WHY, again="Send this again in a moment.", limits={WHY: SNOOZE_LIMIT}),
    "owner": Submission(owned, at=USER, again="Press Save again in a moment.", limits={GROUP: GROUP_LIMIT}),
}
"""By callback id."""

ANY = re.compile("")

AT_ONCE = 1.0
"""Seconds that an acknowledgement waits for its answer, which saves a call; Slack waits three."""


def register(app: AsyncApp, desk: Desk) -> None:
    """Every listener there is."""
    door = Door(desk)

    @app.command(ANY)
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        if desk.background.full:
            return  # Slack says that we do not answer
        await _command(payloads.command(body), ack, door, desk)

    @app.action(ANY)
    async def on_action(ack: AsyncAck, body: dict[str, Any]) -> None:
        if desk.background.full:
            return
        await ack()
        ask = payloads.click(body)
        if way := ACTIONS.get(ask.name):
            desk.background.spawn(door.say(door.clicked(way, ask), ask), f"{ask.name} of {ask.user}")

    @app.view(ANY)
    async def on_submit(ack: AsyncAck, body: dict[str, Any]) -> None:
        form = Form.sent(payloads.user_of(body), body.get("view"), payloads.text(body.get("trigger_id")))
        submission = SUBMISSIONS.get(form.callback)
        answer = await door.sent(submission, form) if submission else None
        await (ack() if answer is None else ack(**answer))

    @app.view_closed(ANY)
    async def on_close(ack: AsyncAck) -> None:
        await ack()

    @app.event("app_home_opened")
    async def on_home(event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("tab") == "home" and not desk.background.full:
            user, key = payloads.text(event.get("user")), payloads.text(body.get("event_id"))
            desk.background.spawn(door.home(opened, user, key), "App Home")

    @app.event("app_mention")
    async def on_mention(event: dict[str, Any], body: dict[str, Any]) -> None:
        _said(payloads.said(event, body, desk.bot_user), door, desk)

    @app.event("message")
    async def on_message(event: dict[str, Any], body: dict[str, Any]) -> None:
        if event.get("channel_type") == "im":
            _said(payloads.said(event, body, desk.bot_user), door, desk)

    @app.error
    async def on_error(error: Exception) -> None:
        log.error("a listener broke", exc_info=error)


async def _command(ask: Ask, ack: AsyncAck, door: Door, desk: Desk) -> None:
    """Acknowledges a command with its answer where that is ready soon enough, else without one."""
    answering = desk.background.spawn(door.typed(COMMANDS.get(ask.name, help), ask), f"{ask.name} of {ask.user}")
    if answering is None:
        return  # we are stopping: Slack says that we do not answer
    await asyncio.wait({answering}, timeout=AT_ONCE)
    answer = answering.result() if answering.done() and not answering.cancelled() else None
    if isinstance(answer, Message | Public) and ask.window.id is None:
        message, kind = (answer.message, "in_channel") if isinstance(answer, Public) else (answer, "ephemeral")
        await ack(response_type=kind, text=message.text, blocks=list(message.blocks))
    else:
        await ack()
        desk.background.spawn(door.say(answering, ask), f"{ask.name} answered late")


def _said(ask: Ask | None, door: Door, desk: Desk) -> None:
    if ask is None or desk.background.full:
        return
    answering = door.typed(COMMANDS.get(ask.name, help), ask)
    desk.background.spawn(door.say(answering, ask), f"{ask.name} of {ask.user}")
