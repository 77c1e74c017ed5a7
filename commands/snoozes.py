"""Snooze and hold: the buttons of `/stt-model`, their form, and the button that ends one early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.snoozes import Scope, Snooze, SnoozeKind, Wish, subject_of
from bot.errors import Refusal
from bot.messages import snoozes as messages
from bot.messages.refusals import private
from bot.ports import Message
from commands.desk import Answer, Ask, Desk
from commands.forms import Form


def snooze(ask: Ask, desk: Desk) -> Answer:
    """Opens the form of a snooze; the button's value is the model's reference."""
    return _form(ask, desk, SnoozeKind.SNOOZE)


def hold(ask: Ask, desk: Desk) -> Answer:
    """Opens the form of a hold, with the risk of holding."""
    return _form(ask, desk, SnoozeKind.HOLD)


def _form(ask: Ask, desk: Desk, kind: SnoozeKind) -> Answer:
    judgement = desk.inventory.judged_now().of(ask.text)
    if judgement is None or ask.trigger is None:
        raise Refusal("That model is not known any more. /stt-models lists all of them.")
    trigger = ask.trigger

    async def work() -> Message | None:
        await desk.snoozer.may_snooze(ask.user)
        standing = desk.snoozer.index().get((Scope.MODEL, judgement.model.ref))
        await desk.windows.open(trigger, messages.ask(judgement, kind, desk.snoozer.today(), standing))
        return None

    return work


async def snoozed(form: Form, desk: Desk) -> Mapping[str, Any]:
    """The form was sent: in force before Slack hears that we took it."""
    kind, _, ref = form.metadata.partition(" ")
    judgement = desk.inventory.judged_now().of(ref)
    if judgement is None:
        raise Refusal("That model is not known any more. /stt-models lists all of them.")
    scope = Scope(form.chosen(messages.SCOPE) or Scope.MODEL)
    by_version = form.chosen(messages.UNTIL) == messages.BY_VERSION
    wish = Wish(
        kind=SnoozeKind(kind),
        scope=scope,
        subject=subject_of(scope, judgement.model),
        until=None if by_version else form.day(messages.DATE),
        by_version=by_version,
        reason=form.text(messages.WHY),
    )
    made = await desk.snoozer.snooze(wish, form.user, form.id)
    return messages.done(made, _name(made, desk))


def unsnooze(ask: Ask, desk: Desk) -> Answer:
    """Ends one early, confirmed by the person; judged anew."""
    id = int(ask.text) if ask.text.isdigit() else 0

    async def work() -> Message | None:
        refused = await desk.snoozer.end(id, ask.user)
        if refused is not None:
            return private(refused)
        ended = desk.store.snoozes.get(id)
        assert ended is not None
        return private(messages.ended(ended, _name(ended, desk)), warn=False)

    return work


def in_force(desk: Desk) -> Message:
    """Everything that is snoozed or on hold, with a button each that ends it."""
    names = {j.model.ref: j.model.name for j in desk.inventory.judged_now().judgements}
    return messages.listed(desk.snoozer.in_force(), names)


def _name(snooze: Snooze, desk: Desk) -> str | None:
    judgement = desk.inventory.judged_now().of(snooze.subject)
    return judgement.model.name if judgement else None
