"""The thread of an announcement: the models, worst first, in as few replies as Slack's limits allow."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.announcements import Findings
from bot.domain.findings import News
from bot.domain.verdicts import Judgement
from bot.messages.findings import About, cells, columns, plain, short
from bot.messages.fitting import MOST, portion
from bot.messages.kit import actions, context, section, sections
from bot.messages.model_table import open_menu
from bot.messages.tables import Cell, Column, table
from bot.messages.text import BLANK, counted
from bot.ports import Block, Message, plainly
from bot.turns import Work

IN_ALL = 50
"""Models in the thread of an announcement; beyond that, a file has the list."""

REPLY = 30
"""Models in one reply."""

REPLIES = 4
"""Replies with models. Long names mean fewer models in each."""

SPARE = 400
"""Characters left free for the text around a list."""

WITH_FIRST = 2_600
"""Characters that plain blocks leave free: a preview has them below the announcement, in one message."""

UNCUT = 100_000
"""Characters of block JSON for a table of few rows, so that no word in it is cut."""

TEXT = 3900
"""Slack refuses edits whose text has more than 4,000 characters."""


def filed(models: int) -> bool:
    """Whether so many models go into a file instead of replies."""
    return models > IN_ALL


def thread(found: Findings, about: About, news: News) -> Work[tuple[Message, ...]]:
    """The replies; where a file has all models, one reply with the worst of them."""
    rest, parts = found.worth[:IN_ALL], list[Sequence[Judgement]]()
    while rest and len(parts) < (1 if filed(found.count) else REPLIES):
        as_table = portion(rest, lambda some: _listing(some, found, about, news), REPLY, MOST - SPARE)
        parts.append(
            portion(as_table, lambda some: plainly(_listing(some, found, about, news)), REPLY, MOST - WITH_FIRST)
        )
        rest = rest[len(parts[-1]) :]
        yield
    replies, start = list[Message](), 0
    for part in parts:
        replies.append(_reply(part, start, found, about, news))
        start += len(part)
        yield
    return tuple(replies)


def _reply(part: Sequence[Judgement], start: int, found: Findings, about: About, news: News) -> Message:
    """One reply. It says which of how many models it has."""
    if len(part) == found.count:
        first = f"{counted(found.count, 'model')} to act on, the worst first."
    else:
        first = f"Models {start + 1} to {start + len(part)} of {found.count:,} to act on, the worst first."
    blocks = [section(f"*{first}*"), *_listing(part, found, about, news)]
    if filed(found.count):
        blocks.append(context("The CSV file has all of them. `/stt-models outdated` finds them by filters."))
    elif (left := found.count - start - len(part)) and start + len(part) >= len(found.worth[:IN_ALL]):
        blocks.append(context(f"And {left:,} more: `/stt-models outdated` lists all."))
    return Message(_text([first, *(plain(judgement, about) for judgement in part)]), tuple(blocks))


def _listing(part: Sequence[Judgement], found: Findings, about: About, news: News) -> list[Block]:
    """A table of models, and below it the menu that opens one."""
    several = found.instances > 1
    lines = sections(short(judgement, about, news, several=several) for judgement in part)
    titles, rows = _told(columns(several=several), [cells(each, about, news, several=several) for each in part])
    shown = table("Models to act on", titles, rows, lines, room=UNCUT)
    menu = open_menu(part, several=several)
    return [shown, *([actions(menu)] if menu else [])]


def _told(titles: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> tuple[list[Column], list[list[Cell]]]:
    """Leaves out columns that say nothing, such as *owner* where no model has one."""
    told = [at for at in range(len(titles)) if any(row[at]["text"] != BLANK for row in rows)]
    return [titles[at] for at in told], [[row[at] for at in told] for row in rows]


def _text(sentences: Sequence[str]) -> str:
    """As many sentences as Slack takes, and the number of the rest."""
    kept: list[str] = []
    room = TEXT - 60
    for number, sentence in enumerate(sentences):
        room -= len(sentence) + 1
        if room < 0:
            kept.append(f"And {len(sentences) - number} more in the message.")
            break
        kept.append(sentence)
    return " ".join(kept)
