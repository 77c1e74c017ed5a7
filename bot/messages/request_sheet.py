"""The files of a large request: every model that it changes, before the decision; and how each ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.requests import Request, RequestState
from bot.domain.runs import LASTING, Run
from bot.messages.kit import paragraph
from bot.messages.quotes import Quote
from bot.messages.sheet import cells_as_csv
from bot.messages.steps import others
from bot.messages.text import counted
from bot.ports import Message

LIST = (
    *("place", "model", "id", "kind", "instance", "base_model", "from_version", "to_version", "also_changes", "steps"),
    *("data_to_train_afterwards", "drops_customization_weight"),
)

OUTCOME = (*LIST, "state", "proven_version", "started_at", "ended_at", "outcome")


def rows(request: Request, runs: Iterable[Run], *, ended: bool) -> list[dict[str, object]]:
    """A row for each of these runs."""
    return [_row(request, run, ended=ended) for run in runs]


def _row(request: Request, run: Run, *, ended: bool) -> dict[str, object]:
    plan, model = run.plan, run.plan.model
    row: dict[str, object] = dict(
        zip(
            LIST,
            (
                *(run.number, model.name, model.id, model.kind, model.instance, model.base, plan.have, plan.target),
                *("; ".join(others(plan)), "; ".join(f"{step.action.value} {step.name}" for step in plan.steps)),
                *("yes" if plan.trains_after else "", "yes" if plan.drops_weight else ""),
            ),
            strict=True,
        )
    )
    if ended:
        state = "no newer version shown" if run.unproven else run.state.value
        outcome = (
            run.failure.summary or run.failure.end.value if run.failure else run.cause.summary if run.cause else ""
        )
        row |= {"state": state, "proven_version": run.brought, "outcome": outcome}
        row |= {"started_at": run.started_at, "ended_at": run.ended_at}
    return row


def part(rows: Sequence[dict[str, object]], *, ended: bool, headline: bool) -> bytes:
    """Rows as lines of CSV, below the column names where they are the first."""
    return cells_as_csv(OUTCOME if ended else LIST, rows, headline=headline)


def name(request: Request, *, ended: bool) -> str:
    """The file's name."""
    return f"retune-request-{request.id}-{'outcome' if ended else 'models'}.csv"


def about(request: Request, *, ended: bool) -> tuple[str, str]:
    """The title of a file, and its description for people who can't see it."""
    what = counted(len(request.runs), "model")
    if ended:
        return f"Request {request.id}: what became of {what}", f"A table with a row for each of {what} and its outcome"
    return f"Request {request.id}: {what} that would be changed for good", (
        f"A table with a row for each of {what}: versions, instance, steps, and what else it changes"
    )


def refused(request: Request, why: str, *, ended: bool) -> Message:
    """Slack did not take the file, and why; where the list is instead."""
    what = "what became of each model" if ended else "every model that would be changed for good"
    text = f"The file with {what} of request {request.id} cannot be posted. *Details* on the card has every model."
    return paragraph(text, ":warning:", quotes=[Quote("What Slack answered", why)])


def is_over(request: Request) -> bool:
    """Whether the outcome can be listed: it began, and nothing of it goes on."""
    unstarted = request.state in (RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.EXPIRED)
    return request.ended_at is not None and not unstarted and not request.count(*LASTING)
