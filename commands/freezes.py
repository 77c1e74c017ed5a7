"""`/stt-upgrade freeze`: nothing new starts until a moment that somebody names, with a reason on every card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.freezes import Freeze
from bot.errors import InputsRefused, Refusal
from bot.messages import freezes as messages
from bot.messages.refusals import private
from bot.messages.request_form import NOWHERE, WHY
from bot.ports import Message, Place
from commands.desk import Answer, Ask, Desk
from commands.forms import Form


async def freezes(ask: Ask, desk: Desk) -> Answer:
    """What is frozen, with the buttons that end it or begin another."""
    return messages.freezes(await desk.freezes.holding())


async def begin(ask: Ask, desk: Desk) -> Answer:
    """Opens the form."""
    if ask.trigger_id is None:
        raise Refusal(messages.NO_FORM)
    trigger = ask.opening()
    await _may(desk, ask.user, "")
    judged = await desk.inventory.judged()
    view = messages.form(
        sorted(judged.snapshot.instances),
        await desk.freezes.holding(),
        desk.clock.now() + timedelta(days=1),
        ask.place.channel or NOWHERE,
    )
    await desk.windows.open(trigger, view)
    return None


async def end(ask: Ask, desk: Desk) -> Answer:
    """Ends a freeze; what is approved starts."""
    holding = await desk.freezes.holding()
    held = next((freeze for freeze in holding if str(freeze.id) == ask.text), None)
    if held is None:
        return private(messages.ENDED_ALREADY)
    await _may_end(desk, ask.user, held)
    await desk.freezes.end(held, ask.user)
    desk.background.spawn(desk.teller.tell_all(), "cards after a freeze")
    return Message("Ended.", messages.freezes([freeze for freeze in holding if freeze is not held]).blocks)


async def frozen(form: Form, desk: Desk) -> Mapping[str, Any] | None:
    """The form was sent."""
    chosen = form.chosen(messages.SCOPE) or messages.ALL
    instance = "" if chosen == messages.ALL else chosen
    until, why = form.moment(messages.UNTIL), form.text(WHY)
    if not why:
        raise InputsRefused({WHY: messages.SAY_WHY})
    if until is None:
        raise InputsRefused({messages.UNTIL: messages.SAY_UNTIL})
    await _may(desk, form.user, instance)
    begun = await desk.freezes.freeze(instance, why, form.user, until)
    place = Place(form.user, "" if form.metadata == NOWHERE else form.metadata)
    said = private(messages.freeze_line(begun), warn=False)
    desk.background.spawn(desk.chat.whisper(place, said), "freeze said")
    desk.background.spawn(desk.teller.tell_all(), "cards after a freeze")
    return None


async def _may(desk: Desk, user: str, instance: str) -> frozenset[str]:
    """Where somebody may decide. Raises `Refusal` if not on that instance, or on none when it is empty."""
    decides = await desk.decisions.may_decide(user)
    if not decides or (instance and instance not in decides):
        await desk.decisions.denied(user, "freeze")
        raise Refusal(messages.may_not(instance))
    return decides


async def _may_end(desk: Desk, user: str, held: Freeze) -> None:
    """Raises `Refusal` for people who may not end a freeze.

    One of all instances holds back what others decide on too: whoever may not decide on each of them cannot end it,
    unless they began it.
    """
    decides = await _may(desk, user, held.instance)
    if not held.instance and user != held.author and decides != desk.decisions.policies.keys():
        await desk.decisions.denied(user, "unfreeze")
        raise Refusal(messages.MAY_NOT_END_ALL)
