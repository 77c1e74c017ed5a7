"""`/stt-upgrade NAME` and `/stt-upgrade outdated`: shows plans, asks what must be known, and posts the card."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.fleet import Model
from bot.domain.model_filter import Listing, passing
from bot.domain.plans import NoPlan, WhyNot
from bot.domain.requests import LISTED, MOST, Request
from bot.domain.selections import GROUPS, MANY, typed_names
from bot.domain.typed_values import LATEST, number, parse_later
from bot.errors import AmbiguousModel, InputsRefused, Refusal, RetuneError
from bot.flows.budgets import Cost
from bot.flows.candidates import Progress
from bot.flows.rests import PACE
from bot.messages import holds, large_form, refusals
from bot.messages import request_form as forms
from bot.messages.freezes import freeze_blocks
from bot.messages.kit import said_in
from bot.messages.refusals import in_the_way, no_plan, no_plan_quotes, private
from bot.messages.rooms import card_is_withheld
from bot.ports import Message, Place
from bot.turns import in_turns
from commands.desk import Answer, Ask, Desk, Window, open_window
from commands.door import quietly
from commands.forms import Form
from commands.model import known, named
from commands.typed import meant, words

AT = re.compile(r"(?:(.*)\s)?at\s+(.+)", re.IGNORECASE | re.DOTALL)


async def upgrade(ask: Ask, desk: Desk) -> Answer:
    """Opens the form with the plan; what is known to be impossible is said at once, without one."""
    ask, later = await later_start(ask, desk)
    found = await named(ask, desk, "ask", _at(later, desk))
    return found if isinstance(found, Message) else await _form(ask, desk, found.model, later, training=False)


async def several(ask: Ask, desk: Desk) -> Answer:
    """`outdated [filters]`: opens the form with every outdated model that fits."""
    ask, later = await later_start(ask, desk)
    filters = words(ask.text)[1:]
    listed = await in_turns(passing(await desk.inventory.read_once(), filters, lambda _: False))
    listed = listed.upgradable()
    if not listed.count:
        return private(refusals.nothing_outdated(" ".join(filters)), warn=False)
    if ask.trigger_id is None:
        raise Refusal(refusals.NO_FORM)
    await open_window(ask, desk, forms.reading(listed.count))
    return await _several(listed, forms.Wanted(ask.place.channel, later), ask, desk)


async def these(listed: Listing, ask: Ask, desk: Desk, *, training: bool = False) -> Answer:
    """Opens the form for exactly these models: of one its plan, of several each with why it cannot be in it."""
    if listed.count == 1:
        (only,) = listed.every()
        return await _form(ask, desk, only.model, None, training=training)
    await open_window(ask, desk, forms.reading(listed.count))
    return await _several(listed, forms.Wanted(ask.place.channel), ask, desk)


async def _several(listed: Listing, what: forms.Wanted, ask: Ask, desk: Desk) -> Window:
    """A form that lists what can be upgraded, or counts it where that is too much to list."""
    await desk.requests.may_ask(ask.user)
    desk.budgets.spend(ask.user, Cost.READINGS)
    found = listed.first(MOST)
    candidates = await desk.requests.candidates(found, ask.user, _counting(listed.count, ask, desk))
    notes = freeze_blocks((await desk.freezes.holding())[:5])
    plans, left_out, held, more = candidates.plans, candidates.left_out, candidates.held, listed.count - MOST
    if not plans:
        return Window(forms.nothing(left_out), refused="nothing can be upgraded")
    if len(plans) > LISTED:
        key, selection = await desk.requests.gathering.select(candidates, found)
        return Window(large_form.ask_many(selection, selection.choices[0], key, left_out, what, more, notes))
    names = await desk.names.of(one.hold.author for on_hold in held.values() for one in on_hold)
    return Window(forms.ask_several(plans, left_out, what, more, notes, held, names))


def _counting(total: int, ask: Ask, desk: Desk) -> Progress:
    """Shows in the open window how many models have been read, as often as a message may be edited."""
    shown, showing = desk.clock.now(), False

    async def seen(done: int) -> None:
        nonlocal shown, showing
        now = desk.clock.now()
        if ask.window.id is None or showing or done >= min(total, MOST) or abs(now - shown) < PACE:
            return
        shown, showing = now, True
        await quietly(desk.windows.update(ask.window.id, forms.reading(total, done)))
        showing = False

    return seen


async def _fill(view_id: str, viewing: Awaitable[Window], desk: Desk) -> None:
    """Shows a view in an open window, or why there is none."""
    try:
        view = (await viewing).view
    except RetuneError as error:
        view = said_in(refusals.error(error), "Not now")
    await quietly(desk.windows.update(view_id, view))


async def later_start(ask: Ask, desk: Desk) -> tuple[Ask, datetime | None]:
    """Splits `NAME at 22:00`. Raises `Refusal` for a time that cannot be understood, or is over."""
    now, zone, typed = desk.clock.now(), desk.requests.zone, ""
    for reading in ask.readings:
        if (found := AT.fullmatch(reading)) is None:
            continue
        typed = meant(found[2])
        if (later := parse_later(typed, now, zone)) is not None:
            return replace(ask, text=found[1] or ""), later
    if not typed:
        return ask, None
    try:
        await desk.inventory.find(*ask.readings)
    except AmbiguousModel:
        return ask, None
    except RetuneError as error:
        raise Refusal(refusals.no_time(typed, now + timedelta(days=7), zone.key)) from error
    return ask, None  # a model that is called so


def _at(later: datetime | None, desk: Desk) -> str:
    """What follows a name in the value of a button, so that its click asks for the same time."""
    return "" if later is None else f" at {later.astimezone(desk.requests.zone):%Y-%m-%d %H:%M}"


async def train(ask: Ask, desk: Desk) -> Answer:
    """Opens the form with the plan of a training that takes in the data that waits in a `ready` model."""
    return await _form(ask, desk, (await known(ask.text, desk)).model, None, training=True)


async def _form(ask: Ask, desk: Desk, model: Model, later: datetime | None, *, training: bool) -> Answer:
    holder = await desk.requests.live_for(model.ref)
    if holder is not None:
        raise Refusal(in_the_way(holder, model.name), markup=True)
    if ask.window.id is None and ask.trigger is None:
        return refusals.by_button(model, _at(later, desk))
    await open_window(ask, desk, forms.reading(model.name))
    what = forms.Wanted(ask.place.channel, later)
    return await _view(model.ref, what, ask.user, desk, training=training)


async def leave_out(ask: Ask, desk: Desk) -> Answer:
    """A person chose to train without the data that is not valid: plans it so, in the same window."""
    kind, _, rest = ask.text.partition(" ")
    what, ref = forms.wanted(rest)
    if ask.window.id is None:
        raise Refusal(refusals.CLOSED)
    return await _view(ref, what, ask.user, desk, training=kind == "training", lenient=True)


async def _view(
    ref: str, what: forms.Wanted, user: str, desk: Desk, *, training: bool = False, lenient: bool = False
) -> Window:
    """The plan, what must be known for one, or the reason why there is none: also a hold that *user* may not end."""
    await desk.requests.may_ask(user)
    desk.budgets.spend(user, Cost.READINGS)
    prepared = await desk.planning.prepare(ref, training=training, lenient=lenient)
    model = prepared.judgement.model
    if prepared.request is not None:
        raise Refusal(in_the_way(prepared.request, model.name), markup=True)
    if prepared.needs_link:
        return Window(forms.ask_link(model, await desk.planning.language_models(model), what))
    if isinstance(prepared.outlook, NoPlan):
        sign = "" if prepared.outlook.reason is WhyNot.CURRENT else ":warning: "
        again = f"{'training' if training else 'upgrade'} {what} {model.ref}"
        invalid = prepared.outlook.reason is WhyNot.INVALID
        quotes = no_plan_quotes(prepared.outlook)
        view = forms.refused(f"{sign}{no_plan(prepared.outlook)}", again if invalid else None, quotes)
        return Window(view, refused=prepared.outlook.reason)
    held = await desk.holds.of(prepared.outlook)
    owners = await desk.owning.owners_by({one.hold.subject: one.name for one in held})
    if held and not await desk.holds.may_end_all(user, prepared.outlook, held):
        return Window(holds.refused(held, owners, desk.electorate.authority.policies), refused="on hold")
    window = desk.freezes.window(model.instance)
    frozen = [freeze for freeze in await desk.freezes.holding() if freeze.instance in ("", model.instance)]
    view = forms.ask_one(
        *(prepared.outlook, prepared.judgement, prepared.linked, what),
        hours=str(window) if window else "",
        hindrance=freeze_blocks(frozen[:1]),
        held=held,
        owners=owners,
    )
    return Window(view)


async def submitted(form: Form, desk: Desk) -> Mapping[str, Any] | None:
    """The form was sent: the request is written before Slack hears that we took it, the card follows."""
    what, draft = forms.wanted(form.metadata)
    if draft.startswith(MANY):
        ticked = await _left(draft, form, desk)
    else:
        ticked = dict.fromkeys([draft], forms.WHY) if draft else form.marked(forms.MODELS)
    if not ticked:
        raise InputsRefused({f"{forms.MODELS}0": refusals.CHOOSE_ONE})
    if len(ticked) > MOST:
        raise InputsRefused({f"{forms.MODELS}0": refusals.too_many(MOST)})
    later, now = form.moment(forms.LATER), desk.clock.now()
    if later is not None and later <= now:
        raise InputsRefused({forms.LATER: refusals.PAST})
    if later is not None and later > now + LATEST:
        raise InputsRefused({forms.LATER: refusals.TOO_FAR})
    await desk.requests.may_ask(form.user)
    why = form.text(forms.WHY)
    try:
        request = await desk.requests.propose(form.id, [*ticked], why, form.user, later, what.holds)
    except InputsRefused as error:
        raise InputsRefused(_by_input(error.faults, ticked)) from error
    desk.background.spawn(_post(request, form.user, what.channel, desk), f"card {request.id}")
    return None


async def _left(key: str, form: Form, desk: Desk) -> dict[str, str]:
    """What a form that only counts leaves after its exceptions: keys of plans, each with the input to blame."""
    selection = await desk.requests.gathering.selected(key)
    if selection is None:
        raise Refusal(refusals.FORM_TOO_OLD)
    chosen = {by: [number(place) for place in form.marked(f"{large_form.LEAVE}{by}")] for by in GROUPS}
    names = typed_names(form.text(large_form.NAMES))
    kept, unknown = await in_turns(selection.without(large_form.exceptions(selection, chosen), names))
    if unknown:
        raise InputsRefused({large_form.NAMES: large_form.unknown(unknown)})
    if not kept:
        raise InputsRefused({large_form.NAMES: large_form.NOTHING_LEFT})
    return {choice.key: large_form.NAMES for choice in kept}


def _by_input(faults: Mapping[str, str], ticked: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with models, at the inputs at which they were chosen."""
    texts: dict[str, str] = {}
    for model, text in faults.items():
        texts[ticked[model]] = f"{texts[ticked[model]]} {text}" if ticked[model] in texts else text
    return texts


async def _post(request: Request, user: str, origin: str, desk: Desk) -> None:
    await desk.requests.show(request)
    shown = await desk.poster.posted(f"request:{request.id}:card")
    if shown is None or shown.ts is None:
        withheld = await desk.rooms.withholds(request.channel)
        why = card_is_withheld(request) if withheld else refusals.card_is_late(request)
        await desk.chat.whisper(Place(user, origin), private(why))
    elif origin != request.channel:
        await desk.chat.whisper(Place(user, origin), private(refusals.card_is_elsewhere(request), warn=False))


async def linked(form: Form, desk: Desk) -> Mapping[str, Any] | None:
    """Somebody said with which language model an acoustic model was trained: go on to the plan."""
    what, ref = forms.wanted(form.metadata)
    chosen = form.chosen(forms.LANGUAGE) or forms.NONE
    await desk.requests.link(ref, None if chosen == forms.NONE else chosen, form.user)
    judgement = (await desk.inventory.judged()).of(ref)
    desk.background.spawn(_fill(form.id, _view(ref, what, form.user, desk), desk), "plan after a link")
    return forms.reading(judgement.model.name if judgement else ref)
