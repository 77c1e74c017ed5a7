"""Files for spreadsheets: what is in a cell is never executed, and reads back as it was."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.request_filter import ENDED, RequestFilter, request_filter
from bot.domain.requests import LIVE, UNSTARTED, RequestState
from bot.messages.sheet import cell, csv_lines

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_cells(first: str, second: str):
    """Any text comes back, with a `'` before it where it would be a formula; never a formula."""
    lines = "".join(csv_lines(("a", "b"), [{"a": first, "b": second}]))
    (row,) = csv.DictReader(io.StringIO(lines, newline=""))
    for read, was in ((row["a"], first), (row["b"], second)):
        assert read in (was, f"'{was}")
        assert not read.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("a=b", "a=b"),
        (-1, "-1"),
        (None, ""),
        (datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=2))), "2026-11-23T10:00:00Z"),
    ],
)
def test_values(value: object, shown: str):
    """Formulas, numbers, nothing, moments in UTC."""
    assert cell(value) == shown


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", RequestFilter()),
        ("open", RequestFilter(states=LIVE)),
        ("Ended", RequestFilter(states=ENDED)),
        ("waiting approved", RequestFilter(states=UNSTARTED)),
        ("failed `rejected`", RequestFilter(states=frozenset({RequestState.FAILED, RequestState.REJECTED}))),
        ("mine acoustic", RequestFilter(kinds=frozenset({"acoustic"}), requester="UADA")),
        ("#12 Call-Center", RequestFilter(parts=("12", "call-center"))),
    ],
)
def test_filters(text: str, wanted: RequestFilter):
    """The words that people type."""
    assert request_filter(text, "UADA") == wanted


def test_every_state_is_a_word():
    """None is forgotten, and each is either live or ended."""
    for state in RequestState:
        word = "waiting" if state is RequestState.OPEN else state.value
        assert request_filter(word, "UADA").states == {state}
    assert set(RequestState) == LIVE | ENDED
