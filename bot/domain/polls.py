"""Polls: whether the models that are waited for are read one by one, or in the list of all."""

from __future__ import annotations

from dataclasses import dataclass

SMALL = 48_000
"""Bytes of a list, of some 80 models, that are read in less of our time than one request more takes (1 ms)."""

HEADERS = 1_500
"""Bytes that an exchange costs beside the record: the headers of both ways, of which IAM's token is 1,200."""

MOST = 32
"""Requests for single models that one poll makes: a second's work for an instance that answers in 0.2 s."""

AT_ONCE = 6
"""Of these on their way at a time."""


@dataclass(frozen=True, slots=True)
class Size:
    """What the last list of one kind was: bytes of its answer as they came over the wire, and records in it."""

    bytes: int
    records: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A step that is to be taken up: its run and model. *look*: the model is to be seen first; else it was not sent."""

    run: int
    model: str
    look: bool


def one_by_one(wanted: int, listed: Size | None) -> bool:
    """Whether that many models of one kind are read one by one: fewer bytes are moved. *listed*: None if not known."""
    if wanted < 2:
        return True
    if listed is None or listed.bytes <= SMALL or wanted > MOST:
        return False
    return wanted * (HEADERS + listed.bytes / max(listed.records, 1)) < HEADERS + listed.bytes
