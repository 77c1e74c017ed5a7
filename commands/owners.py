"""The owner of a model: the button of `/stt-model`, its form, and clearing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import Refusal
from bot.messages import owners as messages
from bot.ports import Message
from commands.desk import Answer, Ask, Desk
from commands.forms import Form


def owner(ask: Ask, desk: Desk) -> Answer:
    """Opens the form; the button's value is the model's reference."""
    judgement = desk.inventory.judged_now().of(ask.text)
    if judgement is None or ask.trigger is None:
        raise Refusal("That model is not known any more. /stt-models lists all of them.")
    model, trigger = judgement.model, ask.trigger

    async def work() -> Message | None:
        await desk.owning.may_say(ask.user)
        now, by_rule = desk.owning.owner_of(model.ref, model.name), desk.owning.by_rule(model.name)
        await desk.windows.open(trigger, messages.ask(model, now, by_rule))
        return None

    return work


async def owned(form: Form, desk: Desk) -> Mapping[str, Any]:
    """The form was sent."""
    ref = form.metadata
    now = await desk.owning.assign(ref, form.chosen(messages.USER) or "", form.text(messages.GROUP), form.user)
    return messages.done(_name(ref, desk), now)


def disown(ask: Ask, desk: Desk) -> Answer:
    """Clears what was said by hand, in the form's own window."""
    view_id = ask.view
    if view_id is None:
        raise Refusal("That form is closed. Open it again with the button on /stt-model.")

    async def work() -> Message | None:
        now = await desk.owning.assign(ask.text, "", "", ask.user)
        await desk.windows.update(view_id, messages.done(_name(ask.text, desk), now))
        return None

    return work


def _name(ref: str, desk: Desk) -> str:
    judgement = desk.inventory.judged_now().of(ref)
    return judgement.model.name if judgement else ref
