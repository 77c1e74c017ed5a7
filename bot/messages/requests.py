"""A request in Slack: all that is shown of it now. It is made from the journal; nothing is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from bot.domain.hours import MISSED
from bot.domain.outcomes import CauseKind
from bot.domain.plans import Action, Estimate
from bot.domain.policies import Policy
from bot.domain.proof import is_late
from bot.domain.requests import DROP, LIVE, RESUME, STOP_LATER, Request, RequestState
from bot.domain.runs import LASTING, Run, RunState, StepRecord, StepState
from bot.domain.words import End
from bot.messages import large
from bot.messages.buttons import UNCLEAR, pause_buttons, wish_button
from bot.messages.card import Seen, card, so_far
from bot.messages.ending import done, end_of_one, end_of_several, failed, leaves_something, step_done
from bot.messages.kit import paragraph
from bot.messages.outcomes import cause_of, proofs, quotes_of, support_text
from bot.messages.people import actor_of, asked, named
from bot.messages.progress import elapsed_text, progress
from bot.messages.refusals import approvers, mention
from bot.messages.settled import settled
from bot.messages.signs import Sign, of_request, of_run
from bot.messages.steps import answered, doing, goal, noun, span_text, state_word, step_text
from bot.messages.text import bold, code, counted, escape, listed, moment, spoken
from bot.messages.words import additions_of, ask_for_change, missing
from bot.ports import Message

NOTHING: Mapping[str, datetime] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Telling:
    """One message that Slack should show.

    *key* identifies it. *lasting* ones are posted once, never edited. *again*: it says that the one before it is gone.
    *present*: it does not say so, because it always shows the present state.
    """

    key: str
    message: Message
    threaded: bool
    lasting: bool
    again: bool = False
    present: bool = False


def tellings(request: Request, seen: Seen, posted: Mapping[str, datetime] = NOTHING) -> list[Telling]:
    """All that Slack should show of a request now, in the order of posting.

    *posted* are the keys of what was posted, and when: those messages lose buttons that are used.
    """
    told = [("card", card(request, seen))]
    missed = request.remind_at is not None and request.remind_at + MISSED < seen.now
    if request.reminded and request.state is RequestState.OPEN and not missed:
        told.append(("remind", reminder(request, seen.policy)))
    if not request.several and request.first.started_at is not None:
        told.append(("progress", progress(request.first, seen)))
    if request.large:
        told += [
            (f"retry:{run.id}{_again(run)}", retried(request, run, seen.around.actors))
            for run in request.runs
            if run.retries
        ]
        told += large.asks(request, seen.policy, seen.around)
    else:
        told += [each for run in request.runs for each in _of_run(request, run, seen)]
    lost = [(one, request.run(one.run)) for one in seen.additions if one.outcome is End.MISSING]
    told += [
        (f"word:{one.id}", missing(one, run.plan.model.name, waits=run.waits_for_a_person)) for one, run in lost if run
    ]
    told += _of_several(request, seen) if request.several else []
    told += steered(request, seen)
    if request.ended_at is not None and not request.count(RunState.RUNNING):
        of_it = end_of_several if request.several else end_of_one
        end = of_it(request, seen.around.actors, seen.acts)
        told.append((f"end{_again(*request.runs)}", end))
    prefix = f"request:{request.id}:"
    known = {key.removeprefix(prefix): at for key, at in posted.items() if key.startswith(prefix)}
    used = list(settled(request, known, [key for key, _ in told], seen.acts, seen.around.actors))
    edits = ("ask:", "asks:", *(["pause:"] if request.large else []))
    edited = ("card", "progress", *(key for key, _ in told if key.startswith(edits)), *(key for key, _ in used))
    told += used
    made = ((key, replace(message, text=spoken(message.text).strip())) for key, message in told)
    return [Telling(f"{prefix}{key}", said, key != "card", key not in edited) for key, said in made]


def _again(*runs: Run) -> str:
    """Tells the messages of each attempt apart."""
    retries = sum(run.retries for run in runs)
    return f":{retries}" if retries else ""


def _of_run(request: Request, run: Run, seen: Seen) -> list[tuple[str, Message]]:
    """The messages of one model, requested alone or with others."""
    told = []
    estimate = seen.estimates.get(run.id)
    for record in run.steps:
        place = f"{run.id}.{record.number}"
        if run.state is RunState.RUNNING and is_late(record, estimate, seen.now):
            told.append((f"late:{place}{_again(run)}", late(request, run, record, estimate, seen.now)))
        if run.unclear and record is run.current:
            told.append((f"unclear:{place}.{record.attempts}{_again(run)}", unclear(request, run, record, seen.policy)))
        if record.step.action is Action.AWAIT_CHANGE and record.state is not StepState.PLANNED:
            added, address = additions_of(seen.additions, run), seen.addresses.get(run.plan.model.instance, "")
            asking = ask_for_change(request, run, record, seen.around, added, address)
            told.append((f"ask:{place}{_again(run)}", asking))
        if not request.several and record.state is StepState.DONE and record.number < len(run.steps):
            told.append((f"step:{place}", step_done(run, record)))
    if run.retries:
        told.append((f"retry:{run.id}{_again(run)}", retried(request, run, seen.around.actors)))
    if request.several and run.state is RunState.FAILED:
        told.append((f"failed:{run.id}{_again(run)}", failed(request, run)))
    if request.several and run.state is RunState.LEFT_OUT and run.cause and run.cause.kind is CauseKind.ON_HOLD:
        told.append((f"held:{run.id}", _held_back(run)))
    if request.several and leaves_something(run):
        told.append((f"done:{run.id}{_again(run)}", done(run)))
    return told


def _held_back(run: Run) -> Message:
    text = f"*Left out*: {bold(run.plan.model.name)}. {cause_of(run)}"
    return paragraph(text, Sign.HELD, quotes=quotes_of(run))


def _of_several(request: Request, seen: Seen) -> list[tuple[str, Message]]:
    """The first proof, after which the others follow; and each pause, which asks for a decision."""
    told = []
    if proven := request.proven:
        first = min(proven, key=lambda run: (run.ended_at or request.requested_at, run.id))
        told.append(("first", _first(request, first)))
    told += large.milestones(request) if request.large else []
    bad = [run for run in request.runs if run.bad and not run.excused]
    actor, names = actor_of(request, seen.acts), seen.around.actors
    if request.state is RequestState.PAUSED and bad and request.large:
        return [*told, large.pause(request, bad, seen.policy, actor, names)]
    if request.state is RequestState.PAUSED and bad:  # none: what failed is tried again, and was said when it paused
        which = "-".join(f"{run.id}.{run.retries}" for run in bad)
        told.append((f"pause:{which}", _pause(request, bad, asked(seen.policy, actor, names))))
    return told


def reminder(request: Request, policy: Policy) -> Message:
    """Once, before it expires, to those who can still act."""
    acted = {*request.approved_by, *(() if policy.self_approval else (request.requester,))}
    can = " ".join(mention(name) for name in policy.approvers if name not in acted) or "Approvers"
    missing = counted(max(1, policy.needed - len(request.approved_by)), "approval")
    model = code(request.first.plan.model.name)
    what = counted(len(request.runs), "model") if request.several else f"the {noun(request.first.plan)} of {model}"
    needs = f"request {request.id}, {what}, still needs {missing}. It expires {moment(request.expires_at)}."
    return paragraph(f"{can}: {needs}", Sign.REMINDS)


def retried(request: Request, run: Run, names: Mapping[str, str]) -> Message:
    """A failed run goes on from its failed step; the approver of that is named, not mentioned."""
    first = run.done + 1
    kept = f" What was done before step {first} is kept." if first > 1 else ""
    what = f"Retried: {bold(run.plan.model.name)}," if request.several else "Retried"
    by = f", approved by {named([request.decided_by], names)}" if request.decided_by else ""
    return paragraph(f"{what} from step {min(first, len(run.steps))}{by}.{kept}", Sign.GOES_ON)


def steered(request: Request, seen: Seen) -> list[tuple[str, Message]]:
    """Each time a person resumed it or stopped what had not begun; they are named, not mentioned."""
    told = []
    for number, act in enumerate(act for act in seen.acts if act.action in (RESUME, DROP, STOP_LATER)):
        by, left = named([act.actor], seen.around.actors), request.count(*LASTING)
        if act.action == RESUME:
            to_come = f"{counted(left, 'model')} still to come" if left else "nothing is left to start"
            text, sign = f"*Resumed* by {by}: {to_come}.", Sign.GOES_ON
        elif request.state not in LIVE:
            continue  # the end says it
        elif act.action == DROP:
            dropped = counted(request.count(RunState.CANCELLED), "model")
            text, sign = f"*Rest dropped* by {by}: {dropped} not upgraded. What runs goes on to its end.", Sign.STOPPED
        else:
            text, sign = f"*Stopped* by {by}: the present step goes on to its end, nothing follows it.", Sign.STOPPED
        told.append((f"act:{number}", paragraph(text, sign)))
    return told


def late(request: Request, run: Run, record: StepRecord, estimate: Estimate | None, now: datetime) -> Message:
    """A step takes far longer than estimated; a person can decide."""
    elapsed = elapsed_text(now - record.started_at) if record.started_at else ""
    said = f"The estimate was {span_text(estimate.low, estimate.high)}, {escape(estimate.source)}" if estimate else ""
    text = (
        f"Step {record.number} of {len(run.steps)}, {step_text(record.step)}, takes far longer than estimated: "
        f"{elapsed}. {said or 'IBM says minutes'}. When Retune looked last: {doing(record)}. The service has no call "
        f"to stop it. Retune keeps watching.{support_text(record)}"
    )
    return paragraph(text, Sign.LATE, wish_button("stop", request, run))


def unclear(request: Request, run: Run, record: StepRecord, policy: Policy) -> Message:
    """Asks an approver about a request that the service may or may not have taken."""
    sent = f"It was sent {record.attempts} times. " if record.attempts > 1 else ""
    text = (
        f"{approvers(policy) or 'Approvers'}: it is *unclear* whether step {record.number} of {len(run.steps)} began: "
        f"{step_text(record.step)}. {sent}To the request, {answered(record)}, and the service does not show that it "
        "works on the model or changed it. Nothing more is sent until an approver chooses: *Send again* sends it once "
        "more, *Mark as failed* ends it here. If the service shows it after all, Retune goes on by itself."
        f"{support_text(record)}"
    )
    return paragraph(text, Sign.UNCLEAR, *(wish_button(word, request, run) for word in UNCLEAR))


def _first(request: Request, run: Run) -> Message:
    left = request.count(*LASTING)
    others = "The other model follows" if left == 1 else f"The other {left} models follow"
    rest = f" {others}." if left else ""
    return paragraph(
        f"The first is *done*: {bold(run.plan.model.name)}. {proofs(run)}{rest}",
        Sign.DONE,
        quotes=quotes_of(run),
    )


def _pause(request: Request, bad: Sequence[Run], whom: str) -> Message:
    failures = [bold(run.plan.model.name, 60) for run in bad if run.state is RunState.FAILED]
    unproven = [bold(run.plan.model.name, 60) for run in bad if run.unproven]
    why = [f"{counted(len(failures), 'upgrade')} failed: {listed(failures[:10])}"] if failures else []
    why += [f"no newer version is shown: {listed(unproven[:10])}"] if unproven else []
    text = (
        f"{whom}: *paused*, because {'; '.join(why)}. What runs goes on, nothing new starts. Resume goes "
        "on with the others; Drop leaves them as they are."
    )
    return paragraph(text, Sign.PAUSED, *pause_buttons(request))


def state_line(request: Request, now: datetime, ref: str = "") -> str:
    """A request in a list, with its sign; *ref*: what it did to that model. The version is the proven one, if any."""
    when = request.ended_at or request.started_at or request.requested_at
    tail = f"*{state_word(request)}*, {moment(when)}, requested by <@{request.requester}>"
    sign, run = of_request(request), next((r for r in request.runs if ref in r.plan.models), request.first)
    if request.several and not ref:
        names = listed([bold(run.plan.model.name, 40) for run in request.runs[:3]])
        more = " …" if len(request.runs) > 3 else ""
        far = f", {so_far(request)}" if request.started_at is not None else ""
        return f"{sign} request {request.id}: {counted(len(request.runs), 'model')} ({names}{more}), {tail}{far}"
    if request.several:
        with_ = f"with {counted(len(request.runs) - 1, 'other model')}, request"
        tail = f"*{run.state.value}*, {with_} {tail}"
        sign = of_run(run)
    return f"{sign} request {request.id}: {bold(run.plan.model.name)} {goal(run.plan, run.brought)}, {tail}"
