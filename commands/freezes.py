"""`/stt-upgrade freeze`: nothing new starts until a moment that somebody names, with a reason on every card."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.timing import Freeze
from bot.errors import Refusal, RetuneError
from bot.messages import freezes as messages
from bot.messages.refusals import private
from bot.messages.request import NOWHERE, WHY
from bot.messages.text import code
from bot.ports import Message, Place
from commands.desk import Answer, Ask, Desk
from commands.upgrade import QUICK, errors, moment_of, value_of


def freezes(ask: Ask, desk: Desk) -> Answer:
    """What is frozen, with the buttons that end it or begin another."""
    return messages.freezes(desk.pauses.holding(desk.clock.now()))


def begin(ask: Ask, desk: Desk) -> Answer:
    """Opens the form."""
    trigger = ask.trigger
    if trigger is None:
        raise Refusal("A mention cannot open the form. Type /stt-upgrade freeze.")
    now = desk.clock.now()
    view = messages.form(
        sorted(desk.inventory.judged_now().snapshot.instances),
        desk.pauses.holding(now),
        now + timedelta(days=1),
        ask.place.channel or NOWHERE,
    )

    async def work() -> Message | None:
        await _may(desk, ask.user, "")
        await desk.windows.open(trigger, view)
        return None

    return work


def end(ask: Ask, desk: Desk) -> Answer:
    """Ends a freeze; what is approved starts."""

    async def work() -> Message | None:
        number = int(ask.text) if ask.text.isdigit() else 0
        now = desk.clock.now()
        held = next((freeze for freeze in desk.pauses.holding(now) if freeze.id == number), None)
        if held is None:
            return private("That freeze has ended already. `/stt-upgrade freeze` shows what is frozen.")
        await _may_end(desk, ask.user, held)
        desk.pauses.end(number, ask.user, now)
        await desk.teller.tell_all()
        return Message("Ended.", messages.freezes(desk.pauses.holding(now)).blocks)

    return work


async def submitted(user: str, view: Mapping[str, Any], desk: Desk) -> dict[str, Any] | None:
    """The form was sent."""
    instance = str(value_of(view, messages.SCOPE) or messages.ALL)
    instance = "" if instance == messages.ALL else instance
    until = moment_of(view, messages.UNTIL)
    why = str(value_of(view, WHY) or "").strip()
    if not why:
        return errors(WHY, "Say why: it is shown on every card.")
    if until is None:
        return errors(messages.UNTIL, "Say until when; a freeze always ends.")
    try:
        await asyncio.wait_for(_may(desk, user, instance), QUICK)
        begun = desk.pauses.freeze(instance, why, user, until, desk.clock.now())
    except TimeoutError:
        return errors(WHY, "Slack does not answer just now. Press Freeze again in a moment.")
    except RetuneError as error:
        return errors(messages.UNTIL, error.text)
    channel = str(view["private_metadata"])
    said = private(messages.freeze_line(begun), warn=False)
    place = Place(user, "" if channel == NOWHERE else channel)
    desk.background.spawn(desk.chat.whisper(place, said), "freeze said")
    desk.background.spawn(desk.teller.tell_all(), "cards after a freeze")
    return None


async def _may(desk: Desk, user: str, instance: str) -> None:
    """Raises `Refusal` for people who may not decide on that instance, or on any when it is empty."""
    decides = await desk.decisions.may_decide(user)
    if not decides or (instance and instance not in decides):
        what = f"on upgrades of {code(instance)}" if instance else "on upgrades"
        raise Refusal(f"Only who may decide {what} can freeze or unfreeze them. Ask one of the approvers.")


async def _may_end(desk: Desk, user: str, held: Freeze) -> None:
    """Raises `Refusal` for people who may not end a freeze.

    One of all instances holds back what others decide on too: whoever may not decide on each of them cannot end it,
    unless they began it.
    """
    await _may(desk, user, held.instance)
    if not held.instance and user != held.author and not await desk.decisions.may_decide_all(user):
        raise Refusal("It freezes all instances, and you may not decide on each of them. Ask who began it to end it.")
