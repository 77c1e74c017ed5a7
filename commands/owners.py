"""The owner of a model: the button of `/stt-model`, its form, and clearing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.errors import InputsRefused, Refusal, RetuneError
from bot.messages import owners as form
from bot.ports import Message
from commands.desk import Answer, Ask, Desk
from commands.upgrade import QUICK, errors, value_of


def owner(ask: Ask, desk: Desk) -> Answer:
    """Opens the form; the button's value is the model's reference."""
    judgement = desk.inventory.judged_now().of(ask.text)
    if judgement is None or ask.trigger is None:
        raise Refusal("That model is not known any more. /stt-models lists all of them.")
    model, trigger = judgement.model, ask.trigger

    async def work() -> Message | None:
        await desk.owning.may_say(ask.user)
        now, by_rule = desk.owning.owner_of(model.ref, model.name), desk.owning.by_rule(model.name)
        await desk.windows.open(trigger, form.ask(model, now, by_rule))
        return None

    return work


async def owned(user: str, view: Mapping[str, Any], desk: Desk) -> dict[str, Any] | None:
    """The form was sent; what is wrong is said at its input."""
    ref = str(view["private_metadata"])
    person, group = str(value_of(view, form.USER) or ""), str(value_of(view, form.GROUP) or "")
    try:
        now = await asyncio.wait_for(desk.owning.assign(ref, person, group, user), QUICK)
    except TimeoutError:
        return errors(form.USER, "Slack does not answer just now. Press Save again in a moment.")
    except InputsRefused as error:
        return {"response_action": "errors", "errors": error.faults}
    except RetuneError as error:
        return errors(form.USER, error.text)
    return {"response_action": "update", "view": form.done(_name(ref, desk), now)}


def disown(ask: Ask, desk: Desk) -> Answer:
    """Clears what was said by hand, in the form's own window."""
    view_id = ask.view
    if view_id is None:
        raise Refusal("That form is closed. Open it again with the button on /stt-model.")

    async def work() -> Message | None:
        now = await desk.owning.assign(ask.text, "", "", ask.user)
        await desk.windows.update(view_id, form.done(_name(ask.text, desk), now))
        return None

    return work


def _name(ref: str, desk: Desk) -> str:
    judgement = desk.inventory.judged_now().of(ref)
    return judgement.model.name if judgement else ref
