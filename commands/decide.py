"""Approve and Reject on the card, *Details*, and what people may do with a request after that."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, get_args

from bot.domain.approvals import Wish
from bot.domain.requests import RequestState
from bot.domain.typed_values import number
from bot.errors import ChatError, Refusal, RetuneError
from bot.flows.budgets import Cost
from bot.flows.deciding import Acted
from bot.messages import details as details_view
from bot.messages import request_form as forms
from bot.messages.denials import NO_SUCH_REQUEST, denied
from bot.messages.refusals import private
from commands.desk import Answer, Ask, Desk, Window
from commands.forms import Form

log = logging.getLogger(__name__)

WISHES: Mapping[str, Wish] = {wish.replace(" ", "-"): wish for wish in get_args(Wish)}
"""What people may want, by the word in the button's value."""


async def approve(ask: Ask, desk: Desk) -> Answer:
    """A click on Approve, on the card or in Details; its value is the request and the digest of the plans it shows."""
    id, digest = split(ask.text)
    acted = await desk.decisions.vote(id, digest, "approve", ask.user)
    if acted.decision.allowed:
        _tell(id, desk)
    return await _shown(ask, desk, acted, id)


async def reject(ask: Ask, desk: Desk) -> Answer:
    """A click on Reject asks why, in the window it came from or a new one; the vote counts when the answer comes."""
    id, digest = split(ask.text)
    acted = await desk.decisions.would_count(id, digest, "reject", ask.user)
    if not acted.decision.allowed or acted.request is None:
        return await _shown(ask, desk, acted, id) if ask.view else private(_denied(acted, desk))
    return Window(forms.reject(acted.request))


async def rejected(form: Form, desk: Desk) -> Mapping[str, Any] | None:
    """The reason came: the vote counts now, if it still may."""
    id, digest = split(form.metadata)
    acted = await desk.decisions.vote(id, digest, "reject", form.user, form.text(forms.WHY))
    if not acted.decision.allowed:
        return forms.refused(_denied(acted, desk))
    _tell(id, desk)
    return None


def _tell(id: int, desk: Desk) -> None:
    """In the background: where the card fails, the person is not told that nothing changed."""
    desk.background.spawn(desk.teller.tell(id), f"card {id}")


async def details(ask: Ask, desk: Desk) -> Answer:
    """Opens what the card leaves out, with this person's buttons."""
    return Window(await _details(number(ask.text), ask.user, desk))


async def turn(ask: Ask, desk: Desk) -> Answer:
    """Another page of the models of a large request, in the same window: the value is the page and the request."""
    page, _, id = ask.text.partition(" ")
    return Window(await _details(number(id), ask.user, desk, page=number(page)))


async def wish(ask: Ask, desk: Desk) -> Answer:
    """A click on one of the buttons: the value is the wish, the request and its run. Checked again."""
    word, _, about = ask.text.partition(" ")
    wanted = WISHES.get(word)
    if wanted is None:
        raise Refusal(NO_SUCH_REQUEST)
    request, _, run = about.partition(".")
    id = number(request)
    if wanted == "retry":  # whether it is possible is read from the service
        desk.budgets.spend(ask.user, Cost.READINGS)
    acted = await desk.decisions.wish(wanted, id, ask.user, number(run) if run else None)
    if acted.decision.allowed:
        _tell(id, desk)
    return await _shown(ask, desk, acted, id)


async def _shown(ask: Ask, desk: Desk, acted: Acted, id: int) -> Answer:
    """The result of a click: *Details* again where it came from there, else words, and only where it did not count."""
    counts = acted.decision.allowed
    answer = "" if counts else _denied(acted, desk)
    if ask.window.id is None:
        return private(answer) if answer else None
    try:
        view = await _details(id, ask.user, desk, answer)
    except RetuneError as error:
        if not counts:
            raise
        log.warning("the details of request %s cannot be shown: %s", id, error.text)
        view = details_view.unseen()
    return Window(view)


async def _details(id: int, user: str, desk: Desk, answer: str = "", page: int = 0) -> Mapping[str, Any]:
    request = await desk.requests.get(id)
    if request is None:
        raise Refusal(NO_SUCH_REQUEST)
    try:
        offers = await desk.decisions.offers(request, user)
    except ChatError as error:
        return details_view.unread(error)
    if not request.large:
        request = await desk.planning.estimated(request)
    model = request.first.plan.model
    return details_view.details(
        request,
        await desk.teller.seen_now(request),
        (await desk.inventory.judged()).of(model.ref) if not request.several else None,
        desk.freezes.window(model.instance) if request.state in (RequestState.OPEN, RequestState.SCHEDULED) else None,
        offers,
        answer,
        page,
    )


def _denied(acted: Acted, desk: Desk) -> str:
    return denied(acted.decision, acted.request, desk.electorate.authority.policies, desk.clock.now(), acted.run)


def split(value: str) -> tuple[int, str]:
    """The request and the digest in a button's value."""
    id, _, digest = value.partition(":")
    return number(id), digest
