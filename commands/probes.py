"""The buttons of one model beside Upgrade: check for the recognition warning, and say what it was trained with."""

from __future__ import annotations

from bot.errors import Refusal
from bot.messages import fleet, request
from bot.ports import Message
from commands.desk import Answer, Ask, Desk


def probe(ask: Ask, desk: Desk) -> Answer:
    """One recognition request with the model, confirmed by the person because audio costs money."""

    async def work() -> Message | None:
        await desk.requests.may_ask(ask.user)
        found = await desk.prober.check(ask.text, ask.user)
        judgement = desk.inventory.judged_now().of(ask.text)
        if judgement is None:
            raise Refusal("That model is gone meanwhile.")
        return fleet.probed(judgement, found.stage)

    return work


def link(ask: Ask, desk: Desk) -> Answer:
    """Asks with which language model an acoustic model was trained, whatever was said before."""
    judgement = desk.inventory.judged_now().of(ask.text)
    if judgement is None or ask.trigger is None:
        raise Refusal("That model is not known any more. /stt-models lists all of them.")
    model, trigger = judgement.model, ask.trigger

    async def work() -> Message | None:
        view = request.ask_link(model, desk.requests.candidates(model), request.Wanted(ask.place.channel))
        await desk.windows.open(trigger, view)
        return None

    return work
