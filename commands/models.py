"""`/stt-models [filters]`: the fleet with verdicts."""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache

from bot.domain.foreign_text import matching
from bot.domain.snoozes import standing
from bot.domain.typed_values import number
from bot.domain.verdicts import Judgement, Risk, Verdict, acting_on
from bot.flows.budgets import Cost
from bot.flows.inventory import Judged
from bot.messages import fleet
from bot.messages.model_sheet import about, sent
from bot.messages.rooms import alone
from bot.messages.snoozes import mark
from bot.ports import Message
from commands.desk import Answer, Ask, Desk, Public
from commands.exports import File, hand_over
from commands.typed import words

PUBLIC, EXPORT = "public", "export"
ORDER = list(Verdict)

_form = lru_cache(maxsize=1024)(matching)
"""For words that return with every model: what was typed, instances, languages, bases."""


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
    """The Export button: its value has the filters of the list that it is below."""
    return await _export(ask, ask.text.strip(), desk)


async def _export(ask: Ask, filters: str, desk: Desk) -> Answer:
    desk.budgets.spend(ask.user, Cost.EXPORTS)
    listed, _, _ = await _listed(filters, desk)
    name, content = await desk.model_files.export(ask.user, listed, filters)
    return await hand_over(ask, desk, File(name, content, *about(len(listed))), sent(name, len(listed)))


async def _page(filters: str, page: int, desk: Desk) -> Message:
    listed, judged, marks = await _listed(filters, desk)
    now = desk.clock.now()
    message = fleet.models(
        listed, judged.snapshot, now, page=page, filters=filters, total=len(judged.judgements), marks=marks
    )
    desk.background.spawn(desk.inventory.refresh_if_older(60), "inventory behind an answer")
    return message


async def _listed(filters: str, desk: Desk) -> tuple[list[Judgement], Judged, dict[str, str]]:
    """The models that fit, the worst first; the fleet; and what else to say of some models."""
    judged, snoozes, now = await desk.inventory.read_once(), await desk.snoozer.index(), desk.clock.now()
    marks = {j.model.ref: mark(s) for j in judged.judgements if (s := standing(j, snoozes, now)) is not None}
    listed = [j for j in judged.judgements if all(fits(j, word, marks.keys()) for word in filters.split())]
    worst = acting_on(listed)
    acted = {j.model.ref for j in worst}
    others = (j for j in listed if j.model.ref not in acted)
    rest = sorted(others, key=lambda j: (ORDER.index(j.verdict), j.model.name.casefold()))
    return [*worst, *rest], judged, marks


def fits(judgement: Judgement, word: str, snoozed: Container[str] = ()) -> bool:
    """Whether a model passes one filter word: verdict, risk, kind, instance, language, base, or part of its name.

    *snoozed* are the references of those that are snoozed or on hold.
    """
    wanted, model = _form(word), judgement.model
    if wanted == "outdated":
        return judgement.outdated
    if wanted == "risky":
        return judgement.risk is not Risk.NONE
    if wanted == "snoozed":
        return model.ref in snoozed
    named = {_form(name) for name in (model.instance, model.language, model.base)}
    facts = {judgement.verdict.value, model.kind, model.id, *named}
    return wanted in facts or wanted in matching(model.name)
