"""Polls: whether models in progress are read one by one or in the list of all."""

from __future__ import annotations

from dataclasses import dataclass

SMALL = 48_000
"""Bytes of a list (about 80 models) that take us less time to read than one more request (1 ms)."""

HEADERS = 1_500
"""Bytes of one exchange beside the record: both ways' headers; IAM's token is 1,200 of them."""

MOST = 32
"""Single-model requests in one poll at most: one second's work if an instance answers in 0.2 s."""

AT_ONCE = 6
"""Of these, requests in flight at the same time."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the last list of one kind: bytes received, and records in it."""

    bytes: int
    records: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A step whose turn it is: its run and model. *look*: read the model first; otherwise the step was not sent."""

    run: int
    model: str
    look: bool


def one_by_one(wanted: int, listed: Size | None) -> bool:
    """Whether to read *wanted* models of one kind one by one: fewer bytes than the list. *listed*: None if unknown."""
    if wanted < 2:
        return True
    if listed is None or listed.bytes <= SMALL or wanted > MOST:
        return False
    return wanted * (HEADERS + listed.bytes / max(listed.records, 1)) < HEADERS + listed.bytes
