"""Details of a run, and what a person may want of it: withdraw, take a vote back, cancel, try again, stop watching."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.approvals import Wish
from bot.errors import ChatError, Refusal
from bot.flows.deciding import GONE
from bot.messages.details import details as details_view
from bot.messages.details import reading, unread
from bot.messages.refusals import private
from bot.ports import Message
from commands.desk import Answer, Ask, Desk

WISHES: Mapping[str, Wish] = {
    "withdraw": "withdraw",
    "take-back": "take back",
    "cancel": "cancel",
    "retry": "retry",
    "stop": "stop",
}


def details(ask: Ask, desk: Desk) -> Answer:
    """Opens what the card leaves out, with the buttons that this person may press."""
    run_id, trigger = _number(ask.text), ask.trigger
    if trigger is None or desk.store.runs.get(run_id) is None:
        raise Refusal(GONE)

    async def work() -> Message | None:
        view_id = await desk.windows.open(trigger, reading())
        try:
            view = await _view(run_id, ask.user, desk)
        except ChatError as error:
            view = unread(error)
        await desk.windows.update(view_id, view)
        return None

    return work


def wish(ask: Ask, desk: Desk) -> Answer:
    """A click on one of them: the button's value is the wish and the run. Judged like a vote."""
    word, _, number = ask.text.partition(" ")
    wanted, run_id = WISHES.get(word), _number(number)
    if wanted is None:
        raise Refusal(GONE)

    async def work() -> Message | None:
        answer = await desk.decisions.wish(wanted, run_id, ask.user)
        if ask.view is None:
            return None if answer is None else private(answer)
        await desk.windows.update(ask.view, await _view(run_id, ask.user, desk, answer or ""))
        return None

    return work


async def _view(run_id: int, user: str, desk: Desk, answer: str = "") -> Mapping[str, Any]:
    offers = await desk.decisions.offers(run_id, user)
    run = desk.store.runs.get(run_id)
    if run is None:
        raise Refusal(GONE)
    instance = run.plan.model.instance
    return details_view(
        run,
        desk.decisions.policy(instance),
        desk.teller.estimate(run),
        desk.inventory.judged_now().of(run.plan.model.ref),
        desk.pauses.wait(run, desk.clock.now()),
        desk.pauses.window(instance),
        offers,
        answer,
    )


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
