"""`/stt-model NAME`: one custom model, choosing among several that fit, and its buttons beside Upgrade and Snooze."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.authority import Act
from bot.domain.verdicts import Judgement
from bot.errors import AmbiguousModel, Refusal, ServiceError
from bot.flows.budgets import Cost
from bot.messages import fleet, owners
from bot.messages.links import ask_link
from bot.messages.refusals import CHOICES, GONE, choose, labels, which_model
from bot.messages.request_form import Wanted
from bot.ports import Message
from commands.desk import Answer, Ask, Desk, Window, open_window
from commands.forms import Form


async def model(ask: Ask, desk: Desk) -> Answer:
    """Reads the model anew and shows it; where the name is not clear, offers what fits."""
    found = await named(ask, desk, "model")
    return found if isinstance(found, Message) else await _show(ask, desk, found)


async def named(ask: Ask, desk: Desk, action: str, also: str = "") -> Judgement | Message:
    """The model that the text names, or an answer that lets the person choose. Raises `Refusal`.

    *also* is what else was typed: it follows the reference in the values of the buttons.
    """
    if not ask.meant:
        raise Refusal(which_model("upgrade" if action == "ask" else action))
    try:
        return await desk.inventory.find(*ask.readings)
    except AmbiguousModel as fault:
        judged = await desk.inventory.judged()
        found = [judgement.model for ref in fault.refs[:CHOICES] if (judgement := judged.of(ref))]
        refs = [f"{model.ref}{also}" for model in found]
        return choose(fault, zip(refs, labels(found), strict=True), action)


async def known(ref: str, desk: Desk) -> Judgement:
    """The model of a button or form. Raises `Refusal` when it is gone."""
    if judgement := (await desk.inventory.judged()).of(ref):
        return judgement
    raise Refusal(GONE)


async def _show(ask: Ask, desk: Desk, judgement: Judgement) -> Answer:
    desk.budgets.spend(ask.user, Cost.READINGS)
    if ask.place.channel or not ask.trigger:
        return await _read(judgement, desk)
    name = judgement.model.name
    await open_window(ask, desk, fleet.reading(name))
    return Window(fleet.window(name, (await _read(judgement, desk)).blocks))


async def _read(judgement: Judgement, desk: Desk) -> Message:
    """The model as it is now; as it was read last, where its instance does not answer."""
    holdings = outlook = None
    try:
        prepared = await desk.planning.prepare(judgement.model.ref)
    except ServiceError as error:
        await desk.inventory.lost(judgement.model.instance, error)
    else:
        judgement, holdings, outlook = prepared.judgement, prepared.holdings, prepared.outlook
    return fleet.model(judgement, holdings, outlook, await desk.dossiers.of(judgement), desk.clock.now())


async def probe(ask: Ask, desk: Desk) -> Answer:
    """One recognition request with the model, confirmed by the person because audio costs money."""
    await desk.electorate.may(ask.user, Act.PROBE)
    desk.budgets.spend(ask.user, Cost.PROBES)
    found = await desk.prober.check(ask.text, ask.user)
    return fleet.probed(await known(ask.text, desk), found.stage)


async def link(ask: Ask, desk: Desk) -> Answer:
    """Asks with which language model an acoustic model was trained, whatever was said before."""
    model = (await known(ask.text, desk)).model
    await desk.electorate.may(ask.user, Act.LINK)
    return Window(ask_link(await desk.planning.link_choice(model), Wanted(ask.place.channel)))


async def owner(ask: Ask, desk: Desk) -> Answer:
    """Opens the form; the button's value is the model's reference."""
    model = (await known(ask.text, desk)).model
    await desk.owning.may_say(ask.user)
    now, by_rule = await desk.owning.owner_of(model), desk.owning.by_rule(model.name)
    return Window(owners.ask(model, now, by_rule))


async def owned(form: Form, desk: Desk) -> Mapping[str, Any]:
    """The form was sent."""
    model = (await known(form.metadata, desk)).model
    now = await desk.owning.assign(model.ref, form.chosen(owners.USER) or "", form.text(owners.GROUP), form.user)
    return owners.done(model.name, now)


async def disown(ask: Ask, desk: Desk) -> Answer:
    """Clears what was said by hand, in the form's own window."""
    if ask.window.id is None:
        raise Refusal(owners.CLOSED)
    model = (await known(ask.text, desk)).model
    now = await desk.owning.assign(ask.text, "", "", ask.user)
    return Window(owners.done(model.name, now))
