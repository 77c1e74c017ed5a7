"""The answers about acoustic models in a form for several: these models are planned again, then requested."""

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
"""Ids of language models, or `ALONE`, by the references of the acoustic models trained with them."""


async def answers(form: Form, ticked: Sequence[str], desk: Desk) -> Said:
    """The form's answers for ticked models whose plans do not follow them yet.

    Raises `InputsRefused` where one has no answer, and `Refusal` for a form that is too old.
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
    """Stores the answers, plans those models again, and requests all ticked ones; *post* shows the card.

    Raises a `RetuneError`. What can't be planned now is left out, and named.
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
