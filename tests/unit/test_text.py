"""Foreign text can neither ping, link, hide nor break a message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.text import code, duration, escape, listed, plain


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
