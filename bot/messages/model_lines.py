"""The lines of a card for several models: the state of each, and what else it changes for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.proof import is_late
from bot.domain.requests import LIVE, UNSTARTED, Request
from bot.domain.runs import Run, RunState
from bot.messages.holds import Around, hold_words
from bot.messages.outcomes import cause_of, failure_text
from bot.messages.signs import of_run
from bot.messages.stakes import by_hand, in_short
from bot.messages.steps import others, step_text, versions
from bot.messages.text import bold, listed, moment, shortened

if TYPE_CHECKING:
    from bot.messages.card import Seen

LINES = 7_000
"""Characters of all these lines, so that the message stays under Slack's limit."""


def model_lines(request: Request, seen: Seen) -> list[str]:
    """A line for each model; shorter lines where Slack would not take them all."""
    lines = [_line(request, run, seen) for run in request.runs]
    if sum(len(line) + 2 for line in lines) <= LINES:
        return lines
    for most in (60, 52, 40, 30, 20):
        lines = [_brief(run, most, seen) for run in request.runs]
        if sum(len(line) + 2 for line in lines) <= LINES:
            break
    return lines


def _brief(run: Run, most: int, seen: Seen) -> str:
    """One model of very many: the sign of its state, its name, and what else changes for good. Details say more."""
    also = f" + {listed([bold(name, most) for name in others(run.plan)])}" if others(run.plan) else ""
    sign = of_run(run, held=bool(seen.around.held(run.plan)), late=late(run, seen))
    lacks = " (loses a weight)" if run.plan.drops_weight else ""
    lacks += " (needs a person)" if by_hand(run.plan) else ""
    return f"{sign} {bold(run.plan.model.name, most)}{also}{lacks}"


def _line(request: Request, run: Run, seen: Seen) -> str:
    """One model of several: its state, its name, the proven or wanted version, and what else changes."""
    also = also_changed(run)
    facts = in_short(run.plan) if request.state in UNSTARTED else [f"also changes {also}" if also else ""]
    moves = versions(run.plan, run.brought)
    state = state_of(request, run, seen)
    held = seen.around.held(run.plan) if run.state is RunState.QUEUED and request.state in LIVE else ()
    sign = of_run(run, held=bool(held), late=late(run, seen))
    name = "" if not held or held[0].name == run.plan.model.name else f"{bold(held[0].name, 60)} "
    on_hold = f"{name}{hold_words(held[0].hold, seen.around)}" if held else ""
    tail = "".join(f" · {fact}" for fact in (*facts, state, on_hold) if fact)
    return f"{sign} {bold(run.plan.model.name, 60)} {moves}{tail}{owner_of(run, seen.around)}"


def state_of(request: Request, run: Run, seen: Seen) -> str:
    """What one model of several is doing, or how it ended."""
    match run.state:
        case RunState.QUEUED:
            return "to come" if request.state in LIVE else "not begun"
        case RunState.RUNNING:
            if (record := run.current) is None:
                return "runs"
            if run.waits_for_a_person:
                return f"waits for a person: {step_text(record.step)}"
            step = f"step {record.number} of {len(run.steps)}"
            if run.unclear:
                return f"*unclear whether {step} began*: an approver decides"
            since = f" since {moment(record.started_at)}" if record.started_at else ""
            longer = ", takes longer than estimated" if late(run, seen) else ""
            return f"runs{since}, {step}{longer}"
        case RunState.DONE:
            return "trained, no newer version shown" if run.unproven else "done"
        case RunState.FAILED:
            return f"failed: {shortened(failure_text(run))}"
        case RunState.LEFT_OUT:
            return f"left out: {shortened(cause_of(run) or 'something changed')}"
        case RunState.CANCELLED:
            return "stopped" if run.started_at is not None else "not begun"


def late(run: Run, seen: Seen) -> bool:
    """Whether the present step takes longer than estimated."""
    return run.current is not None and is_late(run.current, seen.estimates.get(run.id), seen.now)


def also_changed(run: Run) -> str:
    """The other models that a run changes."""
    return listed([bold(name, 60) for name in others(run.plan)])


def owner_of(run: Run, around: Around) -> str:
    """The owner of its model."""
    owner = around.owner(run.plan.model.ref)
    return f" · {owner}" if owner else ""
