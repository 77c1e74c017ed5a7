"""Tables: lists that Slack itself sorts and pages, where it can; elsewhere the lines that say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.messages.text import BLANK, brief, day
from bot.ports import Block, Newer

ROWS, COLUMNS = 100, 20
"""The most that Slack takes, without the header."""

CAPTION, CELL = 300, 120
"""Characters of the caption and of a cell."""

TEXT = 9_000
"""Characters of all cells together; Slack takes 10,000."""

SEEN = 10
"""Rows that Slack shows at a time, unless told."""

Cell = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. *names*: its cells name their rows, as screen readers say."""

    title: str
    names: bool = False


def words(text: str, limit: int = CELL) -> Cell:
    """Any text, foreign too: nothing in it is markup, and it is one line. A dash where nothing shows."""
    return {"type": "raw_text", "text": brief(text, limit) or BLANK}


def number(value: float, text: str = "") -> Cell:
    """A number, by which the column is sorted; *text* is how it is written."""
    return {"type": "raw_number", "value": value, "text": brief(text, CELL) or f"{value:,}"}


def on_day(on: date | None) -> Cell:
    """A day, sorted by the calendar and not by its letters; a dash where there is none."""
    return words(BLANK) if on is None else number(on.toordinal(), day(on))


def at(moment: datetime) -> Cell:
    """A moment in UTC, which the column's title must say."""
    return number(int(moment.timestamp()), f"{day(moment.date())} {moment:%H:%M}")


def signed(sign: str, word: str) -> Cell:
    """A status: its sign as a character, because `:x:` is no emoji in a cell, and its word."""
    return words(f"{sign} {word}")


def code(text: str, limit: int = CELL) -> Cell:
    """A version, an id or what is typed, in code style."""
    return _rich({"type": "text", "text": brief(text, limit) or BLANK, "style": {"code": True}})


def person(user: str) -> Cell:
    """Somebody by name, without telling them: a mention in a table of an ephemeral message pings nobody."""
    return _rich({"type": "user", "user_id": user})


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    plain: Sequence[Block],
    *,
    page_size: int = SEEN,
) -> Block:
    """Rows under the titles of their columns; where Slack has no such block, *plain*, which says the same.

    A message has at most one. *caption* is plain text. Raises `ValueError` for what no list may ask for: no row, more
    than `ROWS`, none or more than `COLUMNS` columns, or a row of another width.
    """
    if not 0 < len(rows) <= ROWS or not 0 < len(columns) <= COLUMNS or any(len(row) != len(columns) for row in rows):
        raise ValueError(f"no table: {len(rows)} rows of {len(columns)} columns")
    names = next((at for at, column in enumerate(columns) if column.names), None)
    block: Block = {
        "type": "data_table",
        "caption": brief(caption, CAPTION),
        "rows": [[words(column.title) for column in columns], *_fitting(rows)],
        "page_size": min(page_size, ROWS),
        **({} if names is None else {"row_header_column_index": names}),
    }
    return Newer(block, plain)


def _rich(element: Cell) -> Cell:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def _fitting(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """The rows with their longest words cut as far as all of them must be together."""
    most = CELL
    while most > 20 and sum(len(_said(cell)[:most]) for row in rows for cell in row) > TEXT:
        most -= 10
    return [[{**cell, "text": brief(cell["text"], most)} if "text" in cell else cell for cell in row] for row in rows]


def _said(cell: Cell) -> str:
    """What a cell shows; a mention is as long as its id."""
    if "text" in cell:
        return str(cell["text"])
    [[element]] = [part["elements"] for part in cell["elements"]]
    return str(element.get("text") or element.get("user_id") or "")
