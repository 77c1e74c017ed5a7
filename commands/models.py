"""`/stt-models [filters]`: the fleet with verdicts."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.counts import count_those
from bot.domain.judged import Judged
from bot.domain.model_filter import Listing, passing
from bot.domain.snoozes import Index, standing
from bot.domain.typed_values import number
from bot.domain.untrusted_text import matching
from bot.errors import NothingMatches
from bot.flows.budgets import Cost
from bot.messages import fleet
from bot.messages.advice import no_model
from bot.messages.model_sheet import about, sent
from bot.messages.rooms import alone
from bot.messages.snoozes import mark
from bot.ports import Message
from bot.turns import in_turns
from commands.desk import Answer, Ask, Desk, Public, Unclear
from commands.exports import File, hand_over
from commands.typed import words

PUBLIC, EXPORT = "public", "export"


async def models(ask: Ask, desk: Desk) -> Answer:
    """One page from the last good reading; a stale one is refreshed behind the answer."""
    typed = words(ask.text)
    if typed and matching(typed[0]) == EXPORT:
        return await _export(ask, " ".join(typed[1:]), desk)
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


async def export(ask: Ask, desk: Desk) -> Answer:
    """The Export button: its value has the filters of its list."""
    return await _export(ask, ask.text.strip(), desk)


async def _export(ask: Ask, filters: str, desk: Desk) -> Answer:
    desk.budgets.spend(ask.user, Cost.EXPORTS)
    listed, _, _ = await _fitting(filters, desk)
    try:
        name, content = await desk.model_files.export(ask.user, listed.every(), listed.count, filters)
    except NothingMatches as fault:
        if not filters:
            raise
        advised = await desk.adviser.on_models(filters.split())
        said = no_model(filters, advised, before="models export", export=True)
        return Unclear(said, type(fault).__name__)
    return await hand_over(ask, desk, File(name, content, *about(listed.count)), sent(name, listed.count))


async def _page(filters: str, page: int, desk: Desk) -> Message:
    listed, judged, snoozes = await _fitting(filters, desk)
    if filters and judged.total and not listed.count:
        said = no_model(filters, await desk.adviser.on_models(filters.split()))
        return replace(said, blocks=(*said.blocks, *fleet.age(judged.snapshot, desk.clock.now())))
    counts = await in_turns(count_those(listed.parts, snoozes, desk.clock.now()))
    page, shown = await in_turns(listed.page(page, fleet.PAGE))
    marks = {j.model.ref: mark(s) for j in shown if (s := standing(j, snoozes, desk.clock.now())) is not None}
    desk.background.spawn(desk.inventory.refresh_if_older(60), "inventory behind an answer")
    found = fleet.Found(shown, page, counts, judged.total)
    return fleet.models(found, judged.snapshot, desk.clock.now(), filters=filters, marks=marks)


async def _fitting(filters: str, desk: Desk) -> tuple[Listing, Judged, Index]:
    """The models that match, the fleet, and the snoozes."""
    judged, snoozes, now = await desk.inventory.read_once(), await desk.snoozer.index(), desk.clock.now()
    words = filters.split()
    return await in_turns(passing(judged, words, lambda j: standing(j, snoozes, now) is not None)), judged, snoozes
