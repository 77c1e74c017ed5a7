"""`/stt-models [filters]`: the fleet with verdicts."""

from __future__ import annotations

from bot.domain.foreign_text import matching
from bot.domain.model_filter import passing
from bot.domain.snoozes import standing
from bot.domain.typed_values import number
from bot.domain.verdicts import Verdict, acting_on
from bot.messages import fleet
from bot.messages.rooms import alone
from bot.messages.snoozes import mark
from bot.ports import Message
from bot.turns import in_turns
from commands.desk import Answer, Ask, Desk, Public
from commands.typed import words

PUBLIC = "public"
ORDER = list(Verdict)


async def models(ask: Ask, desk: Desk) -> Answer:
    """One page from the last good reading; a stale one is refreshed behind the answer."""
    typed = words(ask.text)
    filters = [word for word in typed if matching(word) != PUBLIC]
    shown = await _page(" ".join(filters), 0, desk)
    if len(filters) == len(typed):
        return shown
    why = await desk.rooms.why_private(ask.place.channel)
    return Public(shown) if why is None else alone(shown, why)


async def turn(ask: Ask, desk: Desk) -> Answer:
    """Another page: the button's value is its number and the filters."""
    page, _, filters = ask.text.partition(" ")
    return await _page(filters, number(page), desk)


async def _page(filters: str, page: int, desk: Desk) -> Message:
    judged, snoozes, now = await desk.inventory.read_once(), await desk.snoozer.index(), desk.clock.now()
    marks = {j.model.ref: mark(s) for j in judged.judgements if (s := standing(j, snoozes, now)) is not None}
    listed = await in_turns(passing(judged.judgements, judged.names, filters.split(), marks))
    worst = acting_on(listed)
    acted = {j.model.ref for j in worst}
    others = (j for j in listed if j.model.ref not in acted)
    rest = sorted(others, key=lambda j: (ORDER.index(j.verdict), j.model.name.casefold()))
    message = fleet.models(
        [*worst, *rest], judged.snapshot, now, page=page, filters=filters, total=len(judged.judgements), marks=marks
    )
    desk.background.spawn(desk.inventory.refresh_if_older(60), "inventory behind an answer")
    return message
