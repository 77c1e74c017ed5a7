"""`/stt-upgrade freeze`: nothing new starts until a moment that somebody names, with a reason on every card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.authority import Act, Scope
from bot.errors import InputsRefused
from bot.messages import freezes as messages
from bot.messages.refusals import private
from bot.messages.request_form import NOWHERE, WHY
from bot.ports import Message, Place
from commands.desk import Answer, Ask, Desk, Window
from commands.forms import Form


async def freezes(ask: Ask, desk: Desk) -> Answer:
    """What is frozen, with the buttons that end it or begin another."""
    return messages.freezes(await desk.freezes.holding())


async def begin(ask: Ask, desk: Desk) -> Answer:
    """Opens the form."""
    judged = await desk.inventory.judged()
    view = messages.form(
        sorted(judged.snapshot.instances),
        await desk.freezes.holding(),
        desk.clock.now() + timedelta(days=1),
        ask.place.channel or NOWHERE,
    )
    return Window(view)


async def end(ask: Ask, desk: Desk) -> Answer:
    """Ends a freeze; what is approved starts."""
    holding = await desk.freezes.holding()
    held = next((freeze for freeze in holding if str(freeze.id) == ask.text), None)
    if held is None:
        return private(messages.ENDED_ALREADY)
    await _may(desk, ask.user, Act.UNFREEZE, held.instance)
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
    await _may(desk, form.user, Act.FREEZE, instance)
    begun = await desk.freezes.freeze(instance, why, form.user, until)
    place = Place(form.user, "" if form.metadata == NOWHERE else form.metadata)
    said = private(messages.freeze_line(begun), warn=False)
    desk.background.spawn(desk.chat.whisper(place, said), "freeze said")
    desk.background.spawn(desk.teller.tell_all(), "cards after a freeze")
    return None


async def _may(desk: Desk, user: str, act: Act, instance: str) -> None:
    """Raises `Denied` for people who are no approvers of that instance; of each, where it is all of them."""
    everywhere = desk.electorate.authority.everywhere
    await desk.electorate.may(user, act, Scope((instance,)) if instance else everywhere)
