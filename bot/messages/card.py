"""The card: the message in the channel that asks for approval and later shows the outcome.

It names every model that is changed for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from bot.domain.estimates import expected_end
from bot.domain.freezes import Wait
from bot.domain.outcomes import CauseKind
from bot.domain.plans import Estimate
from bot.domain.policies import Policy
from bot.domain.requests import LIVE, UNSTARTED, Noted, Request, RequestState
from bot.domain.runs import Run, RunState
from bot.domain.snoozes import Held, Snooze
from bot.domain.words import Addition
from bot.messages.buttons import card_buttons, details_button
from bot.messages.freezes import wait_quotes
from bot.messages.holds import Around, card_lines, ended_lines, ended_quotes, hold_quotes, hold_words
from bot.messages.kit import actions, context, section, sections
from bot.messages.large import count_lines
from bot.messages.model_lines import model_lines
from bot.messages.outcomes import cause_of, failure_text, proofs
from bot.messages.people import named
from bot.messages.quotes import Quote, aloud, quoted
from bot.messages.refusals import called
from bot.messages.signs import of_request, without
from bot.messages.small_print import hindrances, small_print
from bot.messages.stakes import FOR_GOOD, stakes, times, totals, why_line
from bot.messages.steps import changed, doing, noun, others, step_text, versions
from bot.messages.text import bold, capped, counted, escape, listed, moment, plain, shortened, some
from bot.messages.words import add_buttons, waiting_lines, whom
from bot.ports import Block, Message

NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the messages of a request need besides the request.

    *policy* is what it needs in all. *estimates* are by run, for its present step. *wait* delays the next start.
    *around* has the holds on its waiting models, and the owners; *ended* the holds that people ended for it. *involved*
    are those who asked, voted or decided.
    """

    policy: Policy
    now: datetime
    estimates: Mapping[int, Estimate | None] = field(default_factory=dict)
    wait: Wait | None = None
    around: Around = field(default_factory=Around)
    ended: tuple[Snooze, ...] = ()
    involved: frozenset[str] = frozenset()
    acts: tuple[Noted, ...] = ()
    """What people did about messages with buttons, and how steps ended; empty where it is not needed."""
    parallel: int = 2
    """Runs at a time on each instance."""
    additions: tuple[Addition, ...] = ()
    """Words that people added for its runs."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The URLs of instances."""

    @property
    def people(self) -> set[str]:
        """People whose names it needs."""
        ended = {id for one in self.ended for id in (one.author, one.ended_by) if id}
        frozen = {self.wait.freeze.author} if self.wait is not None and self.wait.freeze is not None else set()
        return self.around.people | ended | frozen | {one.by for one in self.additions}

    @property
    def actors(self) -> set[str]:
        """People who did something about it: named where a mention would ping them about their own act."""
        return {*self.involved, *(act.actor for act in self.acts if act.actor != "retune")}

    def named(self, names: Mapping[str, str], actors: Mapping[str, str] = NOBODY) -> Seen:
        """The same with the names of these people."""
        return replace(self, around=replace(self.around, names=names, actors=actors))


def card(request: Request, seen: Seen) -> Message:
    """The message in the channel: asks for approval, later shows the outcome. *Details* has the rest."""
    held, names = seen.around.held_of(request), seen.around.actors
    models = {ref: name for run in request.runs for ref, name in run.plan.changes.items()}
    facts = _facts(request, seen)
    on_hold = [
        *([] if request.several else card_lines(held, seen.around)),
        *ended_lines(seen.ended, seen.around.names, models),
    ]
    lines = [_head(request), *facts, *on_hold]
    quotes = [*rejection_quotes(request, names), *why_quotes(request, names)]
    blocks: list[Block] = [section("\n".join(lines), details_button(request, named=True))]
    if request.large:
        blocks += sections(count_lines(request, seen))
    elif request.several:
        blocks += sections(model_lines(request, seen))
    blocks += quoted(*quotes, *_hold_quotes(request, held, models, seen))
    small = small_print(request, seen)
    blocks.append(context(*small))
    if held_back := hindrances(request, seen.policy.needed, seen.wait, seen.around.names):
        held_for = wait_quotes(seen.wait if request.state in LIVE else None, seen.around.names)
        blocks += [context(*held_back), *quoted(*held_for)]
    if buttons := [*add_buttons(request), *card_buttons(request, seen.around)]:
        blocks.append(actions(buttons, block_id=f"decide:{request.id}"))
    further = _names(request, held, seen) if request.several else on_hold
    said = [_sentence(without(line)) for line in [_head(request), *facts, *further, "; ".join(small), *held_back]]
    return Message(f"{capped(' '.join(said), 2500)} {aloud(*quotes)}".rstrip(), tuple(blocks))


def why_quotes(request: Request, names: Mapping[str, str] = NOBODY) -> list[Quote]:
    """The requester's reason; by name, because a mention would ping them about their own act."""
    return [Quote(f"Reason for the request{_from(request.requester, names)}", request.why)]


def rejection_quotes(request: Request, names: Mapping[str, str] = NOBODY) -> list[Quote]:
    """The reason of a rejection, by name."""
    no = request.rejection
    return [Quote(f"Reason for the rejection{_from(no.voter, names)}", no.reason)] if no is not None else []


def _from(id: str, names: Mapping[str, str]) -> str:
    return f", from {plain(names[id], 60)}" if id in names else ""


def _hold_quotes(request: Request, held: Sequence[Held], models: Mapping[str, str], seen: Seen) -> list[Quote]:
    """Reasons of the holds on it, and of those ended for it; by name, so that nobody is pinged."""
    names = {**{one.hold.author: one.hold.author for one in held}, **seen.around.names}
    standing = [] if request.several else hold_quotes(held, names)
    return [*standing, *ended_quotes(seen.ended, seen.around.names, models)]


def _head(request: Request) -> str:
    """The state, the model in bold and its versions; for several, the number of models."""
    if request.several:
        return f"*{headline(request)}*"
    run = request.first
    moves = versions(replace(run.plan, target=run.plan.have) if _unproven(request) else run.plan, run.brought)
    return f"{headline(request)}: {bold(run.plan.model.name)} {moves}"


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
    if request.state is RequestState.OPEN and request.is_training and not request.several:
        return "Approval needed for a training"
    word, models = noun(request.first.plan), counted(len(request.meant), "model")
    if request.several and request.state is RequestState.CANCELLED and request.started_at is None:
        return f"Upgrade of {models}: stopped"
    if request.state is RequestState.SCHEDULED and request.not_before is not None:
        return f"Upgrade of {models} scheduled" if request.several else f"{word.capitalize()} scheduled"
    said = _STATES[request.state][1 if request.several else 0]
    doing = "Upgrading" if word == "upgrade" else "Training"
    return said.format(Doing=doing, Noun=word.capitalize(), models=models, far=so_far(request))


_STATES = {
    RequestState.OPEN: ("Approval needed", "Approval needed: upgrade of {models}"),
    RequestState.SCHEDULED: ("{Noun} approved", "Upgrade of {models} approved"),
    RequestState.RUNNING: ("{Doing}", "Upgrading {models}: {far}"),
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
    RequestState.CANCELLED: ("{Noun} stopped", "Stopped: {far}"),
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


def _facts(request: Request, seen: Seen) -> list[str]:
    """What readers must know of it now, below the headline."""
    match request.state:
        case RequestState.OPEN | RequestState.SCHEDULED:
            return _before(request, seen)
        case RequestState.RUNNING if not request.several:
            now, waits = _running(request.first, seen), waiting_lines(request, seen.around)
            return [*(now[:1] if waits else now), *waits, *_also(request)]
        case RequestState.RUNNING | RequestState.PAUSED:
            return waiting_lines(request, seen.around)
        case _:
            return [line for line in [outcome_line(request, seen.around.actors), *_also(request)] if line]


def _also(request: Request) -> list[str]:
    """The other models that a request for one changes, as long as its card stands."""
    names = [] if request.several else [bold(name, 60) for name in others(request.first.plan)]
    verb = {RequestState.RUNNING: "changes", RequestState.DONE: "changed"}.get(request.state, "meant:")
    return [f"Also {verb} {listed(names)}"] if names else []


def _before(request: Request, seen: Seen) -> list[str]:
    """What it changes and why, before it begins; while it is decided, that it can't be undone."""
    asks = request.state is RequestState.OPEN
    takes = times(request, seen.wait, seen.parallel)
    if request.is_training:
        return ["While it is trained, the service refuses every change to the model.", takes]
    if request.several:
        leader = bold(request.meant[0].plan.model.name, 40)
        turns = f"Starts with {leader}; the others follow once it is proven. The first failure pauses the rest."
        return [f"{FOR_GOOD} {turns}" if asks else turns, takes]
    plan = request.first.plan
    who = called(whom(request, request.first, seen.around), {**seen.around.names, **seen.around.actors})
    first = " · ".join(stakes(plan, who))
    return [line for line in [first, why_line(plan), f"{FOR_GOOD} {takes}" if asks else takes] if line]


def _running(run: Run, seen: Seen) -> list[str]:
    """The present state: the step, what happens now, since when, and the estimated end. It does not tick."""
    record = run.current
    if record is None:
        return []
    since = f", since {moment(record.started_at)}" if record.started_at else ""
    step = f"*Step {record.number} of {len(run.steps)}:* {step_text(record.step)}"
    end = expected_end(run, seen.estimates.get(run.id))
    ends = [f"Estimate: done ≈ {moment(end)}."] if end is not None and seen.now < end else []
    return [step, f"*Now:* {doing(record)}{since}", *ends]


def outcome_line(request: Request, names: Mapping[str, str]) -> str:
    """Why it ended this way, and by whose decision; "" where each of its models says so."""
    run = request.first
    by, when = named([request.decided_by], names) if request.decided_by else "", request.decided_at
    at = f", {moment(when)}" if when is not None else ""
    match request.state:
        case RequestState.REJECTED if request.rejection is not None:
            return f"Rejected by {named([request.rejection.voter], names)}{at}."
        case RequestState.WITHDRAWN if by:
            return f"Withdrawn by {by}{at}."
        case RequestState.CANCELLED if by:
            after = f" after step {run.done} of {len(run.steps)}" if run.done and not request.several else ""
            return f"Stopped{after} by {by}{at}."
        case RequestState.EXPIRED:
            return f"Why: nobody decided by {moment(request.expires_at)}."
    if request.several:
        return ""
    why = failure_text(run) or cause_of(run)
    if why or run.unproven:
        return f"Why: {shortened(why or proofs(run), WHY)}"
    return shortened(proofs(run), WHY)


WHY = 400
"""Characters of an outcome's reason on the card; the thread has all of it."""


def _names(request: Request, held: Sequence[Held], seen: Seen) -> list[str]:
    """Several models, for the text: names, what some lose or need, and who holds which."""
    every, all_of_them = changed(request), len(request.proven) == len(request.meant)
    what = "Changed for good" if request.state in LIVE or all_of_them else "Meant"
    lines = [f"{what}: {some([*(escape(name, 60) for name in every[:10]), *every[10:]], 10)}"]
    if request.state in UNSTARTED:
        lines += totals([run.plan for run in request.meant])
    return [*lines, *(f"{escape(one.name, 60)} is {hold_words(one.hold, seen.around)}" for one in held[:3])]


def _sentence(text: str) -> str:
    return text if text.endswith((".", ":", "!", "?")) else f"{text}."


def people(ids: Iterable[str]) -> str:
    """Mentions of users; an edited message notifies nobody."""
    return listed([f"<@{id}>" for id in ids])
