"""`/stt-upgrade freeze`: nothing new starts until a given moment, with a reason on every card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.authority import Act, Reason, Scope
from bot.errors import Denied, InputsRefused
from bot.messages import freezes as messages
from bot.messages.refusals import private
from bot.messages.request_form import NOWHERE, WHY
from bot.ports import Message, Place
from commands.desk import Answer, Ask, Desk, Window
from commands.forms import Form


async def freezes(ask: Ask, desk: Desk) -> Answer:
    """What is frozen, with the buttons that end a freeze or begin another."""
    return messages.freezes(await desk.freezes.holding())


async def begin(ask: Ask, desk: Desk) -> Answer:
    """Opens the form."""
    decides, everywhere = await desk.electorate.decides_on(ask.user), desk.electorate.authority.everywhere
    if not decides:
        names = dict.fromkeys(name for each in desk.electorate.authority.policies.values() for name in each.approvers)
        raise Denied(messages.for_approvers(names), f"{Act.FREEZE}: {Reason.NOT_AN_APPROVER}")
    view = messages.form(
        sorted(decides),
        await desk.freezes.holding(),
        desk.clock.now() + timedelta(days=1),
        ask.place.channel or NOWHERE,
        everywhere=decides.issuperset(everywhere.instances),
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
    _tell(desk)
    return Message("Ended.", messages.freezes([freeze for freeze in holding if freeze is not held]).blocks)


async def frozen(form: Form, desk: Desk) -> Mapping[str, Any] | None:
    """The form was sent."""
    until, why = form.moment(messages.UNTIL), form.text(WHY)
    if not why:
        raise InputsRefused({WHY: messages.SAY_WHY})
    if until is None:
        raise InputsRefused({messages.UNTIL: messages.SAY_UNTIL})
    begun = await desk.freezes.freeze_each(await _chosen(form, desk), why, form.user, until)
    place = Place(form.user, "" if form.metadata == NOWHERE else form.metadata)
    said = messages.told(begun)
    desk.background.spawn(desk.chat.whisper(place, said), "freeze said")
    _tell(desk)
    return None


async def _chosen(form: Form, desk: Desk) -> list[str]:
    """What a form freezes, by who may decide there now; all instances are "". Raises `Denied`."""
    chosen = form.chosen(messages.SCOPE) or messages.ALL
    if chosen == messages.MINE:
        mine = sorted(await desk.electorate.decides_on(form.user))
        if not mine:
            await _may(desk, form.user, Act.FREEZE, "")
        return mine
    instance = "" if chosen == messages.ALL else chosen
    await _may(desk, form.user, Act.FREEZE, instance)
    return [instance]


def _tell(desk: Desk) -> None:
    desk.background.spawn(desk.notices.freezes(), "freeze said in the channel")
    desk.background.spawn(desk.teller.tell_all(), "cards after a freeze")


async def _may(desk: Desk, user: str, act: Act, instance: str) -> None:
    """Raises `Denied` for people who are no approvers of that instance; for all instances, of each."""
    everywhere = desk.electorate.authority.everywhere
    await desk.electorate.may(user, act, Scope((instance,)) if instance else everywhere)
