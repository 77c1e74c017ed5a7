"""What a form for several models says of its acoustic models: they are planned anew, and then requested."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bot.domain.links import ALONE, link_in
from bot.domain.offers import OPEN, ref_of
from bot.domain.requests import Request
from bot.errors import InputsRefused
from bot.messages import links, several_form
from bot.messages import request_form as forms
from commands.desk import Desk, Window
from commands.forms import Form

Said = Mapping[str, str]
"""Ids of language models, or `ALONE`, by the references of the acoustic models that were trained with them."""


async def answers(form: Form, ticked: Sequence[str], desk: Desk) -> Said:
    """What the form says of ticked models, where their plans do not go by it already.

    Raises `InputsRefused` where it says nothing of one, and `Refusal` for a form that is too old.
    """
    asked = [key for key in ticked if _is_open(key) or _input(key) in form.inputs]
    if silent := [key for key in asked if form.chosen(_input(key)) is None]:
        judged = await desk.inventory.judged()
        names = {ref: known.model.name for key in silent if (known := judged.of(ref := ref_of(key)))}
        raise InputsRefused({_input(key): links.not_said(key, names) for key in silent})
    planned = [key for key in asked if not _is_open(key)]
    plans = await desk.requests.drafted(planned) if planned else []
    went_by = {key: link_in(plan) for key, plan in zip(planned, plans, strict=True)}
    said = {key: _chosen(form, key) for key in asked}
    return {ref_of(key): id for key, id in said.items() if went_by.get(key) != id}


def _is_open(key: str) -> bool:
    return key.endswith(f" {OPEN}")


def _input(key: str) -> str:
    return f"{links.LINKED}{ref_of(key)}"


def _chosen(form: Form, key: str) -> str:
    chosen = form.chosen(_input(key))
    return ALONE if chosen in (None, links.NONE) else str(chosen)


async def requested(
    form: Form,
    ticked: Sequence[str],
    said: Said,
    what: forms.Wanted,
    later: datetime | None,
    desk: Desk,
    post: Callable[[Request], Awaitable[None]],
) -> Window:
    """Remembers what was said, plans those models anew, and requests all that is ticked; *post* shows the card.

    Raises a `RetuneError`. What cannot be planned now is left out, and said.
    """
    for ref, id in said.items():
        await desk.requests.link(ref, id or None, form.user)
    fresh, left_out = await desk.requests.gathering.replan([*said])
    keys = [*(key for key in ticked if ref_of(key) not in said), *fresh]
    if not keys:
        return Window(forms.nothing(left_out), refused="nothing can be upgraded")
    why = form.text(forms.WHY)
    try:
        request = await desk.requests.propose(form.id, keys, why, form.user, later, what.holds, left_out)
    except InputsRefused as error:
        return Window(several_form.not_requested([*error.faults.values()]), refused="on hold")
    await post(request)
    return Window(several_form.requested(request))
