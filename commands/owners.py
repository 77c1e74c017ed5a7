"""Owners: the form that sets a model's owner, and its menu of user groups."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from bot.domain.fleet import Model
from bot.domain.untrusted_text import matching
from bot.errors import ChatError, InputsRefused, Refusal
from bot.messages import owners
from bot.messages.kit import Options
from bot.ports import Group
from commands.desk import Answer, Ask, Desk, Window
from commands.forms import Form
from commands.model import known


async def owner(ask: Ask, desk: Desk) -> Answer:
    """Opens the form; the button's value is the model's reference."""
    model = (await known(ask.text, desk)).model
    await desk.owning.may_say(ask.user)
    now, by_rule = await desk.owning.owner_of(model), desk.owning.by_rule(model.name)
    groups, why_not = await _groups(desk)
    return Window(owners.ask(model, now, by_rule, groups, why_not))


async def _groups(desk: Desk) -> tuple[tuple[Group, ...], str]:
    """The groups to choose from, or why there are none: then an id can be typed."""
    try:
        return await desk.groups.all(), ""
    except ChatError as error:
        return (), owners.why_not(error.text, error.code)


async def groups(ask: Ask, desk: Desk) -> Options:
    """The choices for what was typed: the groups whose name or handle contains it."""
    wanted = matching(ask.meant.removeprefix("@"))
    every = await desk.groups.all()
    found = (one for one in every if wanted in matching(one.name) or wanted in matching(one.handle))
    return owners.offer(islice(found, owners.MOST))


async def owned(form: Form, desk: Desk) -> Mapping[str, Any]:
    """The form was sent."""
    model = (await known(form.metadata, desk)).model
    if (group := form.chosen(owners.GROUP)) is not None:
        await _offered(model, group, desk)
    group = group or form.text(owners.GROUP)
    now = await desk.owning.assign(model.ref, form.chosen(owners.USER) or "", group, form.user)
    return owners.done(model.name, now)


async def _offered(model: Model, group: str, desk: Desk) -> None:
    """Raises `InputsRefused` for a group that no menu offers: none is called so, or it is not in use any more."""
    now = await desk.owning.owner_of(model)
    if now is None or now.id != group:
        found, why_not = await _groups(desk)
        if not why_not and all(one.id != group for one in found):
            raise InputsRefused({owners.GROUP: owners.NOT_OFFERED})


async def disown(ask: Ask, desk: Desk) -> Answer:
    """Clears the owner set by hand, in the form's own window."""
    if ask.window.id is None:
        raise Refusal(owners.CLOSED)
    model = (await known(ask.text, desk)).model
    now = await desk.owning.assign(ask.text, "", "", ask.user)
    return Window(owners.done(model.name, now))
