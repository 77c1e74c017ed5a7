"""The small print of a card: the model's owner, who asked, who can approve by when, and what delays the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.domain.freezes import Wait
from bot.domain.policies import Policy
from bot.domain.requests import LIVE, Request, RequestState
from bot.domain.runs import RunState
from bot.messages.freezes import wait_text
from bot.messages.model_lines import owner_of
from bot.messages.people import named, person
from bot.messages.refusals import called
from bot.messages.signs import Sign
from bot.messages.text import code, counted, listed, moment, some

if TYPE_CHECKING:
    from bot.messages.card import Seen

INSTANCES = 6
"""Instances named."""


def small_print(request: Request, seen: Seen) -> list[str]:
    """The instance, the owner and the requester; who must approve by when, or who approved."""
    names, policy, model = seen.around.actors, seen.policy, request.first.plan.model
    instances = sorted({run.plan.model.instance for run in request.meant})
    lines = [f"{model.kind.capitalize()} model · instance {code(model.instance)}{owner_of(request.first, seen.around)}"]
    if request.several:
        lines = [f"On {some([code(name) for name in instances], INSTANCES)}"]
    lines.append(f"request {request.id} by {called(request.requester, names)}, {moment(request.requested_at)}")
    if request.state is RequestState.OPEN:
        missing = max(1, policy.needed - len(request.approved_by))
        by = f" from {who}" if (who := _can_approve(request, policy, names)) else ""
        votes = f"; approved so far by {named(request.approved_by, names)}" if request.approved_by else ""
        lines.append(f"needs {counted(missing, 'approval')}{by} by {moment(request.expires_at)}{votes}")
    elif request.approved_by and request.state is not RequestState.REJECTED:
        when = f", {moment(request.votes[-1].at)}" if request.votes else ""
        lines.append(f"approved by {named(request.approved_by, names)}{when}")
    stopped = [run.cancelled_by for run in request.runs if run.cancelled_by and run.state is RunState.RUNNING]
    lines += [f"ends after the present step, stopped by {called(by, names)}" for by in stopped]
    if request.ended_at and request.state in (RequestState.DONE, RequestState.FAILED):
        lines.append(f"{request.state.value} {moment(request.ended_at)}")
    if request.left_out:
        lines.append(f"{counted(len(request.left_out), 'model')} left out: see Details")
    return lines


def _can_approve(request: Request, policy: Policy, names: Mapping[str, str]) -> str:
    """The people it asks: mentioned, except the requester, whose own act this is."""
    asked = [id for id in policy.approvers if policy.self_approval or id != request.requester]
    return listed([person(id, request.requester, names) for id in asked], "or")


def hindrances(request: Request, needed: int, wait: Wait | None, names: Mapping[str, str]) -> list[str]:
    """What delays it, for approvers and for those who wait; *names* are people's names."""
    is_open, lines = request.state is RequestState.OPEN, []
    if is_open and request.voters is not None and request.voters < needed:
        lines.append(
            f":warning: {f'Only {request.voters}' if request.voters else 'Nobody'} could approve this, and it needs "
            f"{counted(needed, 'approval')}. An operator must name more people in RETUNE_APPROVERS."
        )
    if wait is not None and wait.why == "window" and is_open:
        # Unknown until it is approved, and the card is not edited when the hours begin and end.
        lines.append(f"{Sign.SCHEDULED} Once approved, it starts only in these hours: {wait.hours}.")
    elif wait is not None and wait.why == "time" and is_open:
        lines.append(f"{Sign.SCHEDULED} Once approved, it starts {moment(wait.until)} at the earliest.")
    elif wait is not None and request.state in LIVE:
        lines.append(wait_text(wait, names))
    return lines
