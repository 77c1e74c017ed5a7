"""The card: the message in the channel that asks for approval and later shows the outcome. It names every model that
is changed for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.freezes import Wait
from bot.domain.outcomes import CauseKind
from bot.domain.plans import Estimate
from bot.domain.policies import Policy
from bot.domain.requests import LIVE, UNSTARTED, Noted, Request, RequestState
from bot.domain.runs import Run, RunState
from bot.domain.snoozes import Held, Snooze
from bot.messages.buttons import card_buttons, details_button
from bot.messages.foreign import Quote, quoted
from bot.messages.freezes import wait_quotes, wait_text
from bot.messages.holds import Around, card_lines, ended_lines, ended_quotes, hold_quotes, hold_words
from bot.messages.kit import actions, context, section, sections
from bot.messages.large import count_lines
from bot.messages.model_lines import also_changed, model_lines, owner_of
from bot.messages.outcomes import failure_text
from bot.messages.refusals import approvers
from bot.messages.signs import Sign, of_request
from bot.messages.steps import changed, doing, noun, state_word, step_text, versions
from bot.messages.text import code, counted, escape, listed, moment, some
from bot.messages.verdicts import evidence_line
from bot.ports import Block, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the messages of a request need to know beside it.

    *policy* is what it needs in all. *estimates* are by run, for the step that a running run is at. *wait*
    is what holds the next start back. *around* are the holds on what waits in it, and the owners of its models; *ended*
    the holds that somebody ended for it. *involved* are those who asked, voted or decided.
    """

    policy: Policy
    now: datetime
    estimates: Mapping[int, Estimate | None] = field(default_factory=dict)
    wait: Wait | None = None
    around: Around = field(default_factory=Around)
    ended: tuple[Snooze, ...] = ()
    involved: frozenset[str] = frozenset()
    parallel: int = 2
    """How many runs may go on at a time on each instance."""
    acts: tuple[Noted, ...] = ()
    """Who resumed it, and who stopped what had not begun, in their order."""

    @property
    def people(self) -> set[str]:
        """Whose names it takes."""
        ended = {id for one in self.ended for id in (one.author, one.ended_by) if id}
        return self.around.people | self.involved | ended | {act.actor for act in self.acts}

    def named(self, names: Mapping[str, str]) -> Seen:
        """The same with the names of these people."""
        return replace(self, around=replace(self.around, names=names))


def card(request: Request, seen: Seen) -> Message:
    """The message in the channel: asks for approval, later shows the outcome. Details are a click away."""
    runs = not request.several and request.state is RequestState.RUNNING
    lines = [f"*{headline(request)}*" if request.several else _of_one(request, seen.around)]
    if runs:
        lines += _running(request.first)
    elif why := _why(request):
        lines.append(why)
    if request.state in (*UNSTARTED, RequestState.PAUSED):
        lines.append(_for_good(request))
    held = seen.around.held_of(request)
    lines += [] if request.several else card_lines(held, seen.around)
    models = {ref: name for run in request.runs for ref, name in run.plan.changes.items()}
    lines += ended_lines(seen.ended, seen.around.names, models)
    blocks: list[Block] = [section("\n".join(lines), details_button(request, named=True))]
    if request.large:
        blocks += sections(count_lines(request, seen))
    elif request.several:
        blocks += sections(model_lines(request, seen))
    blocks += quoted(*([] if runs else why_quotes(request)), *_hold_quotes(request, held, models, seen))
    blocks.append(context(*_small_print(request, seen.policy)))
    if hindrances := _hindrances(request, seen.policy.needed, seen.wait):
        blocks += [context(*hindrances), *quoted(*wait_quotes(seen.wait if request.state in LIVE else None))]
    if buttons := card_buttons(request, seen.around):
        blocks.append(actions(buttons, block_id=f"decide:{request.id}"))
    every = changed(request)
    names = some([*(escape(name, 60) for name in every[:10]), *every[10:]], 10)
    on_hold = "".join(f" {escape(one.name, 60)} is {hold_words(one.hold, seen.around)}." for one in held[:3])
    return Message(f"{title(request)}: {names}. {_plain_state(request)}{on_hold}", tuple(blocks))


def why_quotes(request: Request) -> list[Quote]:
    """What the requester gave as the reason."""
    return [Quote("Reason from", request.why, request.requester)]


def rejection_quotes(request: Request) -> list[Quote]:
    """Why somebody rejected it."""
    no = request.rejection
    return [Quote("Reason from", no.reason, no.voter)] if no is not None else []


def _hold_quotes(request: Request, held: Sequence[Held], models: Mapping[str, str], seen: Seen) -> list[Quote]:
    """Reasons of the holds that are on it, and that somebody ended for it; by name, so that nobody is disturbed."""
    names = {**{one.hold.author: one.hold.author for one in held}, **seen.around.names}
    standing = [] if request.several else hold_quotes(held, names)
    return [*standing, *ended_quotes(seen.ended, seen.around.names, models)]


def headline(request: Request) -> str:
    """The state of a request in one line, with its sign."""
    return f"{of_request(request)} {title(request)}"


def title(request: Request) -> str:
    """The state of a request in one line."""
    if request.state is RequestState.CHANGED and all(_held(run) for run in request.runs):
        what = f"Upgrade of {counted(len(request.runs), 'model')} not" if request.several else "Not"
        return f"{what} started, on hold"
    if _unproven(request):
        return "Trained, no newer version shown"
    word, models = noun(request.first.plan), counted(len(request.meant), "model")
    if request.several and request.state is RequestState.CANCELLED and request.started_at is None:
        return f"Upgrade of {models}: cancelled"
    said = _STATES[request.state][1 if request.several else 0]
    article = "an" if word == "upgrade" else "a"
    return said.format(a=article, noun=word, Noun=word.capitalize(), models=models, far=so_far(request))


_STATES = {
    RequestState.OPEN: ("Approve {a} {noun}", "Approve the upgrade of {models}"),
    RequestState.SCHEDULED: ("{Noun} approved", "Upgrade of {models} approved"),
    RequestState.RUNNING: ("{Noun} runs", "Upgrading {models}: {far}"),
    RequestState.PAUSED: ("{Noun} paused", "Paused: {far}"),
    RequestState.DONE: ("{Noun} done", "Finished: {far}"),
    RequestState.FAILED: ("{Noun} failed", "Finished: {far}"),
    RequestState.REJECTED: ("{Noun} rejected", "Upgrade of {models}: rejected"),
    RequestState.WITHDRAWN: ("Request withdrawn", "Upgrade of {models}: withdrawn"),
    RequestState.EXPIRED: ("Request expired", "Upgrade of {models}: expired"),
    RequestState.CHANGED: (
        "Not started, something changed",
        "Upgrade of {models} not started, something changed",
    ),
    RequestState.CANCELLED: ("{Noun} cancelled", "Ended early: {far}"),
}
"""The title of a request for one model and for several."""


def so_far(request: Request) -> str:
    """How many of its models are upgraded, and how many failed or are not proven."""
    counts = {
        "failed": request.count(RunState.FAILED),
        "not proven": sum(1 for run in request.runs if run.unproven),
        "left out": request.count(RunState.LEFT_OUT),
    }
    parts = [f"{number} {word}" for word, number in counts.items() if number]
    return ", ".join([f"{len(request.proven)} of {counted(len(request.runs), 'model')} upgraded", *parts])


def _held(run: Run) -> bool:
    return run.cause is not None and run.cause.kind is CauseKind.ON_HOLD


def _unproven(request: Request) -> bool:
    return request.state is RequestState.DONE and not request.several and request.first.unproven


def _of_one(request: Request, around: Around) -> str:
    """State, model, versions, kind, instance and owner of a request for one model."""
    run, model = request.first, request.first.plan.model
    also = f" · *also changes {also_changed(run)}*" if also_changed(run) else ""
    about = f"{versions(run.plan, run.brought)}{also} · {model.kind} model · instance {code(model.instance)}"
    about += owner_of(run, around)
    return f"*{headline(request)}: {code(model.name)}* {about}"


def _running(run: Run) -> list[str]:
    """The present truth in two lines: the step, and what happens now, since when. It does not tick."""
    record = run.current
    if record is None:
        return []
    since = f", since {moment(record.started_at)}" if record.started_at else ""
    return [f"*Step {record.number} of {len(run.steps)}:* {step_text(record.step)}", f"*Now:* {doing(record)}{since}"]


def _why(request: Request) -> str:
    if request.why:
        return ""  # it is quoted below
    evidence = request.first.plan.evidence[:1] if not request.several else ()
    return f"Why: {evidence_line(evidence[0], request.first.plan.model.base)}" if evidence else ""


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


def _small_print(request: Request, policy: Policy) -> list[str]:
    instances = sorted({run.plan.model.instance for run in request.meant})
    where = f" on {listed([code(name) for name in instances])}" if len(instances) > 1 else ""
    lines = [f"Request {request.id} by <@{request.requester}>, {moment(request.requested_at)}{where}"]
    if request.state is RequestState.OPEN:
        missing = max(1, policy.needed - len(request.approved_by))
        by = f" from {approvers(policy)}" if policy.approvers else ""
        votes = f"; approved so far by {people(request.approved_by)}" if request.approved_by else ""
        lines.append(f"needs {counted(missing, 'approval')}{by} by {moment(request.expires_at)}{votes}")
    elif request.decided_by and request.decided_at:
        undone = (RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.CANCELLED)
        verb = request.state.value if request.state in undone else "approved"
        who = request.approved_by if verb == "approved" and request.approved_by else (request.decided_by,)
        lines.append(f"{verb} by {people(who)}, {moment(request.decided_at)}")
    cancelled = [run.cancelled_by for run in request.runs if run.cancelled_by and run.state is RunState.RUNNING]
    lines += [f"ends after the present step, cancelled by <@{by}>" for by in cancelled]
    if request.ended_at and request.state in (RequestState.DONE, RequestState.FAILED):
        lines.append(f"{request.state.value} {moment(request.ended_at)}")
    if request.left_out:
        lines.append(f"{counted(len(request.left_out), 'model')} left out: see Details")
    return lines


def _hindrances(request: Request, needed: int, wait: Wait | None) -> list[str]:
    """What holds it back, for those who decide and those who wait."""
    is_open, lines = request.state is RequestState.OPEN, []
    if is_open and request.voters is not None and request.voters < needed:
        lines.append(
            f":warning: {f'Only {request.voters}' if request.voters else 'Nobody'} could approve this, and it needs "
            f"{counted(needed, 'approval')}. An operator must name more people in RETUNE_APPROVERS."
        )
    if wait is not None and wait.why == "window" and is_open:
        # Nobody knows when it is approved, and the card is not edited when the hours begin and end.
        lines.append(f"{Sign.SCHEDULED} Once approved, it starts only in these hours: {wait.hours}.")
    elif wait is not None and wait.why == "time" and is_open:
        lines.append(f"{Sign.SCHEDULED} Once approved, it starts {moment(wait.until)} at the earliest.")
    elif wait is not None and request.state in LIVE:
        lines.append(wait_text(wait))
    return lines


def _plain_state(request: Request) -> str:
    run = request.first
    if request.state is RequestState.OPEN:
        for_good = "" if request.is_training else " It cannot be undone."
        return f"Asked by <@{request.requester}>, waits for approval.{for_good}"
    if request.several:
        return so_far(request) + "."
    if request.state is RequestState.RUNNING and (record := run.current) is not None:
        return f"Step {record.number} of {len(run.steps)}, {step_text(record.step)}: {doing(record)}."
    return failure_text(run) or f"The request is {state_word(request)}."


def people(ids: Iterable[str]) -> str:
    """Users by their mentions; an edited message notifies nobody."""
    return listed([f"<@{id}>" for id in ids])
