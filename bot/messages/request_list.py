"""`/stt-runs`: the list, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.requests import LIVE, Request
from bot.messages.kit import actions, button, context, section
from bot.messages.requests import state_line
from bot.messages.states import state_word
from bot.messages.text import capped, code, counted, escape
from bot.ports import Block, Message

PAGE = 15
"""Requests on one page, with a button each."""

WORDS = (
    "Filters are words: `open`, `waiting`, `ended`, `mine`, a state such as `failed`, `language`, `acoustic`, an "
    "instance, part of a model's name."
)


def requests(
    shown: Sequence[Request], live: int, ended: int, now: datetime, *, page: int, filters: str = ""
) -> Message:
    """One page of those that fit *filters*: how many are live and ended on all pages; live ones first."""
    count = live + ended
    pages = pages_of(count)
    said = f" that fit “{escape(filters)}”" if filters else ""
    text = f"{counted(count, 'request')}{said}: {live} waiting or running, {ended} ended."
    blocks: list[Block] = [section(f"*{text}*")]
    heading = ""
    for request in shown:
        group = "Waiting and running" if request.state in LIVE else "Ended"
        if group != heading:
            heading = group
            blocks.append(section(f"*{heading}*"))
        label = f"History of request {request.id}, {request.first.plan.model.name}"
        history = button("History", "history", str(request.id), label=label)
        blocks.append(section(state_line(request, now), history))
    if pages > 1:
        blocks.append(context(f"Page {page + 1} of {pages}"))
    export = button("Export", "export", filters[:2000] or " ", label="Export all of these requests as a CSV file")
    blocks.append(actions([*turning("runs", page, pages, filters), export]))
    names = "; ".join(f"{one.id} {escape(one.first.plan.model.name, 60)} {state_word(one)}" for one in shown)
    return Message(capped(f"{text} {names}"), tuple(blocks))


def pages_of(count: int, size: int = PAGE) -> int:
    """How many pages there are, at least one."""
    return max(1, -(-count // size))


def turning(action: str, page: int, pages: int, about: str) -> list[Block]:
    """The buttons to the pages before and after; their value is the page and what it is of."""
    buttons = []
    if page > 0:
        buttons.append(button("← Previous", f"{action}:previous", f"{page - 1} {about}"[:2000]))
    if page + 1 < pages:
        buttons.append(button("Next →", f"{action}:next", f"{page + 1} {about}"[:2000]))
    return buttons


def nothing(filters: str, *, ever: bool) -> Message:
    """No run fits, or none was ever asked for."""
    if ever:
        text = f"No request fits {code(filters)}. {WORDS} `/stt-runs` alone lists all."
    else:
        text = (
            "No upgrade was asked for yet. `/stt-upgrade NAME` asks for one, `/stt-models outdated` shows candidates."
        )
    return Message(text, (section(text),))
