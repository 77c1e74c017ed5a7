"""The models of a list as a table, with the menu that opens one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages import tables
from bot.messages.kit import OPTION, choice, option, sections
from bot.messages.signs import OF_VERDICT, Sign
from bot.messages.tables import Cell, Column, table
from bot.messages.text import BLANK, brief
from bot.messages.verdicts import one_line, verdict_word
from bot.ports import Block

COLUMNS = (
    Column("Model", names=True),
    *map(Column, ("Verdict", "Since", "Version", "Risk", "Kind and base")),
)

NAME, SHORT = 60, 40
"""Characters of a model's name, and of a version, a base or an instance."""


def model_table(
    shown: Sequence[Judgement], caption: str, marks: Mapping[str, str], room: int, *, several: bool
) -> Block:
    """A row for each model, in so many characters of block JSON; in plain form, the lines of a list.

    *marks* say more about some, by reference. *several*: there is more than one instance.
    """
    columns = (*COLUMNS, *([Column("Instance")] if several else []))
    rows = [[*_row(each, marks), *([tables.words(each.model.instance, SHORT)] if several else [])] for each in shown]
    lines = (f"{one_line(each)} {marks.get(each.model.ref, '')}".rstrip() for each in shown)
    return table(caption, columns, rows, sections(lines), room=room)


def open_menu(shown: Iterable[Judgement], *, several: bool) -> list[Block]:
    """The menu that opens one of them. A reference too long for it is left out; no real service has one."""
    models = [each.model for each in shown if len(each.model.ref) <= OPTION]
    names = [f"{brief(m.name or m.id, SHORT)}{f' ({m.instance})' if several else ''}" for m in models]
    options = [option(name, m.ref) for name, m in zip(names, models, strict=True)]
    return [choice("Open a model…", "model", options)] if options else []


def _row(judgement: Judgement, marks: Mapping[str, str]) -> list[Cell]:
    model, verdict, risk = judgement.model, judgement.verdict, judgement.risk
    mark = f" {marks[model.ref]}" if model.ref in marks else ""
    return [
        tables.words(model.name, NAME),
        tables.signed(OF_VERDICT[verdict], f"{verdict_word(judgement)}{mark}"),
        tables.ours(judgement.since.isoformat() if judgement.since else BLANK),
        tables.ours(_versions(judgement)),
        tables.signed(Sign.URGENT, risk.value)
        if risk is Risk.IGNORED
        else tables.ours(BLANK if risk is Risk.NONE else risk.value),
        tables.ours(f"{model.kind}, {brief(model.base, SHORT)}"),
    ]


def _versions(judgement: Judgement) -> str:
    """The versions, where a newer one is known and an upgrade leads to it."""
    model, target = judgement.model, judgement.target
    have = BLANK if model.newest is None else _version(model.newest, model.base)
    if not judgement.outdated or judgement.verdict in (Verdict.RETIRED, Verdict.RECREATE):
        return have
    return f"{have} → {'newer' if target is None else _version(target, model.base)}"


def _version(full: str, base: str) -> str:
    return brief(full.removeprefix(f"{base}."), SHORT)
