"""Sheets: rows as CSV that a spreadsheet shows and never executes, and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_EXECUTED = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> str:
    """A value as one cell: moments in ISO 8601, UTC; text that a spreadsheet would take for a formula gets a `'`.

    The characters are OWASP's ("CSV Injection"); Excel, LibreOffice and Google Sheets show what follows the `'`.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_EXECUTED) else text


def iso(at: datetime) -> str:
    """A moment in ISO 8601, UTC, to the second: 2026-11-23T10:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180), headline first, one at a time."""
    line = io.StringIO()
    writer = csv.writer(line)
    for cells in _cells(columns, rows):
        writer.writerow(cells)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _cells(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[list[str]]:
    yield list(columns)
    for row in rows:
        yield [cell(row[column]) for column in columns]


def json_line(row: Mapping[str, Any]) -> str:
    """A row as one line of JSON; moments as in CSV, nothing else changed."""
    return json.dumps(row, ensure_ascii=False, default=iso) + "\n"
