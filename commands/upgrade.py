"""`/stt-upgrade NAME`: shows the plan, asks what must be known, and posts the card."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.fleet import Model
from bot.domain.plans import NoPlan, WhyNot
from bot.domain.runs import Run
from bot.domain.timing import LATEST, parse_later
from bot.errors import AmbiguousModel, Refusal, RetuneError
from bot.flows.requests import Prepared, needs_link
from bot.messages import request
from bot.messages.freezes import freeze_line
from bot.messages.kit import actions, button, section
from bot.messages.refusals import no_plan, private
from bot.messages.request import Wanted, wanted
from bot.messages.text import code, escape
from bot.ports import Message, Place
from commands.desk import Answer, Ask, Desk
from commands.model import named

AT = re.compile(r"^(?:(.*)\s)?at\s+(.+)$", re.IGNORECASE)

QUICK = 2.0
"""Seconds that a submitted modal may wait for Slack's word on who somebody is; Slack gives us three."""


async def upgrade(ask: Ask, desk: Desk) -> Answer:
    """Opens the modal with the plan; what is known to be impossible is said at once, without one."""
    ask, later = await later_start(ask, desk)
    found = await named(ask, desk, "ask", _at(later, desk))
    return found if isinstance(found, Message) else _form(ask, desk, found.model, later, training=False)


async def later_start(ask: Ask, desk: Desk) -> tuple[Ask, datetime | None]:
    """Splits `NAME at 22:00`. Raises `Refusal` for a time that cannot be understood, or is over."""
    found = AT.match(ask.text.strip())
    if found is None:
        return ask, None
    later = parse_later(found[2], desk.clock.now(), desk.requests.zone)
    if later is not None:
        return replace(ask, text=found[1] or ""), later
    try:
        await desk.inventory.find(ask.text)
    except AmbiguousModel:
        return ask, None
    except RetuneError as error:
        raise Refusal(
            f"“{found[2]}” is no time to come within a year. Type for example /stt-upgrade call-center-us at 22:00, or "
            f"at {desk.clock.now() + timedelta(days=7):%Y-%m-%d} 22:00; times are in {desk.requests.zone.key}."
        ) from error
    return ask, None  # a model that is called so


def _at(later: datetime | None, desk: Desk) -> str:
    """What follows a name in the value of a button, so that its click asks for the same time."""
    return "" if later is None else f" at {later.astimezone(desk.requests.zone):%Y-%m-%d %H:%M}"


def train(ask: Ask, desk: Desk) -> Answer:
    """Opens the modal with the plan of a training that takes in the data that waits in a `ready` model."""
    judgement = desk.inventory.judged_now().of(ask.text)
    if judgement is None:
        raise Refusal("That model is not known any more. /stt-models lists all of them.")
    return _form(ask, desk, judgement.model, None, training=True)


def _form(ask: Ask, desk: Desk, model: Model, later: datetime | None, *, training: bool) -> Answer:
    waiting = desk.store.runs.open_for(model.ref)
    if waiting is not None:
        return private(desk.requests.in_the_way(waiting, ask.user))
    if ask.trigger is None:
        text = f"Ask for the upgrade of {code(model.name)} with the button; a mention cannot open the form."
        at = _at(later, desk)
        ask_button = button(f"Upgrade{at}…", "ask", f"{model.ref}{at}", style="primary")
        return Message(text, (section(text), actions([ask_button])))
    trigger = ask.trigger

    async def work() -> Message | None:
        view_id = await desk.windows.open(trigger, request.reading(model.name))
        try:
            await desk.requests.may_ask(ask.user)
        except RetuneError as error:
            await desk.windows.update(view_id, request.refused(f":warning: {escape(error.text, 2000)}"))
            return None
        await _plan_into(view_id, model.ref, Wanted(ask.place.channel, later), desk, training=training)
        return None

    return work


def leave_out(ask: Ask, desk: Desk) -> Answer:
    """A person chose to train without the data that is not valid: plans anew, in the same modal."""
    kind, _, rest = ask.text.partition(" ")
    what, ref = wanted(rest)
    view_id = ask.view
    if view_id is None:
        raise Refusal("That form is closed. Ask again with /stt-upgrade.")

    async def work() -> Message | None:
        await _plan_into(view_id, ref, what, desk, training=kind == "training", lenient=True)
        return None

    return work


def _view(prepared: Prepared, what: Wanted, desk: Desk, *, training: bool) -> Mapping[str, Any]:
    model = prepared.judgement.model
    if prepared.run is not None:
        return request.refused(desk.requests.in_the_way(prepared.run, ""))
    if needs_link(prepared):
        return request.ask_link(model, desk.requests.candidates(model), what)
    if isinstance(prepared.outlook, NoPlan):
        sign = "" if prepared.outlook.reason is WhyNot.CURRENT else ":warning: "
        kind = "training" if training else "upgrade"
        invalid = prepared.outlook.reason is WhyNot.INVALID
        again = f"{kind} {what} {model.ref}" if invalid else None
        return request.refused(f"{sign}{no_plan(prepared.outlook)}", again)
    window = desk.pauses.window(model.instance)
    freeze = desk.pauses.frozen(model.instance, desk.clock.now())
    return request.ask(
        *(prepared.outlook, prepared.judgement, prepared.linked, what),
        hours=str(window) if window else "",
        hindrance=freeze_line(freeze) if freeze else "",
    )


async def submitted(user: str, view: Mapping[str, Any], desk: Desk) -> dict[str, Any] | None:
    """The modal was sent: the run is written before Slack hears that we took it, the card follows."""
    what, draft = wanted(str(view["private_metadata"]))
    why = str(value_of(view, request.WHY) or "").strip()
    try:
        await asyncio.wait_for(desk.requests.may_ask(user), QUICK)
        later = moment_of(view, request.LATER)
        if later is not None and later <= desk.clock.now():
            return errors(request.LATER, "That moment is over already. Choose one to come, or leave it empty.")
        if later is not None and later > desk.clock.now() + LATEST:
            return errors(request.LATER, "That is more than a year away. Choose an earlier moment, or leave it empty.")
        run, new = desk.requests.propose(str(view["id"]), draft, why, user, later)
    except TimeoutError:
        return errors(request.WHY, "Slack does not answer just now. Press Ask again in a moment.")
    except RetuneError as error:
        return errors(request.WHY, error.text)
    if not new and run.requester != user:
        return errors(request.WHY, f"Somebody was faster: request {run.id} has this model already.")
    desk.background.spawn(_post(run, user, what.channel, desk), f"card {run.id}")
    return None


async def _post(run: Run, user: str, origin: str, desk: Desk) -> None:
    await desk.requests.show(run)
    shown = desk.store.messages.get(f"run:{run.id}:card")
    place = Place(user, origin)
    if shown is None or shown.ts is None:
        text = (
            f"Your request {run.id} is kept, but its card cannot be posted in <#{run.channel}> just now. Retune keeps "
            "trying. If the bot is not in that channel, invite it there: `/invite @retune`."
        )
        await desk.chat.whisper(place, private(text))
    elif origin != run.channel:
        text = f"Asked: the card of {code(run.plan.model.name)} is in <#{run.channel}>."
        await desk.chat.whisper(place, private(text, warn=False))


async def linked(user: str, view: Mapping[str, Any], desk: Desk) -> dict[str, Any] | None:
    """Somebody said with which language model an acoustic model was trained: go on to the plan."""
    what, ref = wanted(str(view["private_metadata"]))
    chosen = str(value_of(view, request.LANGUAGE) or request.NONE)
    try:
        await asyncio.wait_for(desk.requests.link(ref, None if chosen == request.NONE else chosen, user), QUICK)
    except TimeoutError:
        return errors(request.LANGUAGE, "Slack does not answer just now. Press Next again in a moment.")
    except RetuneError as error:
        return errors(request.LANGUAGE, error.text)
    judgement = desk.inventory.judged_now().of(ref)
    name = judgement.model.name if judgement else ref
    desk.background.spawn(_plan_into(str(view["id"]), ref, what, desk), "plan after a link")
    return {"response_action": "update", "view": request.reading(name)}


async def _plan_into(
    view_id: str, ref: str, what: Wanted, desk: Desk, *, training: bool = False, lenient: bool = False
) -> None:
    """Plans, and shows the plan or the reason why there is none in an open modal."""
    try:
        prepared = await desk.requests.prepare(ref, training=training, lenient=lenient)
        view = _view(prepared, what, desk, training=training)
    except RetuneError as error:
        view = request.refused(f":warning: {escape(error.text, 2000)}")
    await desk.windows.update(view_id, view)


def errors(block: str, text: str) -> dict[str, Any]:
    """What a modal shows at one of its inputs instead of closing."""
    return {"response_action": "errors", "errors": {block: text[:150]}}


def value_of(view: Mapping[str, Any], block: str) -> object:
    """What was typed or chosen in one of our inputs."""
    state = view["state"]["values"].get(block, {}).get(request.VALUE, {})
    if state.get("type") in ("static_select", "radio_buttons"):
        return (state.get("selected_option") or {}).get("value")
    if state.get("type") in ("datepicker", "users_select"):
        return state.get("selected_date") or state.get("selected_user")
    return state.get("value")


def moment_of(view: Mapping[str, Any], block: str) -> datetime | None:
    """The moment that was picked in one of our inputs, None if none was."""
    picked = view["state"]["values"].get(block, {}).get(request.VALUE, {}).get("selected_date_time")
    return None if picked is None else datetime.fromtimestamp(int(picked), UTC)
