"""Untrusted text can neither ping, link, hide nor break a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.quotes import Quote, aloud, lines
from bot.messages.text import code, duration, escape, listed, plain, sentence


@given(st.text(max_size=500))
def test_escaped_text_has_no_control_sequence(text: str):
    """Slack acts only on what stands in angle brackets: none survives, nor do control characters."""
    shown = escape(text)
    assert "<" not in shown
    assert ">" not in shown
    assert "\u202e" not in shown
    assert "\x00" not in shown


def test_a_name_that_would_ping():
    """A model called like a broadcast is shown literally."""
    assert code("<!channel> & `co`") == "`&lt;!channel&gt; &amp; ’co’`"


def test_caps():
    """Long text is cut, visibly."""
    assert len(plain("x" * 200)) == 75
    assert plain("x" * 200).endswith("…")
    assert escape("x" * 400).endswith("…")


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (timedelta(minutes=2), "2 minutes"),
        (timedelta(hours=3, minutes=10), "3 hours and 10 minutes"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_durations(span: float | timedelta, said: str):
    """People's words, not more exact than anybody needs."""
    assert duration(span) == said


def test_lists():
    """Commas, and a word before the last."""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"], "or") == "a, b or c"


class Long(str):
    """A text of which nobody may look at more than its beginning."""

    def __getitem__(self, at: object) -> str:
        assert isinstance(at, slice)
        assert at.stop < 20_000
        return "é" * int(at.stop)

    def strip(self, chars: str | None = None) -> str:
        return "é"

    def __iter__(self) -> Iterator[str]:
        raise AssertionError

    def replace(self, old: str, new: str, count: SupportsIndex = -1) -> str:
        raise AssertionError

    def translate(self, table: object) -> str:
        raise AssertionError


@pytest.mark.parametrize("say", [code, escape, plain, sentence, lines, lambda text: aloud(Quote("said by", text))])
def test_what_is_far_too_long_is_not_looked_at(say: Callable[[str], str]):
    """A description or an error of megabytes holds nobody up."""
    assert say(Long("z" * 100)).startswith(("é", "`é", "said by: “é"))
