"""The buttons of one model beside Upgrade: check for the recognition warning, and say what it was trained with."""

from __future__ import annotations

from bot.messages import fleet, request_form
from commands.desk import Answer, Ask, Desk
from commands.model import known


async def probe(ask: Ask, desk: Desk) -> Answer:
    """One recognition request with the model, confirmed by the person because audio costs money."""
    await desk.requests.may_ask(ask.user)
    found = await desk.prober.check(ask.text, ask.user)
    return fleet.probed(await known(ask.text, desk), found.stage)


async def link(ask: Ask, desk: Desk) -> Answer:
    """Asks with which language model an acoustic model was trained, whatever was said before."""
    model, trigger = (await known(ask.text, desk)).model, ask.opening()
    view = request_form.ask_link(
        model, await desk.planning.language_models(model), request_form.Wanted(ask.place.channel)
    )
    await desk.windows.open(trigger, view)
    return None
