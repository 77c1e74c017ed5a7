"""Runs as a file: one row each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from bot.domain.runs import Run, RunState
from bot.messages.proof import brought
from bot.messages.sheet import csv_lines, iso

Format = Literal["csv", "json"]

COLUMNS = (
    *("run", "model", "instance", "kind", "state", "requested_by", "requested_at", "approved_by", "started_at"),
    *("ended_at", "from_version", "to_version", "steps", "outcome", "why"),
)

Row = dict[str, object]


def row(run: Run) -> Row:
    """One run. `to_version` is the version that was proven; of a run that is not done, the one that it is to bring."""
    model = run.plan.model
    return {
        "run": run.id,
        "model": model.name,
        "instance": model.instance,
        "kind": model.kind,
        "state": run.state.value,
        "requested_by": run.requester,
        "requested_at": run.requested_at,
        "approved_by": list(run.approved_by),
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "from_version": run.plan.have,
        "to_version": brought(run) if run.state is RunState.DONE else run.plan.target,
        "steps": [f"{record.step.action.value} {record.step.name}: {record.state.value}" for record in run.steps],
        "outcome": run.outcome,
        "why": run.why,
    }


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
