"""The owner of a model: the button of `/stt-model`, its form, and clearing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import Refusal
from bot.messages import owners as messages
from commands.desk import Answer, Ask, Desk
from commands.forms import Form
from commands.model import known


async def owner(ask: Ask, desk: Desk) -> Answer:
    """Opens the form; the button's value is the model's reference."""
    model, trigger = (await known(ask.text, desk)).model, ask.opening()
    await desk.owning.may_say(ask.user)
    now, by_rule = await desk.owning.owner_of(model), desk.owning.by_rule(model.name)
    await desk.windows.open(trigger, messages.ask(model, now, by_rule))
    return None


async def owned(form: Form, desk: Desk) -> Mapping[str, Any]:
    """The form was sent."""
    ref = form.metadata
    model = (await known(ref, desk)).model
    now = await desk.owning.assign(ref, form.chosen(messages.USER) or "", form.text(messages.GROUP), form.user)
    return messages.done(model.name, now)


async def disown(ask: Ask, desk: Desk) -> Answer:
    """Clears what was said by hand, in the form's own window."""
    view_id = ask.view
    if view_id is None:
        raise Refusal(messages.CLOSED)
    model = (await known(ask.text, desk)).model
    now = await desk.owning.assign(ask.text, "", "", ask.user)
    await desk.windows.update(view_id, messages.done(model.name, now))
    return None
