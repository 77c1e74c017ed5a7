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
from bot.messages.kit import modal
from bot.messages.owners import USER
from bot.messages.refusals import error as error_message
from bot.messages.refusals import private
from bot.messages.snoozes import WHY
from bot.ports import Message, Place
from commands import campaign
from commands.announcements import announce
from commands.decide import approve, reject, rejected
from commands.desk import Answer, Ask, Desk, Public, Work
from commands.forms import Form, Submission
from commands.freezes import begin, end, freezes
from commands.freezes import submitted as freeze_submitted
from commands.help import help
from commands.home import opened, refresh, show
from commands.model import model
from commands.models import models, turn
from commands.owners import disown, owned, owner
from commands.probes import link, probe
from commands.runs import export, history, runs
from commands.runs import turn as turn_runs
from commands.snoozes import hold, snooze, snoozed, unsnooze
from commands.upgrade import leave_out, linked, submitted, train, upgrade
from commands.wishes import details, wish

log = logging.getLogger(__name__)

Handler = Callable[[Ask, Desk], Answer | Awaitable[Answer]]
Unconverted = Callable[[str, Mapping[str, Any], Desk], Awaitable[dict[str, Any] | None]]


def ask_for(ask: Ask, desk: Desk) -> Answer | Awaitable[Answer]:
    """`/stt-upgrade`: one model, all that are outdated, or a freeze."""
    word = ask.text.strip().casefold().partition(" ")[0]
    if word in ("freeze", "unfreeze"):
        return freezes(ask, desk)
    if word == "outdated":
        return campaign.several(ask, desk)
    return upgrade(ask, desk)


COMMANDS: Mapping[str, Handler] = {
    "/stt-models": models,
    "/stt-model": model,
    "/stt-upgrade": ask_for,
    "/stt-runs": runs,
    "/stt-announce": announce,
    "/stt-help": help,
}

ACTIONS: Mapping[str, Handler] = {
    "model": model,
    "ask": upgrade,
    "train": train,
    "lenient": leave_out,
    "page": turn,
    "runs": turn_runs,
    "history": history,
    "export": export,
    "approve": approve,
    "reject": reject,
    "home": refresh,
    "details": details,
    "campaign-approve": campaign.approve,
    "campaign-reject": campaign.reject,
    "campaign-details": campaign.details,
    "campaign-wish": campaign.wish,
    "freeze": begin,
    "unfreeze": end,
    "wish": wish,
    "probe": probe,
    "link": link,
    "snooze": snooze,
    "hold": hold,
    "unsnooze": unsnooze,
    "owner": owner,
    "disown": disown,
}
"""By the part of the action id before the colon."""

SUBMISSIONS: Mapping[str, Submission | Unconverted] = {
    "request": submitted,
    "link": linked,
    "reject": rejected,
    "freeze": freeze_submitted,
    "campaign": campaign.submitted,
    "campaign-reject": campaign.rejected,
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
    desk.viewers.publish = lambda user: show(user, desk)

    @app.command(ANY)
    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        place = Place(body["user_id"], body["channel_id"], None, body.get("response_url"))
        ask = Ask(body["command"], body["user_id"], place, body.get("text") or "", body.get("trigger_id"))
        answering = asyncio.ensure_future(_answer(COMMANDS.get(ask.name, help), ask, desk))
        await asyncio.wait({answering}, timeout=AT_ONCE)
        now, work = answering.result() if answering.done() else (None, _when(answering))
        if now is None:
            await ack()
        else:
            await ack(**_acknowledged(now))
        _later(work, ask, desk)

    @app.action(ANY)
    async def on_action(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        ask = _click(body)
        if (body.get("view") or {}).get("type") == "home":
            desk.viewers.opened(ask.user)  # also when it was another process that showed it
        if handler := ACTIONS.get(ask.name):
            _later(_when(_answer(handler, ask, desk)), ask, desk)

    @app.view(ANY)
    async def on_submit(ack: AsyncAck, body: dict[str, Any]) -> None:
        form = Form.sent(body["user"]["id"], body["view"])
        submission = SUBMISSIONS.get(form.callback)
        if submission is None or isinstance(submission, Submission):
            answer = await _submit(submission, form, desk) if submission else None
        else:
            answer = await submission(form.user, body["view"], desk)
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


async def _answer(handler: Handler, ask: Ask, desk: Desk) -> tuple[Message | Public | None, Work | None]:
    """What can be said now, or what must be done first. Expected errors become a private answer."""
    try:
        answer = handler(ask, desk)
        if isinstance(answer, Awaitable):
            answer = await answer
    except RetuneError as error:
        return error_message(error), None
    except Exception as error:  # noqa: BLE001 - a bug: the person gets an answer, the log the rest
        return _bug(ask.name, error), None
    if answer is None or isinstance(answer, Message | Public):
        return answer, None
    return None, answer


def _acknowledged(answer: Message | Public) -> dict[str, Any]:
    message = answer.message if isinstance(answer, Public) else answer
    kind = "in_channel" if isinstance(answer, Public) else "ephemeral"
    return {"response_type": kind, "text": message.text, "blocks": list(message.blocks)}


def _when(answering: Awaitable[tuple[Message | Public | None, Work | None]]) -> Work:
    """What a handler answers in the end, said to the person after the acknowledgement."""

    async def work() -> Message | None:
        now, more = await answering
        if more is not None:
            return await more()
        return now.message if isinstance(now, Public) else now

    return work


def _later(work: Work | None, ask: Ask, desk: Desk) -> None:
    if work is not None:
        desk.background.spawn(_do(work, ask, desk), f"{ask.name} of {ask.user}")


async def _do(work: Work, ask: Ask, desk: Desk) -> None:
    """Does the work; what it says, or what went wrong, is said to the person alone."""
    try:
        message = await work()
    except RetuneError as error:
        message = error_message(error)
    except Exception as error:  # noqa: BLE001 - a bug: the person gets an answer, the log the rest
        message = _bug(ask.name, error)
    if message is not None:
        await _quietly(desk.chat.whisper(ask.place, message))


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
    return private(f"Something broke on our side; nothing was changed. Tell your operator the reference `{reference}`.")


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
    word, _, rest = text.partition(" ")
    word = word.casefold().removeprefix("/").removeprefix("stt-")
    place = Place(user, event["channel"], event.get("thread_ts"))
    ask = Ask(f"/stt-{word}", user, place, rest)
    if event.get("ts"):
        desk.background.spawn(desk.chat.receive(event["channel"], event["ts"]), "eyes")
    _later(_when(_answer(COMMANDS.get(ask.name, help), ask, desk)), ask, desk)
