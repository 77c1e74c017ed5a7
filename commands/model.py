"""`/stt-model NAME`: one custom model; and choosing among several that fit."""

from __future__ import annotations

from bot.domain.verdicts import Judgement
from bot.errors import AmbiguousModel, Refusal, ServiceError
from bot.messages import fleet
from bot.messages.fleet_refusals import GONE, which_model
from bot.messages.refusals import choose
from bot.ports import Message
from commands.desk import Answer, Ask, Desk


async def model(ask: Ask, desk: Desk) -> Answer:
    """Reads the model anew and shows it; where the name is not clear, offers what fits."""
    found = await named(ask, desk, "model")
    return found if isinstance(found, Message) else await _show(ask, desk, found)


async def named(ask: Ask, desk: Desk, action: str, also: str = "") -> Judgement | Message:
    """The model that the text names, or an answer that lets the person choose. Raises `Refusal`.

    *also* is what else was typed: it follows the reference in the values of the buttons.
    """
    if not ask.text.strip():
        raise Refusal(which_model("upgrade" if action == "ask" else action))
    try:
        return await desk.inventory.find(ask.text)
    except AmbiguousModel as fault:
        judged = await desk.inventory.judged()
        found = [judgement.model for ref in fault.refs if (judgement := judged.of(ref))]
        return choose(fault, [(f"{m.ref}{also}", f"{m.name} ({m.instance})") for m in found], action)


async def known(ref: str, desk: Desk) -> Judgement:
    """The model of a button or form. Raises `Refusal` when it is gone."""
    judgement = (await desk.inventory.judged()).of(ref)
    if judgement is None:
        raise Refusal(GONE)
    return judgement


async def _show(ask: Ask, desk: Desk, judgement: Judgement) -> Answer:
    name = judgement.model.name
    view_id = None
    if not ask.place.channel and ask.trigger:
        view_id = await desk.windows.open(ask.trigger, fleet.reading(name))
    message = await _read(judgement, desk)
    if view_id is None:
        return message
    await desk.windows.update(view_id, fleet.window(name, message.blocks))
    return None


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
