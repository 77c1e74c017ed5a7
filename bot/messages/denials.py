"""Denials: why a click does not count, and who could click, or what to do instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain.approvals import required
from bot.domain.authority import Act, Authority, Decision, Reason, Scope
from bot.domain.policies import Policy, policy_of
from bot.domain.requests import Request, RequestState
from bot.domain.runs import Run
from bot.messages.holds import denied as on_hold
from bot.messages.outcomes import cause_text
from bot.messages.refusals import approvers, mention
from bot.messages.steps import state_word
from bot.messages.text import ago, code, listed, moment

NO_SUCH_REQUEST = "There is no such request. `/stt-runs` lists all of them; `/stt-upgrade` asks for a new one."

_DENIED = {
    Reason.OTHER_WORKSPACE: "Only members of this workspace can decide here.",
    Reason.NOT_A_MEMBER: "Guests and bots can't decide on upgrades. Ask {who}.",
    Reason.NOT_AN_APPROVER: "Only {who} can approve upgrades on {instance}.",
    Reason.OWN_REQUEST: "You asked for this yourself, so somebody else must approve it: {who}.",
    Reason.ALREADY_VOTED: "Your approval counts already; it waits for another one.",
    Reason.EXPIRED: "This request expired {expired}. Ask again with {again}.",
    Reason.NOT_THE_REQUESTER: "Only <@{requester}> can withdraw this request. {who} can reject or stop it.",
    Reason.NO_VOTE: "You have no vote on this request that could be taken back.",
    Reason.OLDER_PLAN: "That card shows an older plan. Decide on the newest card.",
    Reason.STARTED: (
        "It has already started, so this is too late. An approver can stop what has not begun: press Details on the "
        "card."
    ),
    Reason.LAST_STEP: (
        "Its last step is with the service, which has no call to stop it. It ends by itself; the thread tells how."
    ),
    Reason.NOTHING_LEFT: (
        "Everything has begun already, and the service can't be stopped. The thread tells how it ends."
    ),
    Reason.NOT_FAILED: "Only what failed can be tried again; {as_it_is}.",
    Reason.NOT_RUNNING: "It does not run: {as_it_is}.",
    Reason.NOT_PAUSED: "Only a paused request can be resumed; this one is {state}.",
    Reason.NOT_UNCLEAR: (
        "There is nothing left to decide: {as_it_is}, and the thread tells what became of the step. Nothing was "
        "changed."
    ),
    Reason.NOT_POSSIBLE: "It can't be retried now. {why} It stays failed.",
    Reason.TAKEN: "One of its models is in request {holder} meanwhile. See `/stt-runs {holder}`.",
    Reason.UNKNOWN: NO_SUCH_REQUEST,
}


_WHAT = {
    Act.READ: "use Retune",
    Act.REQUEST: "request upgrades",
    Act.LINK: "set what a model was trained with",
    Act.OWN: "set owners",
    Act.PROBE: "check models for warnings",
    Act.SNOOZE: "snooze models",
    Act.HOLD: "put models on hold",
    Act.SNOOZE_ALL: "snooze a base model or an instance",
    Act.END: "end this",
    Act.PREVIEW: "read announcements early",
    Act.ANNOUNCE: "send announcements",
    Act.CHART: "get the chart",
    Act.CHANGE: "change when and where announcements go",
    Act.EXPORT: "export requests",
    Act.FREEZE: "freeze upgrades{where}",
    Act.UNFREEZE: "end this freeze{where}",
    Act.ADD_WORD: "add a word{where}",
    Act.ACCEPT: "say that what an instance lists is right{where}",
}
"""The names of acts that are not about a request."""


def may_not(act: Act, decision: Decision, authority: Authority, scope: Scope) -> str:
    """Why a person may not do something that is not about a request, and who may; escaped."""
    where = f" on {code(decision.instance)}" if len(scope.instances) == 1 else ""
    what = _WHAT.get(act, "decide on upgrades{where}").format(where=where)
    match decision.reason:
        case Reason.OTHER_WORKSPACE:
            return f"Only members of this workspace can {what}."
        case Reason.NOT_A_MEMBER:
            return f"Guests, bots and deactivated people can't {what}. Ask a member of this workspace."
        case _:
            own = [scope.owner, scope.requester] if act is Act.ADD_WORD else [scope.author]
            return _approvers_only(what, decision.instance, authority, scope, own)


def _approvers_only(what: str, instance: str, authority: Authority, scope: Scope, own: Iterable[str]) -> str:
    policies = [authority.policies[instance]] if instance in authority.policies else authority.policies.values()
    names = [name for policy in policies for name in policy.approvers]
    if len(scope.instances) > 1:
        ask = f" On {code(instance)} that is {_any_of(names)}." if names else ""
        return f"Only approvers of all instances can {what}.{ask}"
    return f"Only {_any_of([*filter(None, own), *names])} can {what}."


def _any_of(names: Iterable[str]) -> str:
    who = listed([mention(name) for name in dict.fromkeys(names)], "or")
    return who or "people named in RETUNE_APPROVERS (nobody is named now)"


def denied(
    decision: Decision, request: Request | None, policies: Mapping[str, Policy], now: datetime, run: Run | None = None
) -> str:
    """Why a click on a request does not count; *run* is the run it is about."""
    if request is None:
        return NO_SUCH_REQUEST
    if decision.reason is Reason.ON_HOLD:
        return on_hold(decision.held, policies)
    if decision.reason not in _DENIED:
        return decided(request, now)
    policy = policy_of(policies, decision.instance) if decision.instance else required(policies, request)
    about, state = run or request.first, state_word(request)
    name = about.plan.model.name
    return _DENIED[decision.reason].format(
        who=approvers(policy) or "people named in RETUNE_APPROVERS (nobody is named now)",
        instance=code(decision.instance),
        expired=ago(request.expires_at, now),
        again=again(request),
        requester=request.requester,
        state=state,
        as_it_is=f"{code(name)} is {run.state.value}" if request.several and run else f"the request is {state}",
        why=cause_text(decision.cause, name, about) if decision.cause else f"{code(name)} is busy.",
        holder=decision.holder,
    )


def decided(request: Request, now: datetime) -> str:
    """What happened to a request before a click that came too late."""
    by = f" by <@{request.decided_by}>" if request.decided_by else ""
    when = f" {ago(request.decided_at, now)}" if request.decided_at else ""
    match request.state:
        case RequestState.REJECTED | RequestState.WITHDRAWN | RequestState.CANCELLED:
            return f"Already {request.state.value}{by}{when}."
        case RequestState.EXPIRED:
            return f"This request expired {moment(request.expires_at)}. Ask again with {again(request)}."
        case RequestState.CHANGED:
            return f"Something changed since, so this plan no longer holds. Ask again with {again(request)}."
        case RequestState.DONE | RequestState.FAILED:
            return f"Already approved{by}{when}, and {request.state.value} {moment(request.ended_at or now)}."
        case RequestState.OPEN:
            return _DENIED[Reason.OLDER_PLAN]
        case _:
            now_it = "waits to start" if request.state is RequestState.SCHEDULED else f"is {state_word(request)}"
            return f"Already approved{by}{when}; it {now_it} now."


def again(request: Request) -> str:
    """The command that asks for the same again."""
    return "`/stt-upgrade outdated`" if request.several else code(f"/stt-upgrade {request.first.plan.model.name}")
