"""Sheets: rows as CSV that a spreadsheet shows and never executes, and as JSON; and requests as such a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, Literal

from bot.domain.requests import Request
from bot.domain.runs import Run, RunState
from bot.domain.untrusted_text import escaped
from bot.messages.text import code, counted, plain

_SIGNS = "=+-@" + "＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋﬩"
"""What begins a formula, and the forms of it that become one when text is brought to one width."""

_FORMULA = re.compile(rf"(^|[;,|；，｜﹐﹔])(?=[\s\"'＂＇“”„‘’«»\u200c\u200d\ufe00-\ufe0f]*[{re.escape(_SIGNS)}])")
"""Where a cell begins, also for a program that splits lines at another separator than the comma."""


def cell(value: object) -> str:
    """A value as one cell in one line: moments in ISO 8601, UTC; controls and line breaks as escapes.

    What a spreadsheet would take for a formula gets a `'`: at its start (OWASP, "CSV Injection") and after each
    separator, because Excel splits lines at `;` where the comma is the decimal sign, and then quotes hold no cell
    together. Excel, LibreOffice and Google Sheets show what follows the `'`.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    return _FORMULA.sub(r"\1'", escaped(value)) if isinstance(value, str) else str(value)


def iso(at: datetime) -> str:
    """A moment in ISO 8601, UTC, to the second: 2026-11-23T10:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180), headline first, one at a time; every cell in quotes."""
    line = io.StringIO()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    for cells in chain([columns], ([cell(row[column]) for column in columns] for row in rows)):
        writer.writerow(cells)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def json_line(row: Mapping[str, Any]) -> str:
    """A row as one line of JSON; moments as in CSV, nothing else changed."""
    return as_json(row) + "\n"


def as_json(value: object, indent: int | None = None) -> str:
    """JSON in ASCII, on which no terminal acts; reading it gives exactly what was written."""
    return json.dumps(value, indent=indent, default=iso).replace("\x7f", "\\u007f")


Format = Literal["csv", "json"]

COLUMNS = (
    *("request", "request_state", "model", "instance", "kind", "state", "requested_by", "requested_at", "approved_by"),
    *("started_at", "ended_at", "from_version", "to_version", "steps", "outcome", "why"),
)


Row = dict[str, object]


def rows(request: Request) -> list[Row]:
    """One request, a row for each model. `to_version` is the proven version; before the end, the wanted one."""
    return [_row(request, run) for run in request.runs]


def _row(request: Request, run: Run) -> Row:
    model, outcome = run.plan.model, ""
    if run.failure is not None:
        outcome = run.failure.summary or run.failure.end.value
    elif run.cause is not None:
        outcome = run.cause.summary
    elif request.rejection is not None:
        outcome = request.rejection.reason
    steps = [f"{r.step.action.value} {r.step.name}: {r.outcome.end if r.outcome else r.state}" for r in run.steps]
    to_version = run.brought if run.state is RunState.DONE else run.plan.target
    cells = (
        *(request.id, request.state.value, model.name, model.instance, model.kind, run.state.value),
        *(request.requester, request.requested_at, list(request.approved_by), run.started_at),
        *(run.ended_at or request.ended_at, run.plan.have, to_version, steps, outcome, request.why),
    )
    return dict(zip(COLUMNS, cells, strict=True))


class Sheet:
    """A file made a few rows at a time: as CSV, lists in one cell each, or as a JSON array."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._parts: list[bytes] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Appends rows."""
        if not rows:
            return
        if self._form == "json":
            array = as_json(rows, indent=1)
            self._parts.append(array[len("[\n") : -len("\n]")].encode())
        else:
            begin = 1 if self._parts else 0  # the headline once
            self._parts.append("".join(islice(csv_lines(COLUMNS, map(_flat, rows)), begin, None)).encode())

    def content(self) -> bytes:
        """All of it."""
        return b"[\n" + b",\n".join(self._parts) + b"\n]\n" if self._form == "json" else b"".join(self._parts)


def cells_as_csv(columns: Sequence[str], rows: Sequence[Row], *, headline: bool) -> bytes:
    """Rows as lines of CSV, below the column names where they are the first."""
    return "".join(islice(csv_lines(columns, rows), 0 if headline else 1, None)).encode()


def _flat(cells: Row) -> Row:
    return {name: "; ".join(map(str, value)) if isinstance(value, list) else value for name, value in cells.items()}


def file_name(day: str, form: Format) -> str:
    """The file's name."""
    return f"retune-requests-{day}.{form}"


def about_file(requests: int) -> tuple[str, str]:
    """The title of a file, and its description for people who can't see it."""
    what = counted(requests, "request")
    return f"Retune: {what}", f"A table with a row for each model of {what}"


def sent_file(name: str, requests: int) -> str:
    """Where the file is."""
    return f"Sent you {code(name)} with {counted(requests, 'request')} by direct message."


def nothing_to_export(typed: str) -> str:
    """No request matches. Plain text."""
    if not typed:
        return "There are no requests yet, so there is nothing to export. /stt-upgrade NAME asks for one."
    return f"No request matches “{plain(typed)}”, so there is nothing to export. /stt-runs lists all of them."
