"""The requests of a list as a table, with the menu that opens the history of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.requests import LIVE, Request
from bot.domain.runs import Run
from bot.messages import tables
from bot.messages.card import so_far
from bot.messages.kit import choice, option, sections
from bot.messages.requests import state_line
from bot.messages.signs import of_request
from bot.messages.steps import state_word
from bot.messages.tables import Cell, Column, table
from bot.messages.text import brief, counted
from bot.ports import Block

COLUMNS = (
    Column("Request"),
    Column("Models", names=True),
    *map(Column, ("State", "Asked by", "When (UTC)")),
)

NAME = 40
"""Characters of the name of a model."""


def request_table(shown: Sequence[Request], caption: str, now: datetime, room: int) -> Block:
    """A row for each request, in so many characters of block JSON; in plain form, lines that say the same."""
    lines: list[str] = []
    for request in shown:
        group = "*Waiting and running*" if request.state in LIVE else "*Ended*"
        lines += [*([] if group in lines else [group]), state_line(request, now)]
    return table(caption, COLUMNS, [_row(request) for request in shown], sections(lines), room=room)


def history_menu(shown: Sequence[Request]) -> Block:
    """The menu that opens the history of one."""
    options = [option(f"{request.id}: {_models(request)}", str(request.id)) for request in shown]
    return choice("History of a request…", "history", options)


def _row(request: Request) -> list[Cell]:
    far = f", {so_far(request)}" if request.several and request.started_at is not None else ""
    leads = "" if request.several else f" {_goal(request.first)}"
    return [
        tables.number(request.id, str(request.id)),
        tables.ours(f"{_models(request)}{leads}"),
        tables.signed(of_request(request), f"{state_word(request)}{far}"),
        tables.person(request.requester),
        tables.at(request.ended_at or request.started_at or request.requested_at),
    ]


def _models(request: Request) -> str:
    """The model, or the number of models and the first of them."""
    model = request.first.plan.model
    first = brief(model.name or model.id, NAME)
    return f"{counted(len(request.runs), 'model')}: {first}, …" if request.several else first


def _goal(run: Run) -> str:
    """Where a run leads: training, or an arrow to the version."""
    base, to = run.plan.model.base, run.brought or run.plan.target
    return (
        "training"
        if run.plan.is_training
        else f"→ {brief(to.removeprefix(f'{base}.'), NAME) if to else 'a newer version'}"
    )
