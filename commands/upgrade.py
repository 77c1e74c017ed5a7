"""`/stt-upgrade NAME` and `/stt-upgrade outdated`: shows plans, asks its questions, and posts the card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.domain.counts import count_those
from bot.domain.fleet import Model
from bot.domain.hours import OwnZone
from bot.domain.model_filter import Listing, passing
from bot.domain.offers import ready
from bot.domain.plans import NoPlan, WhyNot
from bot.domain.requests import LISTED, MOST, Request
from bot.domain.selections import GROUPS, MANY, typed_names
from bot.domain.snoozes import indexed
from bot.domain.typed_values import LATEST, exactly, number, parse_later
from bot.domain.verdicts import Judgement
from bot.errors import AmbiguousModel, InputsRefused, Refusal, RetuneError
from bot.flows.budgets import Cost
from bot.flows.candidates import Progress
from bot.flows.rests import PACE
from bot.messages import advice, holds, large_form, links, refusals, several_form
from bot.messages import request_form as forms
from bot.messages.freezes import freeze_blocks
from bot.messages.pickers import UPGRADE, after_name
from bot.messages.refusals import in_the_way, no_plan, no_plan_quotes, private
from bot.messages.rooms import card_is_withheld
from bot.ports import Message, Place
from bot.turns import in_turns
from commands.desk import Answer, Ask, Desk, Window, open_window
from commands.door import fill, quietly
from commands.forms import Form
from commands.model import known, named
from commands.pickers import chosen, which
from commands.several import answers, requested
from commands.typed import meant, words

_TITLES = {WhyNot.CURRENT: forms.NOTHING, WhyNot.BUSY: forms.NOT_NOW, WhyNot.PROCESSING: forms.NOT_NOW}

AT = re.compile(r"(?:(.*)\s)?at\s+(.+)", re.IGNORECASE | re.DOTALL)


async def upgrade(ask: Ask, desk: Desk) -> Answer:
    """Opens the form with the plan. What is known to be impossible is said at once, without a form."""
    ask, later = await later_start(ask, desk)
    if not ask.meant:
        return await which(ask, desk, "ask", forms.Wanted(ask.place.channel, later))
    found = await named(ask, desk, "ask", after_name(later))
    if not isinstance(found, Judgement):
        return found
    return await _form(ask, desk, found.model, later, training=False)


async def picked(form: Form, desk: Desk) -> Mapping[str, Any]:
    """A model was chosen in the window that opens for no name: its plan replaces the menu."""
    judgement, (what, _) = await known(chosen(form, UPGRADE), desk), forms.wanted(form.metadata)
    desk.background.spawn(fill(form.id, _view(judgement.model.ref, what, form.user, desk), desk), "a chosen plan")
    return forms.reading(judgement.model.name)


async def several(ask: Ask, desk: Desk) -> Answer:
    """`outdated [filters]`: opens the form with every outdated model that matches."""
    ask, later = await later_start(ask, desk)
    filters = words(ask.text)[1:]
    listed = await in_turns(passing(await desk.inventory.read_once(), filters, lambda _: False))
    matching, listed = listed, listed.upgradable()
    if not listed.count:
        return await _nothing(filters, matching, desk)
    if ask.trigger_id is None:
        raise Refusal(refusals.NO_FORM)
    await open_window(ask, desk, forms.reading(listed.count))
    return await _several(listed, forms.Wanted(ask.place.channel, later), ask, desk)


async def _nothing(filters: list[str], matching: Listing, desk: Desk) -> Message:
    """No model that matches the filters can be upgraded: why, and what may be meant."""
    typed = " ".join(filters)
    advised = await desk.adviser.on_models(filters, upgradable=True)
    if matching.count or not typed:
        counts = await in_turns(count_those(matching.parts, indexed(()), desk.clock.now()))
        return advice.none_upgradable(typed, matching.count, counts.outdated, advised)
    return advice.no_model(typed, advised, before="upgrade outdated")


async def these(listed: Listing, ask: Ask, desk: Desk, *, training: bool = False) -> Answer:
    """Opens the form for exactly these models: one gets its plan; several get a list, with reasons for the rest."""
    if listed.count == 1:
        (only,) = listed.every()
        return await _form(ask, desk, only.model, None, training=training)
    await open_window(ask, desk, forms.reading(listed.count))
    return await _several(listed, forms.Wanted(ask.place.channel), ask, desk)


async def _several(listed: Listing, what: forms.Wanted, ask: Ask, desk: Desk) -> Window:
    """A form that lists what can be upgraded, or counts it where there is too much to list."""
    await desk.requests.may_ask(ask.user)
    desk.budgets.spend(ask.user, Cost.READINGS)
    found = listed.first(MOST)
    candidates = await desk.requests.candidates(found, ask.user, _counting(listed.count, ask, desk))
    notes, zone = freeze_blocks((await desk.freezes.holding())[:5]), await desk.requests.zone_of(ask.user)
    plans, left_out, more = candidates.plans, candidates.left_out, listed.count - MOST
    offers = candidates.offers(found) if len(plans) <= LISTED else ()
    if not plans and not offers:
        return Window(forms.nothing(left_out), refused="nothing can be upgraded")
    if len(plans) > LISTED:
        key, selection = await desk.requests.gathering.select(candidates, found)
        go = [plan for plan, choice in zip(plans, selection.choices, strict=True) if not choice.by_hand]
        forecast = await desk.forecasts.of(go, what.later)
        return Window(large_form.ask_many(selection, key, left_out, what, more, notes, zone=zone, forecast=forecast))
    names = await desk.names.of(one.hold.author for offer in offers for one in offer.held)
    forecast = await desk.forecasts.of(ready(offers), what.later)
    view = several_form.ask_several(*(offers, left_out, what, more, notes), forecast=forecast, names=names, zone=zone)
    return Window(view)


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


async def later_start(ask: Ask, desk: Desk) -> tuple[Ask, datetime | None]:
    """Splits `NAME at 22:00`. Raises `Refusal` for a time that is unclear, or over."""
    now, typed = desk.clock.now(), ""
    zone: OwnZone | None = None
    for reading in ask.readings:
        if (found := AT.fullmatch(reading)) is None:
            continue
        typed = meant(found[2])
        zone = zone or await desk.requests.zone_of(ask.user)
        if (later := exactly(typed, now) or parse_later(typed, now, zone.info)) is not None:
            return replace(ask, text=found[1] or ""), later
    if zone is None:
        return ask, None
    try:
        await desk.inventory.find(*ask.readings)
    except AmbiguousModel:
        return ask, None
    except RetuneError as error:
        raise Refusal(refusals.no_time(typed, now + timedelta(days=7), zone)) from error
    return ask, None  # a model of that name


async def train(ask: Ask, desk: Desk) -> Answer:
    """Opens the form with the plan of a training that takes in the waiting data of a `ready` model."""
    return await _form(ask, desk, (await known(ask.text, desk)).model, None, training=True)


async def _form(ask: Ask, desk: Desk, model: Model, later: datetime | None, *, training: bool) -> Answer:
    holder = await desk.requests.live_for(model.ref)
    if holder is not None:
        raise Refusal(in_the_way(holder, model.name), markup=True)
    if ask.window.id is None and ask.trigger is None:
        return refusals.by_button(model, later, await desk.requests.zone_of(ask.user))
    await open_window(ask, desk, forms.reading(model.name))
    what = forms.Wanted(ask.place.channel, later)
    return await _view(model.ref, what, ask.user, desk, training=training)


async def leave_out(ask: Ask, desk: Desk) -> Answer:
    """A person chose to train without the invalid data: plans it so, in the same window."""
    kind, _, rest = ask.text.partition(" ")
    what, ref = forms.wanted(rest)
    if ask.window.id is None:
        raise Refusal(refusals.CLOSED)
    return await _view(ref, what, ask.user, desk, training=kind == "training", lenient=True)


async def _view(
    ref: str, what: forms.Wanted, user: str, desk: Desk, *, training: bool = False, lenient: bool = False
) -> Window:
    """The plan, its open question, or the reason why there is none, such as a hold that *user* may not end."""
    await desk.requests.may_ask(user)
    desk.budgets.spend(user, Cost.READINGS)
    prepared = await desk.planning.prepare(ref, training=training, lenient=lenient)
    model = prepared.judgement.model
    if prepared.request is not None:
        raise Refusal(in_the_way(prepared.request, model.name), markup=True)
    if prepared.needs_link:
        return Window(links.ask_link(await desk.planning.link_choice(model), what))
    if isinstance(prepared.outlook, NoPlan):
        sign = "" if prepared.outlook.reason is WhyNot.CURRENT else ":warning: "
        again = f"{'training' if training else 'upgrade'} {what} {model.ref}"
        invalid = prepared.outlook.reason is WhyNot.INVALID
        quotes = no_plan_quotes(prepared.outlook)
        title = forms.UNTRAINED if training else _TITLES.get(prepared.outlook.reason, forms.IMPOSSIBLE)
        view = forms.refused(f"{sign}{no_plan(prepared.outlook)}", again if invalid else None, quotes, title)
        return Window(view, refused=prepared.outlook.reason)
    held = await desk.holds.of(prepared.outlook)
    owners = await desk.owning.owners_by({one.hold.subject: one.name for one in held})
    if held and not await desk.holds.may_end_all(user, prepared.outlook, held):
        return Window(holds.refused(held, owners, desk.electorate.authority.policies), refused="on hold")
    window = desk.freezes.window(model.instance)
    frozen = [freeze for freeze in await desk.freezes.holding() if freeze.instance in ("", model.instance)]
    view = forms.ask_one(
        *(prepared.outlook, prepared.judgement, prepared.linked, what),
        zone=await desk.requests.zone_of(user),
        hours=str(window) if window else "",
        hindrance=freeze_blocks(frozen[:1]),
        forecast=await desk.forecasts.of([prepared.outlook], what.later),
        held=held,
        owners=owners,
    )
    return Window(view)


async def submitted(form: Form, desk: Desk) -> Mapping[str, Any] | None:
    """The form was sent: the request is stored before Slack gets its acknowledgement, the card follows."""
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
    if not draft and (said := await answers(form, [*ticked], desk)):
        desk.budgets.spend(form.user, Cost.READINGS)
        post = partial(_post, user=form.user, origin=what.channel, desk=desk)
        requesting = requested(form, [*ticked], said, what, later, desk, post)
        desk.background.spawn(fill(form.id, requesting, desk), "request after links")
        return forms.reading(len(said))
    try:
        request = await desk.requests.propose(form.id, [*ticked], why, form.user, later, what.holds)
    except InputsRefused as error:
        raise InputsRefused(_by_input(error.faults, ticked)) from error
    desk.background.spawn(_post(request, form.user, what.channel, desk), f"card {request.id}")
    return None


async def _left(key: str, form: Form, desk: Desk) -> dict[str, str]:
    """What a form that only counts leaves after its exceptions: keys of plans, each with the input for its errors."""
    selection = await desk.requests.gathering.selected(key)
    if selection is None:
        raise Refusal(refusals.FORM_TOO_OLD)
    chosen = {by: [number(place) for place in form.marked(f"{large_form.LEAVE}{by}")] for by in GROUPS}
    names = typed_names(form.text(large_form.NAMES))
    kept, unknown = await in_turns(selection.without(large_form.exceptions(selection, chosen), names))
    if unknown:
        raise InputsRefused({large_form.NAMES: large_form.unknown(unknown)})
    if not form.marked(large_form.INCLUDE):
        kept = [choice for choice in kept if not choice.by_hand]
    if not kept:
        raise InputsRefused({large_form.NAMES: large_form.NOTHING_LEFT})
    return {choice.key: large_form.NAMES for choice in kept}


def _by_input(faults: Mapping[str, str], ticked: Mapping[str, str]) -> dict[str, str]:
    """The errors of models, at the inputs in which they were chosen."""
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
    """A person said which language model an acoustic model was trained with: goes on to the plan."""
    what, ref = forms.wanted(form.metadata)
    chosen = form.chosen(links.LANGUAGE) or links.NONE
    await desk.requests.link(ref, None if chosen == links.NONE else chosen, form.user)
    judgement = (await desk.inventory.judged()).of(ref)
    desk.background.spawn(fill(form.id, _view(ref, what, form.user, desk), desk), "plan after a link")
    return forms.reading(judgement.model.name if judgement else ref)
