"""The card: the message in the channel that asks for approval and later shows the outcome. It names every model that
is changed for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.approvals import Policy
from bot.domain.freezes import Wait
from bot.domain.plans import Estimate
from bot.domain.requests import LIVE, UNSTARTED, Request, RequestState
from bot.domain.runs import Run, RunState, is_late
from bot.messages.causes import cause_text
from bot.messages.kit import actions, button, confirm, context, section, sections
from bot.messages.outcomes import failure_text
from bot.messages.refusals import approvers
from bot.messages.states import RUN_SIGNS, SIGNS, state_word
from bot.messages.steps import doing, noun, step_text
from bot.messages.text import code, counted, escape, listed, moment, plain, spoken, version
from bot.messages.verdicts import evidence_line
from bot.ports import Block, Message

APPROVE, REJECT = "approve", "reject"

CONFIRM = 300
"""Characters that Slack takes in the text of a confirm dialog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the messages of a request need to know beside it.

    *policy* is the strictest that it must meet. *estimates* are by run, for the step that a running run is at. *wait*
    is what holds the next start back.
    """

    policy: Policy
    now: datetime
    estimates: Mapping[int, Estimate | None] = field(default_factory=dict)
    wait: Wait | None = None


def card(request: Request, seen: Seen) -> Message:
    """The message in the channel: asks for approval, later shows the outcome. Details are a click away."""
    lines = [f"*{headline(request)}*" if request.several else _of_one(request)]
    if not request.several and request.state is RequestState.RUNNING:
        lines += _running(request.first)
    elif why := _why(request):
        lines.append(why)
    if request.state in (*UNSTARTED, RequestState.PAUSED):
        lines.append(_for_good(request))
    about = f"Details of request {request.id}" + ("" if request.several else f", {request.first.plan.model.name}")
    details = button("Details", "details", str(request.id), label=about)
    blocks: list[Block] = [section("\n".join(lines), details)]
    if request.several:
        blocks += sections(_line(request, run, seen) for run in request.runs)
    blocks.append(context(*_small_print(request, seen.policy)))
    if hindrance := [*_shortage(request, seen.policy), *_waits(request, seen.wait)]:
        blocks.append(context(*hindrance))
    if buttons := card_buttons(request):
        blocks.append(actions(buttons, block_id=f"decide:{request.id}"))
    return Message(f"{title(request)}: {_names(request)}. {_plain_state(request)}", tuple(blocks))


def card_buttons(request: Request) -> list[Block]:
    """What can be decided now, as on the card and in App Home."""
    if request.state is RequestState.OPEN:
        return decision_buttons(request)
    return pause_buttons(request) if request.state is RequestState.PAUSED else []


def decision_buttons(request: Request) -> list[Block]:
    """Approve and Reject."""
    what, value = _noun_of(request), f"{request.id}:{request.digest}"
    return [
        button("Approve", APPROVE, value, style="primary", label=f"Approve the {what}", confirm=_confirm(request)),
        button("Reject", REJECT, value, style="danger", label=f"Reject the {what}"),
    ]


def pause_buttons(request: Request) -> list[Block]:
    """Go on after a failure, or leave the rest."""
    left = counted(request.count(RunState.QUEUED), "model")
    resume = confirm("Resume?", f"{left} will still be upgraded. This cannot be undone.", "Resume")
    return [
        button(
            "Resume",
            "wish:resume",
            f"resume {request.id}",
            style="primary",
            label=f"Resume request {request.id}",
            confirm=resume,
        ),
        drop_button(request),
    ]


def drop_button(request: Request) -> Block:
    """Leaves what has not begun."""
    left = counted(request.count(RunState.QUEUED), "model")
    ask = confirm("Drop the rest?", f"{left} will not be upgraded. Ask again at any time.", "Drop", style="danger")
    return button(
        "Drop the rest",
        "wish:cancel",
        f"cancel {request.id}",
        style="danger",
        label=f"Drop the rest of request {request.id}",
        confirm=ask,
    )


def headline(request: Request) -> str:
    """The state of a request in one line, with its sign."""
    return f"{':grey_question:' if _unproven(request) else SIGNS[request.state]} {title(request)}"


def title(request: Request) -> str:
    """The state of a request in one line."""
    word = noun(request.first.plan)
    if request.several:
        return _title_of_several(request)
    if _unproven(request):
        return "Trained, no newer version shown"
    article = "an" if word == "upgrade" else "a"
    return _TITLES[request.state].format(a=article, noun=word, Noun=word.capitalize())


_TITLES = {
    RequestState.OPEN: "Approve {a} {noun}",
    RequestState.SCHEDULED: "{Noun} approved",
    RequestState.RUNNING: "{Noun} runs",
    RequestState.PAUSED: "{Noun} paused",
    RequestState.DONE: "{Noun} done",
    RequestState.FAILED: "{Noun} failed",
    RequestState.REJECTED: "{Noun} rejected",
    RequestState.WITHDRAWN: "Request withdrawn",
    RequestState.EXPIRED: "Request expired",
    RequestState.CHANGED: "Not started, something changed",
    RequestState.CANCELLED: "{Noun} cancelled",
}


def _title_of_several(request: Request) -> str:
    models = counted(len(request.runs), "model")
    match request.state:
        case RequestState.OPEN:
            return f"Approve the upgrade of {models}"
        case RequestState.SCHEDULED:
            return f"Upgrade of {models} approved"
        case RequestState.RUNNING:
            return f"Upgrading {models}: {so_far(request)}"
        case RequestState.PAUSED:
            return f"Paused: {so_far(request)}"
        case RequestState.DONE | RequestState.FAILED:
            return f"Finished: {so_far(request)}"
        case RequestState.CANCELLED if request.started_at is not None:
            return f"Ended early: {so_far(request)}"
        case RequestState.CHANGED:
            return f"Upgrade of {models} not started, something changed"
        case _:
            return f"Upgrade of {models}: {state_word(request)}"


def so_far(request: Request) -> str:
    """How many of its models are upgraded, and how many failed or are not proven."""
    failed, unproven = request.count(RunState.FAILED), sum(1 for run in request.runs if run.unproven)
    left_out = request.count(RunState.LEFT_OUT)
    parts = [f"{len(request.proven)} of {counted(len(request.runs), 'model')} upgraded"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{unproven} not proven"] if unproven else []
    parts += [f"{left_out} left out"] if left_out else []
    return ", ".join(parts)


def _unproven(request: Request) -> bool:
    return request.state is RequestState.DONE and not request.several and request.first.unproven


def _of_one(request: Request) -> str:
    """State, model, versions, kind and instance of a request for one model."""
    plan, model = request.first.plan, request.first.plan.model
    arrow = "" if plan.is_training else f" → {version(request.first.brought or plan.target, model.base)}"
    have = version(plan.have, model.base)
    name = f"*{headline(request)}: {code(model.name)}*"
    also = f" · *also changes {others}*" if (others := _others(request.first)) else ""
    return f"{name} {have}{arrow}{also} · {model.kind} model · instance {code(model.instance)}"


def _running(run: Run) -> list[str]:
    """The present truth in two lines: the step, and what happens now, since when. It does not tick."""
    record = run.current
    if record is None:
        return []
    since = f", since {moment(record.started_at)}" if record.started_at else ""
    return [
        f"*Step {record.number} of {len(run.steps)}:* {step_text(record.step)}",
        f"*Now:* {doing(record)}{since}",
    ]


def _why(request: Request) -> str:
    if request.why:
        return f"Why: {escape(request.why)}"
    evidence = request.first.plan.evidence[:1] if not request.several else ()
    return f"Why: {evidence_line(evidence[0], request.first.plan.model.base)}" if evidence else ""


def _others(run: Run) -> str:
    """The models beside its own that a run changes for good."""
    return listed([code(name, 60) for ref, name in run.plan.changes.items() if ref != run.plan.model.ref])


def _for_good(request: Request) -> str:
    if request.is_training:
        return "While it is trained, the service refuses every change to the model."
    if request.several:
        return (
            ":warning: *An upgrade cannot be undone.* One model goes first; when its new version is proven the others "
            "follow, a few at a time. The first failure stops everything that has not begun."
        )
    plan = request.first.plan
    weight = " A saved customization weight is dropped." if plan.drops_weight else ""
    trial = " Experimental: IBM documents no upgrade for this base." if plan.experimental else ""
    return f":warning: *An upgrade cannot be undone.* {counted(len(plan.steps), 'step')}.{weight}{trial}"


def _line(request: Request, run: Run, seen: Seen) -> str:
    """One model of several: its state, its name, the version that was proven or is wanted, and what else changes."""
    model = run.plan.model
    to = "training" if run.plan.is_training else f"→ {version(run.brought or run.plan.target, model.base)}"
    sign = ":grey_question:" if run.unproven else RUN_SIGNS[run.state]
    also = f", also changes {_others(run)}" if _others(run) else ""
    return f"{sign} {code(model.name, 60)} {to}{also} · {_state_of(request, run, seen)}"


def _state_of(request: Request, run: Run, seen: Seen) -> str:
    match run.state:
        case RunState.QUEUED:
            return "to come" if request.state in LIVE else "not begun"
        case RunState.RUNNING:
            record = run.current
            if record is None:
                return "runs"
            step = f"step {record.number} of {len(run.steps)}"
            since = f" since {moment(record.started_at)}" if record.started_at else ""
            if run.waits_for_a_person:
                return f":raised_hand: waits for a person: {step_text(record.step)}"
            late = ", takes longer than estimated" if is_late(record, seen.estimates.get(run.id), seen.now) else ""
            return f"runs{since}, {step}{late}"
        case RunState.DONE:
            return "trained, no newer version shown" if run.unproven else "done"
        case RunState.FAILED:
            return f"failed: {_short(failure_text(run))}"
        case RunState.LEFT_OUT:
            why = cause_text(run.cause, run.plan.model.name, run) if run.cause else "something changed"
            return f"left out: {_short(why)}"
        case RunState.CANCELLED:
            return "cancelled" if run.started_at is not None else "not begun"


def _short(text: str) -> str:
    """Escaped text cut so that nothing of an escape is torn."""
    return text if len(text) <= 160 else text[:150].rsplit(" ", 1)[0] + " …"


def _small_print(request: Request, policy: Policy) -> list[str]:
    where = f" on {listed([code(name) for name in request.instances])}" if len(request.instances) > 1 else ""
    lines = [f"Request {request.id} by <@{request.requester}>, {moment(request.requested_at)}{where}"]
    if request.state is RequestState.OPEN:
        missing = max(1, policy.needed - len(request.approved_by))
        by = f" from {approvers(policy)}" if policy.approvers else ""
        votes = f"; approved so far by {people(request.approved_by)}" if request.approved_by else ""
        lines.append(f"needs {counted(missing, 'approval')}{by} until {moment(request.expires_at)}{votes}")
    elif request.decided_by and request.decided_at:
        verb = _VERBS.get(request.state, "approved")
        who = request.approved_by if verb == "approved" and request.approved_by else (request.decided_by,)
        lines.append(f"{verb} by {people(who)}, {moment(request.decided_at)}")
    for run in request.runs:
        if run.cancelled_by and run.state is RunState.RUNNING:
            lines.append(f"ends after the present step, cancelled by <@{run.cancelled_by}>")
    if request.ended_at and request.state in (RequestState.DONE, RequestState.FAILED):
        lines.append(f"{request.state.value} {moment(request.ended_at)}")
    if request.left_out:
        lines.append(f"{counted(len(request.left_out), 'model')} left out: see Details")
    return lines


_VERBS = {
    RequestState.REJECTED: "rejected",
    RequestState.WITHDRAWN: "withdrawn",
    RequestState.CANCELLED: "cancelled",
}


def _shortage(request: Request, policy: Policy) -> list[str]:
    if request.state is not RequestState.OPEN or request.voters is None or request.voters >= policy.needed:
        return []
    could = "Nobody could approve this" if request.voters == 0 else f"Only {request.voters} could approve this"
    return [
        f":warning: {could}, and it needs {counted(policy.needed, 'approval')}. An operator must name more people in "
        "RETUNE_APPROVERS."
    ]


def _waits(request: Request, wait: Wait | None) -> list[str]:
    """What holds it back, for those who decide and those who wait."""
    if wait is None or request.state not in LIVE:
        return []
    if wait.why == "window" and request.state is RequestState.OPEN:
        # Nobody knows when it is approved, and the card is not edited when the hours begin and end.
        return [f":alarm_clock: Once approved, it starts only in these hours: {escape(wait.hours)}."]
    return [wait_text(wait)]


def wait_text(wait: Wait) -> str:
    """Why something does not start yet."""
    return f"{':snowflake:' if wait.freeze is not None else ':alarm_clock:'} {wait_words(wait)}"


def wait_words(wait: Wait) -> str:
    """The same as it is read aloud, without a sign."""
    if wait.freeze is not None:
        where = f"{code(wait.freeze.instance)} is" if wait.freeze.instance else "All instances are"
        return (
            f"{where} frozen until {moment(wait.until)} by <@{wait.freeze.author}>: {escape(wait.freeze.reason)}. "
            "Nothing new starts before."
        )
    if wait.why == "time":
        return f"Scheduled: it starts {moment(wait.until)} at the earliest."
    return f"Outside the hours in which upgrades may start; they begin {moment(wait.until)}."


def _confirm(request: Request) -> Block:
    """Names every model that is changed for good; our own words come first, so that a long name cuts none of them."""
    if request.is_training:
        name = request.first.plan.model.name
        return confirm(f"Train {name}?", f"{name} will be trained on the data that waits in it.", "Approve")
    names = list(dict.fromkeys(name for run in request.runs for name in run.plan.changes.values()))
    head = f"Upgrade {names[0]}?" if len(names) == 1 else f"Upgrade {counted(len(names), 'model')}?"
    first = "One goes first. " if request.several else ""
    text = f"This cannot be undone. {first}{_to(request)}"
    return confirm(head, f"{text}{fitting(names, CONFIRM - len(text))}", "Approve")


def _to(request: Request) -> str:
    if request.several:
        return "Changed for good: "
    return f"To {plain(request.first.plan.target or 'a newer version of the base model', 80)}: "


def fitting(names: list[str], room: int) -> str:
    """As many names as there is room for, and how many more there are."""
    shown: list[str] = []
    for number, name in enumerate(names):
        rest = f" and {len(names) - number} more"
        if len(", ".join([*shown, plain(name, 60)])) + len(rest) > room - 1:
            return ", ".join(shown) + rest + "."
        shown.append(plain(name, 60))
    return listed(shown) + "."


def _names(request: Request) -> str:
    names = dict.fromkeys(name for run in request.runs for name in run.plan.changes.values())
    return listed([escape(name, 60) for name in list(names)[:10]])


def _noun_of(request: Request) -> str:
    if request.several:
        return f"upgrade of {counted(len(request.runs), 'model')}"
    return f"{noun(request.first.plan)} of {request.first.plan.model.name}"


def _plain_state(request: Request) -> str:
    run = request.first
    if request.state is RequestState.OPEN:
        for_good = "" if request.is_training else " It cannot be undone."
        return f"Asked by <@{request.requester}>, waits for approval.{for_good}"
    if request.several:
        return so_far(request) + "."
    if request.state is RequestState.RUNNING and run.current is not None:
        record = run.current
        return spoken(f"Step {record.number} of {len(run.steps)}, {step_text(record.step)}: {doing(record)}.")
    return spoken(failure_text(run)) or f"The request is {state_word(request)}."


def people(ids: Iterable[str]) -> str:
    """Users by their mentions; an edited message notifies nobody."""
    return listed([f"<@{id}>" for id in ids])
