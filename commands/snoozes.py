"""Snooze and hold: the buttons of `/stt-model`, their form, and the button that ends one early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.authority import Act
from bot.domain.snoozes import Reach, SnoozeKind, Wish, subject_of
from bot.domain.typed_values import number
from bot.errors import InputsRefused, Refusal
from bot.messages import snooze_form as forms
from bot.messages import snoozes as messages
from bot.messages.kit import OPTION
from bot.messages.refusals import private
from bot.ports import Message
from commands.desk import Answer, Ask, Desk, Window
from commands.forms import Form
from commands.model import known


async def snooze(ask: Ask, desk: Desk) -> Answer:
    """Opens the form of a snooze, or of a hold with its risk; the button's value is the model's reference."""
    judgement, kind = await known(ask.text, desk), SnoozeKind(ask.name)
    reaches: tuple[Reach, ...] = (Reach.MODEL,)
    if kind is SnoozeKind.HOLD:
        await desk.electorate.may(ask.user, Act.HOLD)
    else:
        reaches = await desk.snoozer.reaches(ask.user, judgement.model)
    standing = (await desk.snoozer.index()).get((Reach.MODEL, judgement.model.ref))
    return Window(forms.ask(judgement, kind, await desk.snoozer.today(ask.user), standing, reaches))


async def snooze_listed(ask: Ask, desk: Desk) -> Answer:
    """Opens the form of a snooze that asks for one of the models that an announcement would list now."""
    found = await desk.survey.findings()
    models = [judgement.model for judgement in found.worth if len(judgement.model.ref) <= OPTION][: forms.OFFERED]
    if not models:
        raise Refusal(forms.NOTHING)
    reaches, today = await desk.snoozer.reaches(ask.user, *models), await desk.snoozer.today(ask.user)
    return Window(forms.ask_which(models, found.count - len(models), today, reaches))


async def snoozed(form: Form, desk: Desk) -> Mapping[str, Any]:
    """The form was sent: in force before Slack gets its acknowledgement."""
    word, _, ref = form.metadata.partition(" ")
    if not ref and not (ref := form.chosen(forms.MODEL) or ""):
        raise InputsRefused({forms.MODEL: forms.CHOOSE_MODEL})
    kind, judgement = SnoozeKind(word), await known(ref, desk)
    scope = Reach.MODEL if kind is SnoozeKind.HOLD else _reach(form)
    by_version = form.chosen(forms.UNTIL) == forms.BY_VERSION
    wish = Wish(
        kind=kind,
        scope=scope,
        subject=subject_of(scope, judgement.model),
        until=None if by_version else form.day(forms.DATE),
        by_version=by_version,
        reason=form.text(forms.WHY),
    )
    made = await desk.snoozer.snooze(wish, form.user, form.id)
    _tell(desk)
    return messages.done(made, judgement.model.name if scope is Reach.MODEL else None)


async def unsnooze(ask: Ask, desk: Desk) -> Answer:
    """Ends one early, confirmed by the person; checked again."""
    judged = await desk.inventory.judged()
    end = await desk.snoozer.end(number(ask.text), ask.user)
    if not end.late:
        _tell(desk)
    about = judged.of(end.snooze.subject) if end.snooze else None
    return private(messages.ended(end, about.model.name if about else None), warn=end.late)


def _reach(form: Form) -> Reach:
    """What was chosen; the right to it is checked when it is written."""
    chosen = form.chosen(forms.SCOPE) or ""
    if chosen not in list(Reach):
        raise InputsRefused({forms.SCOPE: forms.CHOOSE})
    return Reach(chosen)


def _tell(desk: Desk) -> None:
    """Tells the channel what silences more than one model; cards of waiting requests show or drop a hold."""
    desk.background.spawn(desk.snoozer.say(), "snooze said")
    desk.background.spawn(desk.teller.tell_all(), "cards after a hold")


async def in_force(desk: Desk) -> Message:
    """Everything that is snoozed or on hold, with a button each that ends it."""
    judged, snoozes = await desk.inventory.judged(), await desk.snoozer.in_force()
    found = filter(None, (judged.of(snooze.subject) for snooze in snoozes if snooze.scope is Reach.MODEL))
    return messages.listed(snoozes, {judgement.model.ref: judgement.model.name for judgement in found})
