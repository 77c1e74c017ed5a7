"""The buttons of one model beside Upgrade: check for the recognition warning, and say what it was trained with."""

from __future__ import annotations

from bot.messages import fleet, request
from bot.ports import Message
from commands.desk import Answer, Ask, Desk
from commands.model import known


def probe(ask: Ask, desk: Desk) -> Answer:
    """One recognition request with the model, confirmed by the person because audio costs money."""

    async def work() -> Message | None:
        await desk.requests.may_ask(ask.user)
        found = await desk.prober.check(ask.text, ask.user)
        return fleet.probed(await known(ask.text, desk), found.stage)

    return work


async def link(ask: Ask, desk: Desk) -> Answer:
    """Asks with which language model an acoustic model was trained, whatever was said before."""
    model, trigger = (await known(ask.text, desk)).model, ask.opening()

    async def work() -> Message | None:
        view = request.ask_link(model, desk.requests.candidates(model), request.Wanted(ask.place.channel))
        await desk.windows.open(trigger, view)
        return None

    return work
