"""The progress message of a request for one model, edited while it goes on. It never says more than was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.domain.estimates import expected_end
from bot.domain.plans import Action, Estimate
from bot.domain.runs import Run, StepRecord, StepState
from bot.messages.card import Seen
from bot.messages.freezes import wait_quotes, wait_text, wait_words
from bot.messages.kit import context, section
from bot.messages.outcomes import became
from bot.messages.quotes import quoted
from bot.messages.refusals import called
from bot.messages.signs import of_step
from bot.messages.steps import doing, estimate_words, left_text, span_text, step_text
from bot.messages.text import capped, counted, escape, moment, spelled, spoken
from bot.ports import Message

CELLS = 6
"""The length of the bar, unless there are more steps."""

MINUTE = timedelta(minutes=1)

TICKS = ((2 * MINUTE, timedelta(seconds=10)), (15 * MINUTE, MINUTE), (120 * MINUTE, 5 * MINUTE))
"""How often the message changes, by the time elapsed; later every `SLOWEST`. Four hours cost under 60 edits."""

SLOWEST = 10 * MINUTE


def progress(run: Run, seen: Seen) -> Message:
    """The progress of a run."""
    estimate, now, wait = seen.estimates.get(run.id), seen.now, seen.wait
    lines = [_line(run, record, now) for record in run.steps]
    done, total, current = run.done, len(run.steps), run.current
    if run.ended_at is not None or current is None:
        head, foot = f"{run.state.value.capitalize()}: {done} of {counted(total, 'step')}", [_took(run)]
        filled, ends = bar(done, total), ""
    else:
        head, foot = f"Step {current.number} of {total}", _foot(run, current, estimate, now, seen.around.actors)
        ends = _ends(run, current, estimate, now)
        filled = bar(done, total, _share(current, estimate, now))
    small = [f"_{sentence}_" if sentence.startswith("Estimate") else sentence for sentence in foot]
    if wait is not None and wait.freeze is not None and run.ended_at is None:
        foot.append(wait_words(wait, seen.around.names))
        small.append(wait_text(wait, seen.around.names))
    text = spoken(" ".join([f"{head}{ends}.", *(f"{line[0].upper()}{line[1:]}." for line in lines), *foot]))
    shown = "\n".join(f"{of_step(run, record)} {line}" for record, line in zip(run.steps, lines, strict=True))
    blocks = [section(f"{filled} *{head}*{ends}"), section(shown)]
    quotes = wait_quotes(wait if run.ended_at is None else None, seen.around.names)
    return Message(capped(text), (*blocks, *([context(*small)] if small else []), *quoted(*quotes)))


def bar(done: int, total: int, share: float = 0.0) -> str:
    """A bar with an equal part for each step.

    *share* is the used part of the present step's estimate. The last cell of a step fills when the step is proven,
    however late that is.
    """
    cells = max(1, CELLS // total)
    filled = done * cells + (min(cells - 1, int(cells * max(0.0, share))) if done < total else 0)
    return "🟩" * filled + "⬜" * (total * cells - filled)


def ticked(elapsed: timedelta) -> timedelta:
    """The elapsed time as shown: in steps, so that the message does not change at every look."""
    tick = next((tick for below, tick in TICKS if elapsed < below), SLOWEST)
    return elapsed // tick * tick


def elapsed_text(elapsed: timedelta) -> str:
    """The time so far, never longer than it really is."""
    shown = ticked(elapsed)
    if not shown:
        return "just begun"
    return f"{'over ' if shown >= 15 * MINUTE else ''}{spelled(shown)} so far"


def _line(run: Run, record: StepRecord, now: datetime) -> str:
    what = step_text(record.step)
    if record.state is StepState.DONE:
        took = record.ended_at - record.started_at if record.ended_at and record.started_at else None
        return f"{became(record.outcome)}: {what}" + (f" ({spelled(took)})" if took else "")
    if record.state is StepState.FAILED:
        return f"failed: {what}"
    if run.ended_at is not None:
        return f"not begun: {what}"
    if record is not run.current:
        return f"next: {what}"
    so_far = f", {elapsed_text(now - record.started_at)}" if record.started_at else ""
    return f"now: {what} · {doing(record)}{so_far}"


def _share(record: StepRecord, estimate: Estimate | None, now: datetime) -> float:
    """By the longer estimate: a bar that waits near its end for long promised too much."""
    if estimate is None or estimate.high <= 0 or record.started_at is None:
        return 0.0
    return ticked(now - record.started_at).total_seconds() / estimate.high


def _ends(run: Run, record: StepRecord, estimate: Estimate | None, now: datetime) -> str:
    """By the longer estimate: the end of everything, or of this step where no more is known."""
    if (end := expected_end(run, estimate)) is not None:
        return f", done ≈ {moment(end)} (estimate)" if now < end else ""
    if estimate is None or record.started_at is None:
        return ""
    end = record.started_at + timedelta(seconds=estimate.high)
    return f", this step done ≈ {moment(end)} (estimate)" if now < end else ""


def _foot(
    run: Run, record: StepRecord, estimate: Estimate | None, now: datetime, names: Mapping[str, str]
) -> list[str]:
    foot = []
    if record.step.action is not Action.AWAIT_CHANGE:
        if estimate is None or record.started_at is None:
            foot.append(estimate_words(estimate))
        else:
            whole, left = span_text(estimate.low, estimate.high), left_text(estimate, ticked(now - record.started_at))
            foot.append(f"Estimate for this step: {whole} ({escape(estimate.source)}); {left}.")
    if run.cancelled_by:
        foot.append(f"Ends after this step: {called(run.cancelled_by, names)} stopped the rest.")
    return foot


def _took(run: Run) -> str:
    assert run.ended_at is not None
    began = run.started_at or run.ended_at
    if run.retries:
        return f"Began {moment(began)}, ended {moment(run.ended_at)}, retried in between."
    return f"Took {spelled(run.ended_at - began)}."
