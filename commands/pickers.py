"""Commands without a name: a window in which a person types a name and chooses a model."""

from __future__ import annotations

from bot.domain.model_search import offered
from bot.errors import InputsRefused, Refusal
from bot.messages import fleet, pickers
from bot.messages.kit import Options
from bot.messages.request_form import Wanted, wanted
from bot.turns import in_turns
from commands.desk import Answer, Ask, Desk, Window, open_window
from commands.forms import Form


async def which(ask: Ask, desk: Desk, action: pickers.Action, what: Wanted) -> Answer:
    """Opens the window, or fills the one that is open; where there is none to open, a message with a menu."""
    judged, now = await desk.inventory.judged(), desk.clock.now()
    if judged.total or judged.untried:
        window = pickers.ask(action, what, judged.snapshot, now)
        if ask.window.id is not None:
            return Window(window)
        if ask.trigger is not None:
            await open_window(ask, desk, window)
            return None
    judged = await desk.inventory.read_once()
    if not judged.total:
        raise Refusal(fleet.NO_MODELS, markup=True)
    found = await in_turns(offered((), judged, upgrading=action == "ask"))
    zone = await desk.requests.zone_of(ask.user)
    return pickers.which(action, found, judged.total, what, zone.info, command=ask.trigger_id is not None)


async def search(ask: Ask, desk: Desk) -> Answer:
    """The button that opens the window where a message could not; its value is passed on to the window."""
    action, _, rest = ask.text.partition(" ")
    judged, (what, _) = await desk.inventory.judged(), wanted(rest)
    return Window(pickers.ask("ask" if action == "ask" else "model", what, judged.snapshot, desk.clock.now()))


async def models(ask: Ask, desk: Desk) -> Options:
    """The choices of the menu for what was typed, from the last good reading."""
    upgrading = ask.name == pickers.UPGRADE
    return pickers.offer(await in_turns(offered(ask.readings, await desk.inventory.judged(), upgrading=upgrading)))


def chosen(form: Form, input: str) -> str:
    """The reference of the model that was chosen. Raises `InputsRefused`."""
    ref = form.chosen(input)
    if ref is None or ref == pickers.NO_CHOICE:
        raise InputsRefused({input: pickers.CHOOSE})
    return ref
