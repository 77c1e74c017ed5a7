"""`/stt-models [filters]`: the fleet with verdicts."""

from __future__ import annotations

from bot.domain.foreign_text import matching
from bot.domain.model_filter import passing
from bot.domain.snoozes import standing
from bot.domain.typed_values import number
from bot.messages import fleet
from bot.messages.rooms import alone
from bot.messages.snoozes import mark
from bot.ports import Message
from bot.turns import in_turns
from commands.desk import Answer, Ask, Desk, Public
from commands.typed import words

PUBLIC = "public"


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
    listed = await in_turns(passing(judged, filters.split(), lambda j: standing(j, snoozes, now) is not None))
    page, shown = await in_turns(listed.page(page, fleet.PAGE))
    marks = {j.model.ref: mark(s) for j in shown if (s := standing(j, snoozes, now)) is not None}
    desk.background.spawn(desk.inventory.refresh_if_older(60), "inventory behind an answer")
    found = fleet.Found(shown, page, listed.count, listed.outdated, judged.total)
    return fleet.models(found, judged.snapshot, now, filters=filters, marks=marks)
