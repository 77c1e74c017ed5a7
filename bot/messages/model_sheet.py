"""Models as a CSV file: row by row what a list of thousands says by counts and a few names."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.counts import group_of
from bot.domain.verdicts import Judgement
from bot.messages.kit import paragraph
from bot.messages.sheet import cells_as_csv
from bot.messages.text import code, counted, plain
from bot.ports import Message

COLUMNS = (
    *("model", "id", "kind", "instance", "language", "base_model", "status", "verdict", "since", "counted_as", "risk"),
    *("versions", "newer_version", "known_since", "evidence", "created", "updated"),
)
"""*since* is the day of the verdict, *known_since* that of the newer version, *counted_as* the group of all counts."""


def part(judgements: Sequence[Judgement], *, headline: bool) -> bytes:
    """A row for each of these, below the column names where they are the first."""
    return cells_as_csv(COLUMNS, list(map(_row, judgements)), headline=headline)


def _row(judgement: Judgement) -> dict[str, object]:
    model = judgement.model
    evidence = "; ".join(f"{one.kind.value}, seen {one.on}" for one in judgement.evidence or judgement.grounds)
    group, versions = group_of(judgement).value, "; ".join(model.versions or ())
    cells = (
        *(model.name, model.id, model.kind, model.instance, model.language, model.base, model.status),
        *(judgement.verdict.value, judgement.since, group, judgement.risk.value),
        *(versions, judgement.target, judgement.newer_since, evidence, model.created, model.updated),
    )
    return dict(zip(COLUMNS, cells, strict=True))


def name(day: str) -> str:
    """The file's name."""
    return f"retune-models-{day}.csv"


def about(models: int) -> tuple[str, str]:
    """The title of a file, and its description for people who can't see it."""
    what = counted(models, "custom model")
    return f"Retune: {what}", f"A table with a row for each of {what}: verdict, risk, versions, evidence"


def sent(name: str, models: int) -> str:
    """Where the file is."""
    return f"Sent you {code(name)} with {counted(models, 'custom model')} by direct message."


def missing() -> Message:
    """Slack did not take the file of an announcement: how to get it."""
    return paragraph("The CSV file cannot be posted here. `/stt-models export outdated` sends it to you.", ":warning:")


def nothing(typed: str) -> str:
    """No model matches. Plain text."""
    if not typed:
        return "There are no custom models, so there is nothing to export. /stt-models says what was read."
    return f"No model matches “{plain(typed)}”, so there is nothing to export. /stt-models lists all of them."
