"""`/stt-model NAME`: one custom model, the choice among several that match, and its buttons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain.authority import Act
from bot.domain.fleet import Model
from bot.domain.verdicts import Judgement
from bot.errors import AmbiguousModel, Refusal, ServiceError, UnknownModel
from bot.flows.budgets import Cost
from bot.messages import fleet
from bot.messages.advice import did_you_mean
from bot.messages.links import ask_link
from bot.messages.pickers import MODEL
from bot.messages.refusals import CHOICES, GONE, choose, labels
from bot.messages.request_form import Wanted
from bot.ports import Message
from commands.desk import Answer, Ask, Desk, Unclear, Window, open_window
from commands.door import fill
from commands.forms import Form
from commands.pickers import chosen, which


async def model(ask: Ask, desk: Desk) -> Answer:
    """Reads the model again and shows it. An unclear name gets the models that match, no name gets a choice of all."""
    if not ask.meant:
        return await which(ask, desk, "model", Wanted(ask.place.channel))
    found = await named(ask, desk, "model")
    return await _show(ask, desk, found) if isinstance(found, Judgement) else found


async def named(ask: Ask, desk: Desk, action: str, also: str = "") -> Judgement | Message | Unclear:
    """The model that the text names, or an answer that lets the person choose. Raises `Refusal`.

    *also* is the rest of what was typed: it follows the reference in the values of the buttons.
    """
    try:
        return await desk.inventory.find(*ask.readings)
    except AmbiguousModel as fault:
        found = await _models(fault.refs[:CHOICES], desk)
        refs = [f"{model.ref}{also}" for model in found]
        return choose(fault, zip(refs, labels(found), strict=True), action)
    except UnknownModel as fault:
        return Unclear(did_you_mean(fault.typed, await _models(fault.refs, desk), action, also), type(fault).__name__)


async def _models(refs: Iterable[str], desk: Desk) -> list[Model]:
    judged = await desk.inventory.judged()
    return [judgement.model for ref in refs if (judgement := judged.of(ref))]


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
    return await _window(judgement, desk)


async def picked(form: Form, desk: Desk) -> Mapping[str, Any]:
    """A model was chosen in the window that opens for no name: it replaces the menu."""
    judgement = await known(chosen(form, MODEL), desk)
    desk.budgets.spend(form.user, Cost.READINGS)
    desk.background.spawn(fill(form.id, _window(judgement, desk), desk), "a chosen model")
    return fleet.reading(judgement.model.name)


async def _window(judgement: Judgement, desk: Desk) -> Window:
    return Window(fleet.window(judgement.model.name, (await _read(judgement, desk)).blocks))


async def _read(judgement: Judgement, desk: Desk) -> Message:
    """The model as it is now, or as last read where its instance does not answer."""
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
    """Asks for the language model of an acoustic model, also where there is an answer."""
    model = (await known(ask.text, desk)).model
    await desk.electorate.may(ask.user, Act.LINK)
    return Window(ask_link(await desk.planning.link_choice(model), Wanted(ask.place.channel)))
