"""The Slack surface: parse, ask a flow, reply. `register` lists everything that people can do.

Bolt pays for every listener with each request, so there is one for each kind of payload and a table behind it. A
listener only acknowledges; what takes time goes on in a tracked task, because Bolt forgets its own.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import InputsRefused, RetuneError
from bot.messages.freezes import UNTIL
from bot.messages.help import help_text, no_command
from bot.messages.kit import modal
from bot.messages.owners import USER
from bot.messages.refusals import error as error_message
from bot.messages.refusals import private
from bot.messages.request_form import LANGUAGE, WHY
from bot.ports import Message, Place
from commands.announcements import announce
from commands.decide import approve, details, reject, rejected, wish
from commands.desk import Answer, Ask, Desk, Public
from commands.forms import Form, Submission
from commands.freezes import begin, end, freezes, frozen
from commands.home import opened, refresh
from commands.model import disown, link, model, owned, owner, probe
from commands.models import models, turn
from commands.requests import export, history, requests
from commands.requests import turn as turn_requests
from commands.snoozes import snooze, snoozed, unsnooze
from commands.typed import command_of, first_word
from commands.upgrade import leave_out, linked, several, submitted, train, upgrade

log = logging.getLogger(__name__)

Handler = Callable[[Ask, Desk], Awaitable[Answer]]


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

ACTIONS: Mapping[str, Handler] = {
    "model": model,
    "ask": upgrade,
    "train": train,
    "lenient": leave_out,
    "page": turn,
    "runs": turn_requests,
    "history": history,
    "export": export,
    "approve": approve,
    "reject": reject,
    "home": refresh,
    "details": details,
    "freeze": begin,
    "unfreeze": end,
    "wish": wish,
    "probe": probe,
    "link": link,
    "snooze": snooze,
    "hold": snooze,
    "unsnooze": unsnooze,
    "owner": owner,
    "disown": disown,
}
"""By the part of the action id before the colon."""

SUBMISSIONS: Mapping[str, Submission] = {
    "request": Submission(submitted, at=WHY, again="Press Ask again in a moment."),
    "link": Submission(linked, at=LANGUAGE, again="Press Next again in a moment."),
    "reject": Submission(rejected, at=WHY, again="Press Reject again in a moment."),
    "freeze": Submission(frozen, at=UNTIL, again="Press Freeze again in a moment."),
    "snooze": Submission(snoozed, at=WHY, again="Send this again in a moment."),
    "owner": Submission(owned, at=USER, again="Press Save again in a moment."),
}
"""By callback id."""

ANY = re.compile("")

AT_ONCE = 1.0
"""Seconds that an acknowledgement waits for its answer, which saves a call; Slack waits three."""

QUICK = 2.5
"""Seconds that a form may take: Slack gives us three. More than the store's deadline, which says more."""


def register(app: AsyncApp, desk: Desk) -> None:
    """Every listener there is."""

    @app.command(ANY)
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        place = Place(body["user_id"], body["channel_id"], None, body.get("response_url"))
        ask = Ask(body["command"], body["user_id"], place, body.get("text") or "", body.get("trigger_id"))
        answering = desk.background.spawn(_answer(COMMANDS.get(ask.name, help), ask, desk), f"{ask.name} of {ask.user}")
        if answering is None:
            return  # we are stopping: Slack says that we do not answer
        await asyncio.wait({answering}, timeout=AT_ONCE)
        if answering.done() and not answering.cancelled():
            await ack(**_acknowledged(answering.result()))
        else:
            await ack()
            desk.background.spawn(_say(answering, ask, desk), f"{ask.name} answered late")

    @app.action(ANY)
    async def on_action(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        ask = _click(body)
        if (body.get("view") or {}).get("type") == "home":
            await desk.viewers.opened(ask.user)  # also when it was another process that showed it
        if handler := ACTIONS.get(ask.name):
            _reply(handler, ask, desk)

    @app.view(ANY)
    async def on_submit(ack: AsyncAck, body: dict[str, Any]) -> None:
        form = Form.sent(body["user"]["id"], body["view"])
        submission = SUBMISSIONS.get(form.callback)
        answer = await _submit(submission, form, desk) if submission else None
        await (ack() if answer is None else ack(**answer))

    @app.view_closed(ANY)
    async def on_close(ack: AsyncAck) -> None:
        await ack()

    @app.event("app_home_opened")
    async def on_home(event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            desk.background.spawn(_quietly(opened(event["user"], desk)), "App Home")

    @app.event("app_mention")
    async def on_mention(event: dict[str, Any]) -> None:
        _said(event, desk)

    @app.event("message")
    async def on_message(event: dict[str, Any]) -> None:
        if event.get("channel_type") == "im" and "subtype" not in event:
            _said(event, desk)

    @app.error
    async def on_error(error: Exception) -> None:
        log.error("a listener broke", exc_info=error)


async def _answer(handler: Handler, ask: Ask, desk: Desk) -> Answer:
    """What a handler answers. Expected errors become a private answer."""
    try:
        return await handler(ask, desk)
    except RetuneError as error:
        return error_message(error)
    except Exception as error:  # noqa: BLE001 - a bug: the person gets an answer, the log the rest
        return _bug(ask.name, error)


def _acknowledged(answer: Answer) -> dict[str, Any]:
    if answer is None:
        return {}
    message, kind = (answer.message, "in_channel") if isinstance(answer, Public) else (answer, "ephemeral")
    return {"response_type": kind, "text": message.text, "blocks": list(message.blocks)}


def _reply(handler: Handler, ask: Ask, desk: Desk) -> None:
    desk.background.spawn(_say(_answer(handler, ask, desk), ask, desk), f"{ask.name} of {ask.user}")


async def _say(answering: Awaitable[Answer], ask: Ask, desk: Desk) -> None:
    """What comes after the acknowledgement is said to the person alone."""
    answer = await answering
    if answer is not None:
        await _quietly(desk.chat.whisper(ask.place, answer.message if isinstance(answer, Public) else answer))


async def _submit(submission: Submission, form: Form, desk: Desk) -> dict[str, Any] | None:
    """What Slack is told about a form: to close it, to show another view, or what is wrong at which input."""
    try:
        instead = await asyncio.wait_for(submission.handler(form, desk), QUICK)
    except TimeoutError:
        return _wrong({submission.at: f"Slack does not answer just now. {submission.again}"})
    except InputsRefused as error:
        return _wrong(error.faults)
    except RetuneError as error:
        return _wrong({submission.at: error.text})
    except Exception as error:  # noqa: BLE001 - a bug: the person gets an answer, the log the rest
        instead = modal("Something broke", _bug(form.callback, error).blocks, callback="broken")
    return None if instead is None else {"response_action": "update", "view": instead}


def _wrong(faults: Mapping[str, str]) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {block: text[:150] for block, text in faults.items()}}


async def _quietly(saying: Coroutine[Any, Any, None]) -> None:
    """An answer that Slack does not take is logged; there is nobody left to tell."""
    try:
        await saying
    except RetuneError as error:
        log.warning("an answer was not taken: %s", error.text)


def _bug(what: str, error: Exception) -> Message:
    reference = secrets.token_hex(4)
    log.error("%s broke (reference %s)", what, reference, exc_info=error)
    return private(
        "Something broke on our side. See what was done before you try again, and tell your operator the reference "
        f"`{reference}`."
    )


def _click(body: Mapping[str, Any]) -> Ask:
    container, action, user = body["container"], body["actions"][0], body["user"]["id"]
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or ""
    place = Place(user, channel, container.get("thread_ts"), body.get("response_url"))
    value = action.get("value") or (action.get("selected_option") or {}).get("value") or ""
    view = body.get("view") or {}
    modal = view.get("id") if view.get("type") == "modal" else None
    return Ask(action["action_id"].split(":", 1)[0], user, place, value, body.get("trigger_id"), modal)


def _said(event: Mapping[str, Any], desk: Desk) -> None:
    """A mention or a direct message: the same commands by their last word, answered privately."""
    user = event.get("user")
    if not user or event.get("bot_id"):
        return
    text = re.sub(rf"<@{re.escape(desk.bot_user)}(\|[^>]*)?>", "", event.get("text") or "").strip()
    word, rest = command_of(text)
    place = Place(user, event["channel"], event.get("thread_ts"))
    ask = Ask(f"/stt-{word}", user, place, rest)
    if event.get("ts"):
        desk.background.spawn(desk.chat.receive(event["channel"], event["ts"]), "eyes")
    _reply(COMMANDS.get(ask.name, help), ask, desk)
