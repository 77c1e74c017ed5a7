"""What people can do, in tables, and what each kind of payload starts.

Work that takes time goes on in a tracked task, because Bolt forgets its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.domain.words import Field
from bot.messages import pickers
from bot.messages.announcements import SNOOZE, UPGRADE_ALL
from bot.messages.freezes import UNTIL
from bot.messages.help import help_text, no_command
from bot.messages.kit import Options
from bot.messages.large_form import NAMES, NAMES_LIMIT
from bot.messages.links import LANGUAGE
from bot.messages.owners import GROUP, GROUP_LIMIT, USER
from bot.messages.pickers import MODEL, UPGRADE
from bot.messages.request_form import WHY, WHY_LIMIT
from bot.messages.snoozes import WHY_LIMIT as SNOOZE_LIMIT
from bot.messages.timetable import ANNOUNCE
from bot.messages.words import LIMITS
from bot.ports import Message
from commands import payloads
from commands.announcements import announce
from commands.decide import approve, details, reject, rejected, wish
from commands.decide import turn as turn_details
from commands.desk import Answer, Ask, Desk, Handler, Public
from commands.door import Door, Look, Way, quietly
from commands.doubts import accept
from commands.finish import finish
from commands.forms import Form, Submission
from commands.freezes import begin, end, freezes, frozen
from commands.home import opened, refresh
from commands.model import link, model, picked, probe
from commands.models import export as export_models
from commands.models import models, turn
from commands.owners import disown, groups, owned, owner
from commands.pickers import models as models_to_pick
from commands.pickers import search
from commands.requests import export, history, requests
from commands.requests import turn as turn_requests
from commands.snoozes import snooze, snooze_listed, snoozed, unsnooze
from commands.typed import command_of, first_word
from commands.upgrade import leave_out, linked, several, submitted, train, upgrade
from commands.upgrade import picked as planned
from commands.words import word, worded

log = logging.getLogger(__name__)


async def ask_for(ask: Ask, desk: Desk) -> Answer:
    """`/stt-upgrade`: one model, all that are outdated, or a freeze."""
    word, _ = first_word(ask.text)
    return await {"freeze": freezes, "unfreeze": freezes, "outdated": several}.get(word, upgrade)(ask, desk)


async def help(ask: Ask, desk: Desk) -> Answer:
    """`/stt-help`, or a word that is no command: every command with an example, the same for everybody."""
    return help_text() if ask.name in COMMANDS else no_command(ask.name.removeprefix("/stt-"), ask.meant)


async def run(ask: Ask, desk: Desk) -> Answer:
    """The button that types a command: its value is what a person would have typed in a mention."""
    word, rest = command_of(ask.text)
    meant = replace(ask, name=f"/stt-{word}", text=rest)
    return await COMMANDS.get(meant.name, help)(meant, desk)


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
    "finish": Way(finish, opens="Upgrade"),
    "train": Way(train, opens="Train"),
    "lenient": Way(leave_out, here=True),
    "pick": Way(search, opens="Choose a model"),
    "run": Way(run),
    "page": Way(turn),
    "export-models": Way(export_models),
    "runs": Way(turn_requests),
    "history": Way(history),
    "export": Way(export),
    "approve": Way(approve, here=True),
    "reject": Way(reject, opens="Reject", here=True),
    "home": Way(refresh),
    "home-upgrade": Way(ask_for, opens="Upgrade"),
    "details": Way(details, opens="Details"),
    "models-of": Way(turn_details, here=True),
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
    ANNOUNCE: Way(announce),
    UPGRADE_ALL: Way(several, opens="Upgrade"),
    SNOOZE: Way(snooze_listed, opens="Snooze"),
    "word": Way(word, opens="Add a word"),
}
"""By the part of the action id before the colon."""

SUBMISSIONS: Mapping[str, Submission] = {
    "request": Submission(
        submitted, at=WHY, again="Send it again in a moment.", limits={WHY: WHY_LIMIT, NAMES: NAMES_LIMIT}
    ),
    "pick-model": Submission(picked, at=MODEL, again="Press Show again in a moment."),
    "pick-ask": Submission(planned, at=UPGRADE, again="Press Next again in a moment."),
    "link": Submission(linked, at=LANGUAGE, again="Press Next again in a moment."),
    "reject": Submission(rejected, at=WHY, again="Press Reject again in a moment.", limits={WHY: WHY_LIMIT}),
    "freeze": Submission(frozen, at=UNTIL, again="Press Freeze again in a moment.", limits={WHY: WHY_LIMIT}),
    "snooze": Submission(snoozed, at=WHY, again="Send this again in a moment.", limits={WHY: SNOOZE_LIMIT}),
    "word": Submission(worded, at=Field.WORD, again="Press Add again in a moment.", limits=LIMITS),
    "owner": Submission(owned, at=USER, again="Press Save again in a moment.", limits={GROUP: GROUP_LIMIT}),
}
"""By callback id."""

MENUS: Mapping[str, Look] = {MODEL: models_to_pick, UPGRADE: models_to_pick, GROUP: groups}
"""What fills a menu, by the id of its input."""

AT_ONCE = 1.0
"""Seconds that an acknowledgement waits for its answer, which saves a call; Slack waits three."""


class Surface:
    """Answers what Slack sends. *at* is when it came, on the monotonic clock."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._door = Door(desk)
        self._spawn = desk.background.spawn

    async def command(self, body: dict[str, Any], at: float, ack: AsyncAck) -> None:
        """Acknowledges a command with its answer where that is ready soon enough, else without one."""
        ask = payloads.command(body, at)
        answering = self._spawn(self._door.typed(COMMANDS.get(ask.name, help), ask), f"{ask.name} of {ask.user}")
        if answering is None:
            return  # we are stopping: Slack says that the app did not respond
        await asyncio.wait({answering}, timeout=AT_ONCE)
        answer = answering.result() if answering.done() and not answering.cancelled() else None
        if not isinstance(answer, Message | Public) or ask.window.id is not None:
            await ack()
            self._spawn(self._door.say(answering, ask), f"{ask.name} answered late")
            return
        message, kind = (answer.message, "in_channel") if isinstance(answer, Public) else (answer, "ephemeral")
        if (carried := self._desk.chat.acknowledging(message)) is not None:
            await ack(response_type=kind, text=carried.text, blocks=list(carried.blocks))
        elif isinstance(answer, Public) and ask.place.response_url:
            await ack(response_type=kind)
            self._spawn(quietly(self._desk.chat.respond(ask.place.response_url, message)), f"{ask.name} shown")
        else:
            await ack()
            self._spawn(self._door.say(answering, ask), f"{ask.name} shown")

    def acknowledged(self, body: dict[str, Any], at: float) -> None:
        """Answers a command that was acknowledged already."""
        self._said(payloads.command(body, at))

    def click(self, body: dict[str, Any], at: float) -> None:
        """Answers a click, which was acknowledged."""
        ask = payloads.click(body, at)
        if way := ACTIONS.get(ask.name):
            self._spawn(self._door.say(self._door.clicked(way, ask), ask), f"{ask.name} of {ask.user}")

    async def submit(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """What Slack is told about a form."""
        form = Form.sent(payloads.user_of(body), body.get("view"), payloads.text(body.get("trigger_id")))
        submission = SUBMISSIONS.get(form.callback)
        return await self._door.sent(submission, form) if submission else None

    async def look_up(self, body: dict[str, Any], at: float) -> Options:
        """The choices of a menu for what a person typed into it."""
        ask = payloads.look_up(body, at)
        look = MENUS.get(ask.name)
        return await self._door.looked_up(look, ask) if look else pickers.NOTHING

    def home(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Shows App Home to the person who opened it."""
        user, key = payloads.text(event.get("user")), payloads.text(body.get("event_id"))
        self._spawn(self._door.home(opened, user, key), "App Home")

    def message(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Answers a mention or a direct message of a person."""
        if (ask := payloads.said(event, body, self._desk.bot_user)) is not None:
            self._said(ask)

    def _said(self, ask: Ask) -> None:
        answering = self._door.typed(COMMANDS.get(ask.name, help), ask)
        self._spawn(self._door.say(answering, ask), f"{ask.name} of {ask.user}")
