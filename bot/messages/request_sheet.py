"""Requests as a file: one row for each model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from bot.domain.requests import Request
from bot.domain.runs import Run, RunState
from bot.messages.sheet import csv_lines, iso
from bot.messages.text import code, counted

Format = Literal["csv", "json"]

COLUMNS = (
    *("request", "request_state", "model", "instance", "kind", "state", "requested_by", "requested_at", "approved_by"),
    *("started_at", "ended_at", "from_version", "to_version", "steps", "outcome", "why"),
)

Row = dict[str, object]


def rows(request: Request) -> list[Row]:
    """One request, a row for each model.

    `to_version` is the version that was proven; of a run that is not done, the one that it is to bring.
    """
    return [_row(request, run) for run in request.runs]


def _row(request: Request, run: Run) -> Row:
    model = run.plan.model
    return {
        "request": request.id,
        "request_state": request.state.value,
        "model": model.name,
        "instance": model.instance,
        "kind": model.kind,
        "state": run.state.value,
        "requested_by": request.requester,
        "requested_at": request.requested_at,
        "approved_by": list(request.approved_by),
        "started_at": run.started_at,
        "ended_at": run.ended_at or request.ended_at,
        "from_version": run.plan.have,
        "to_version": run.brought if run.state is RunState.DONE else run.plan.target,
        "steps": [
            f"{record.step.action.value} {record.step.name}: {record.outcome.end if record.outcome else record.state}"
            for record in run.steps
        ],
        "outcome": _outcome(request, run),
        "why": request.why,
    }


def _outcome(request: Request, run: Run) -> str:
    if run.failure is not None:
        return run.failure.detail or run.failure.end.value
    if run.cause is not None:
        return run.cause.summary
    return request.rejection.reason if request.rejection is not None else ""


def as_file(rows: Sequence[Row], form: Format) -> bytes:
    """The rows as CSV, lists in one cell each, or as a JSON array."""
    if form == "json":
        return (json.dumps(rows, ensure_ascii=False, indent=1, default=iso) + "\n").encode()
    return "".join(csv_lines(COLUMNS, map(_flat, rows))).encode()


def _flat(cells: Row) -> Row:
    return {name: "; ".join(map(str, value)) if isinstance(value, list) else value for name, value in cells.items()}


def file_name(day: str, form: Format) -> str:
    """What the file is called."""
    return f"retune-requests-{day}.{form}"


def about_file(requests: int) -> tuple[str, str]:
    """The title of a file, and what is in it for people who cannot see it."""
    what = counted(requests, "request")
    return f"Retune: {what}", f"A table with a row for each model of {what}"


def sent_file(name: str, requests: int) -> str:
    """Where the file went."""
    return f"Sent you {code(name)} with {counted(requests, 'request')} by direct message."


def may_not_export() -> str:
    """Who is no full member of this workspace. Plain text."""
    return "Guests, bots and people of other workspaces cannot export. Ask a member of this workspace."


def nothing_to_export(typed: str) -> str:
    """No request fits. Plain text."""
    fits = f"No request fits “{typed}”" if typed else "There are no requests yet"
    return f"{fits}, so there is nothing to export. /stt-runs lists all of them."
