"""Approve and Reject on the card. Every click is judged anew; a refused one is answered privately."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.errors import RetuneError
from bot.messages import request
from bot.messages.refusals import private
from bot.ports import Message
from commands.desk import Answer, Ask, Desk
from commands.upgrade import QUICK, errors, value_of


def approve(ask: Ask, desk: Desk) -> Answer:
    """A click on Approve; the button's value is the run and the digest of the plan that it shows."""
    run_id, digest = split(ask.text)
    refused = desk.decisions.answer_at_once(run_id, digest, "approve", ask.user)
    if refused is not None:
        return private(refused)

    async def work() -> Message | None:
        answer = await desk.decisions.vote(run_id, digest, "approve", ask.user)
        return None if answer is None else private(answer)

    return work


def reject(ask: Ask, desk: Desk) -> Answer:
    """A click on Reject asks why; the vote counts when the answer comes."""
    run_id, digest = split(ask.text)
    refused = desk.decisions.answer_at_once(run_id, digest, "reject", ask.user)
    run = desk.store.runs.get(run_id)
    if refused is not None or run is None:
        return private(refused or "That request is not known any more.")
    trigger, value = ask.trigger or "", ask.text

    async def work() -> Message | None:
        denied = await desk.decisions.would_count(run_id, "reject", ask.user)
        if denied is not None:
            return private(denied)
        await desk.windows.open(trigger, request.reject(value, run.plan.model.name))
        return None

    return work


async def rejected(user: str, view: Mapping[str, Any], desk: Desk) -> dict[str, Any] | None:
    """The reason came: the vote counts now, if it still may."""
    run_id, digest = split(str(view["private_metadata"]))
    why = str(value_of(view, request.WHY) or "").strip()
    try:
        answer = await asyncio.wait_for(desk.decisions.decide(run_id, digest, "reject", user, why), QUICK)
    except TimeoutError:
        return errors(request.WHY, "Slack does not answer just now. Press Reject again in a moment.")
    except RetuneError as error:
        return errors(request.WHY, error.text)
    if answer is None:  # told apart: however slow Slack is with the card, this person hears that the vote counts
        desk.background.spawn(desk.teller.tell(run_id), f"card {run_id}")
    return None if answer is None else {"response_action": "update", "view": request.refused(answer)}


def split(value: str) -> tuple[int, str]:
    """The run and the digest in a button's value."""
    number, _, digest = value.partition(":")
    return (int(number) if number.isdigit() else 0), digest
