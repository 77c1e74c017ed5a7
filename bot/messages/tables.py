"""Tables: lists that Slack sorts and pages; where it can't, lines that say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.messages.drawn_signs import drawn
from bot.messages.fitting import size_of
from bot.messages.text import BLANK, brief, capped, day
from bot.ports import Block, Newer

ROWS, COLUMNS = 100, 20
"""Slack's limits, without the header."""

CAPTION, CELL = 300, 120
"""Characters of the caption and of a cell."""

ROOM = 8_000
"""Characters of block JSON of one table by default. Slack takes 10,000 of text in all cells: this is less."""

LEAST = 16
"""The shortest cut of a cell, in characters."""

SEEN = 20
"""Rows that Slack shows at a time by default."""

Cell = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. *names*: its cells name their rows, as screen readers say."""

    title: str
    names: bool = False


def words(text: str, limit: int = CELL) -> Cell:
    """Any text, untrusted too: nothing in it is markup, and it is one line. A dash where nothing shows."""
    return {"type": "raw_text", "text": brief(text, limit) or BLANK}


def ours(text: str) -> Cell:
    """Text of which every untrusted part is one clean line already."""
    return {"type": "raw_text", "text": capped(text, CELL) or BLANK}


def number(value: float, text: str = "") -> Cell:
    """A number, by which the column is sorted; *text*, in our words, is shown."""
    return {"type": "raw_number", "value": value, "text": text or f"{value:,}"}


def on_day(on: date | None) -> Cell:
    """A day, sorted by the calendar and not by its letters; a dash where there is none."""
    return ours(BLANK) if on is None else number(on.toordinal(), day(on))


def at(moment: datetime) -> Cell:
    """A moment in UTC, which the column's title must say."""
    return number(int(moment.timestamp()), f"{day(moment.date())} {moment:%H:%M}")


def signed(sign: str, word: str) -> Cell:
    """A status in words of ours, after its sign: as a character, because `:x:` is no emoji in a cell."""
    return ours(drawn(f"{sign} {word}"))


def code(text: str, limit: int = CELL) -> Cell:
    """A version, an id or what is typed, in code style."""
    return _rich({"type": "text", "text": brief(text, limit) or BLANK, "style": {"code": True}})


def person(user: str) -> Cell:
    """A person, without telling them: a mention in a table of an ephemeral message pings nobody."""
    return _rich({"type": "user", "user_id": user})


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    plain: Sequence[Block],
    *,
    page_size: int = SEEN,
    room: int = ROOM,
) -> Block:
    """Rows under the titles of their columns; where Slack has no such block, *plain*, which says the same.

    A message has at most one. *caption* is plain text. *room*: characters of block JSON; the longest words are cut to
    fit. Raises `ValueError` for what no list may ask for: no row, more than `ROWS`, none or more than `COLUMNS`
    columns, or a row of another width.
    """
    if not 0 < len(rows) <= ROWS or not 0 < len(columns) <= COLUMNS or any(len(row) != len(columns) for row in rows):
        raise ValueError(f"no table: {len(rows)} rows of {len(columns)} columns")
    names = next((at for at, column in enumerate(columns) if column.names), None)
    block: Block = {
        "type": "data_table",
        "caption": brief(caption, CAPTION),
        "rows": [],
        "page_size": min(page_size, ROWS),
        **({} if names is None else {"row_header_column_index": names}),
    }
    head = [ours(column.title) for column in columns]
    spare = room - size_of([{**block, "rows": [head]}])
    return Newer({**block, "rows": [head, *_fitting(rows, spare)]}, plain)


def _rich(element: Cell) -> Cell:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def _fitting(rows: Sequence[Sequence[Cell]], room: int) -> list[list[Cell]]:
    """The rows with their longest words cut as far as needed; only words are cut."""

    def cut(most: int) -> list[list[Cell]]:
        return [[_cut(cell, most) for cell in row] for row in rows]

    def fits(most: int) -> bool:
        return sum(size_of(row) + 2 for row in cut(most)) <= room

    if fits(CELL):
        return cut(CELL)
    low, high = LEAST, CELL - 1
    while low < high:  # the longest under which all of it fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return cut(low)


def _cut(cell: Cell, most: int) -> Cell:
    return {**cell, "text": capped(cell["text"], most)} if cell["type"] == "raw_text" else cell
