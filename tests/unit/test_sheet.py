"""Files for spreadsheets: what is in a cell is never executed, and reads back as it was."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.request_filter import ENDED, RequestFilter, request_filter
from bot.domain.requests import LIVE, UNSTARTED, RequestState
from bot.domain.untrusted_text import escaped
from bot.messages.sheet import cell, csv_lines, json_line

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


FORMULA = st.builds(
    "{}{}{}{}".format,
    st.text("abc1 ;,|；，｜\t\"'\n\r", max_size=6),
    st.text(" \t\r\n\"'＂＇“‘\u00a0\u3000\u200b\u200d\ufeff\ufe0f", max_size=4),
    st.sampled_from("=+-@＝＋－＠﹦﹢﹣﹫"),
    st.sampled_from(["cmd|' /C calc'!A0", "1+1", "SUM(A1)", 'HYPERLINK("http://x")']),
)
"""A formula at the start of a cell, or of what becomes one where a program splits at another separator."""


@example("x", "a；＝1+1")
@example("＂＝1+1", "x")
@given(TEXT | FORMULA, TEXT | FORMULA)
def test_cells(first: str, second: str):
    """No cell is a formula, whether a program splits at commas, semicolons, bars or tabs; each row is one line."""
    lines = "".join(csv_lines(("a", "b"), [{"a": first, "b": second}]))
    narrow = str.maketrans("；，｜", ";,|")  # as a program does that brings text to one width before it splits
    assert lines.count("\n") == lines.count("\r") == 2
    for separator in ",;|\t":
        for row in csv.reader(io.StringIO(lines.translate(narrow), newline=""), delimiter=separator):
            for found in row:
                bare = (
                    unicodedata.normalize("NFKC", found.replace("\ufe0f", "").replace("\u200d", ""))
                    .lstrip(' "“‘')
                    .lstrip("'" if found[:1] == "＇" else "")
                )
                assert not bare.startswith(("=", "+", "-", "@")), found
    (cells,) = csv.DictReader(io.StringIO(lines, newline=""))
    for read, was in ((cells["a"], first), (cells["b"], second)):
        assert read.replace("'", "") == escaped(was).replace("'", "")


@given(TEXT | FORMULA)
def test_json_is_exact_and_safe(text: str):
    """It reads back as it was, and is ASCII on which no terminal acts."""
    line = json_line({"a": text})
    assert json.loads(line) == {"a": text}
    assert line.isascii()
    assert line[:-1].isprintable()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("a=b", "a=b"),
        ("late; =1+1", "late;' =1+1"),
        ("＝1+1", "'＝1+1"),
        ('"=1+1', "'\"=1+1"),
        ("\tx\r\n=1", "\\tx\\r\\n=1"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
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
