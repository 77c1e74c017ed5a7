"""Denials: why a click does not count, and who could or what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.domain.approvals import Decision, Policy, Reason, policy_of, strictest
from bot.domain.requests import Request, RequestState
from bot.domain.runs import Run
from bot.messages.causes import cause_text
from bot.messages.refusals import approvers
from bot.messages.states import state_word
from bot.messages.text import ago, code, escape, moment


def no_such_request() -> str:
    """The request is not known."""
    return "There is no such request. `/stt-runs` lists all of them; `/stt-upgrade` asks for a new one."


def denied(
    decision: Decision,
    request: Request | None,
    policies: Mapping[str, Policy],
    now: datetime,
    run: Run | None = None,
) -> str:
    """Why a click on a request does not count; *run* is the one of its runs that the click is about."""
    if request is None:
        return no_such_request()
    policy = policy_of(policies, decision.instance) if decision.instance else strictest(policies, request)
    who = approvers(policy) or "people named in RETUNE_APPROVERS (nobody is named now)"
    if decision.reason in _ALWAYS:
        return _ALWAYS[decision.reason]
    match decision.reason:
        case Reason.NOT_A_MEMBER:
            return f"Guests and bots cannot decide on upgrades. Ask {who}."
        case Reason.NOT_AN_APPROVER:
            return f"Only {who} can decide on upgrades of {code(decision.instance)}."
        case Reason.OWN_REQUEST:
            return f"You asked for this yourself, so somebody else must approve it: {who}."
        case Reason.EXPIRED:
            return f"This request expired {ago(request.expires_at, now)}. Ask again with {again(request)}."
        case Reason.NOT_THE_REQUESTER:
            return f"Only <@{request.requester}> can withdraw this request. {who} can reject or cancel it."
        case Reason.NOT_FAILED:
            return f"Only what failed can be tried again; {_as_it_is(request, run)}."
        case Reason.NOT_RUNNING:
            return f"It does not run: {_as_it_is(request, run)}."
        case Reason.NOT_PAUSED:
            return f"Only a paused request can be resumed; this one is {state_word(request)}."
        case Reason.NOT_POSSIBLE:
            about = run or request.first
            name = about.plan.model.name
            why = f"{code(name)} is busy." if decision.cause is None else cause_text(decision.cause, name, about)
            return f"It cannot be tried again now. {why} It stays failed."
        case Reason.TAKEN:
            return f"One of its models is in request {decision.holder} meanwhile. See `/stt-runs {decision.holder}`."
        case _:
            return decided(request, now)


_ALWAYS = {
    Reason.OTHER_WORKSPACE: "Only members of this workspace can decide here.",
    Reason.ALREADY_VOTED: "Your approval counts already; it waits for another one.",
    Reason.OLDER_PLAN: "That card shows an older plan. Decide on the newest card.",
    Reason.NO_VOTE: "You have no vote on this request that could be taken back.",
    Reason.STARTED: (
        "It has already started, so this is too late. An approver can cancel what has not begun: press Details on the "
        "card."
    ),
    Reason.LAST_STEP: (
        "Its last step is with the service, which has no call to cancel it. It ends by itself; the thread tells how."
    ),
    Reason.NOTHING_LEFT: (
        "Everything has begun already, and the service cannot be stopped. The thread tells how it ends."
    ),
    Reason.UNKNOWN: no_such_request(),
}
"""What is said whatever the request is."""


def _as_it_is(request: Request, run: Run | None) -> str:
    """The state of what a click is about: of one model where there are several, else of the request."""
    if request.several and run is not None:
        return f"{code(run.plan.model.name)} is {run.state.value}"
    return f"the request is {state_word(request)}"


def decided(request: Request, now: datetime) -> str:
    """What became of a request that somebody clicks on too late."""
    by = f" by <@{request.decided_by}>" if request.decided_by else ""
    when = f" {ago(request.decided_at, now)}" if request.decided_at else ""
    match request.state:
        case RequestState.REJECTED | RequestState.WITHDRAWN | RequestState.CANCELLED:
            return f"Already {request.state.value}{by}{when}."
        case RequestState.EXPIRED:
            return f"This request expired {moment(request.expires_at)}. Ask again with {again(request)}."
        case RequestState.CHANGED:
            return f"Something changed since, so this plan does not hold any more. Ask again with {again(request)}."
        case RequestState.DONE | RequestState.FAILED:
            return f"Already approved{by}{when}, and {request.state.value} since {moment(request.ended_at or now)}."
        case RequestState.OPEN:
            return "That card shows an older plan. Decide on the newest card."
        case _:
            return f"Already approved{by}{when}; it is {state_word(request)} now."


def again(request: Request) -> str:
    """The command that asks for the same again."""
    return "`/stt-upgrade outdated`" if request.several else f"`/stt-upgrade {escape(request.first.plan.model.name)}`"
