"""How long a step may take: our own proven steps on as much data, the audio, our own steps, or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.estimates import Past, alike, estimate, total
from bot.domain.fleet import Holdings
from bot.domain.plans import Estimate
from bot.messages.steps import estimate_text, left_text, span_text

SMALL, LARGE = Holdings(corpora=1, words=100), Holdings(corpora=9, words=9000)
AUDIO = Holdings(recordings=3, audio_minutes=30)


def past(*steps: tuple[float, Holdings | None]) -> list[Past]:
    return [Past(seconds, holdings) for seconds, holdings in steps]


@pytest.mark.parametrize(
    ("holdings", "steps", "expected"),
    [
        (SMALL, past(), None),
        (None, past(), None),
        (AUDIO, past(), Estimate(1800, 3600, "length of the audio")),
        (SMALL, past((90, SMALL)), Estimate(90, 90, "like the last one of this kind and size")),
        (
            SMALL,
            past((60, SMALL), (7200, LARGE), (90, SMALL), (80, SMALL), (5, SMALL)),
            Estimate(60, 90, "like the last 3 of this kind and size"),
        ),
        (SMALL, past((7200, LARGE), (100, None)), Estimate(100, 7200, "like the last 2 of this kind")),
        (None, past((60, SMALL), (70, LARGE)), Estimate(60, 70, "like the last 2 of this kind")),
        (AUDIO, past((2400, AUDIO)), Estimate(2400, 2400, "like the last one of this kind and size")),
        (
            AUDIO,
            past((60, Holdings(recordings=1, audio_minutes=2))),
            Estimate(1800, 3600, "length of the audio"),
        ),
    ],
)
def test_choice(holdings: Holdings | None, steps: list[Past], expected: Estimate | None):
    """The same size comes before the audio, the audio before another size; never more than the last three."""
    assert estimate(holdings, steps) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Holdings(), Holdings(words=50, corpora=1), True),
        (Holdings(), Holdings(words=51), False),
        (Holdings(words=1000), Holdings(words=2000), True),
        (Holdings(words=1000), Holdings(words=2001), False),
        (Holdings(corpora=2, grammars=2), Holdings(corpora=8), True),
        (Holdings(corpora=2), Holdings(corpora=5), False),
        (Holdings(audio_minutes=30), Holdings(audio_minutes=61), False),
        (Holdings(recordings=1, audio_minutes=30), Holdings(recordings=90, audio_minutes=31), True),
    ],
)
def test_similar_size(one: Holdings, other: Holdings, same: bool):
    """At most twice as much of anything, and small numbers are all alike; either way round."""
    assert alike(one, other) is same
    assert alike(other, one) is same


def test_several_steps():
    """They add up where all are known; one that is not makes the sum unknown."""
    one, two = Estimate(60, 90, "like the last 2 of this kind"), Estimate(1800, 3600, "length of the audio")
    assert total([one, two, one]) == Estimate(1920, 3780, "like the last 2 of this kind; length of the audio")
    assert total([one, None]) is None
    assert total([]) is None


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (3, 3, "up to about 10 seconds"),
        (42, 58, "about 40 to 60 seconds"),
        (41, 47, "about 50 seconds"),
        (95, 170, "about 1 to 3 minutes"),
        (118, 170, "about 1 to 3 minutes"),
        (300, 300, "about 5 minutes"),
        (290, 310, "about 4 to 6 minutes"),
        (-20, 250, "up to about 5 minutes"),
        (1800, 3600, "about 30 minutes to 1 hour"),
        (5700, 11400, "about 1 hour and 35 minutes to 3 hours and 10 minutes"),
        (14400, 14400, "about 4 hours"),
    ],
)
def test_spans(low: float, high: float, said: str):
    """Rounded outwards, in units that the length can bear, without abbreviations."""
    assert span_text(low, high) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "about 10 to 20 minutes left"),
        (4, "about 6 to 16 minutes left"),
        (12, "up to about 8 minutes left"),
        (19, "up to about 1 minute left"),
        (19.5, "up to about 30 seconds left"),
        (20, "that time is over"),
        (20.5, "that time is over"),
        (21, "overdue: 1 minute longer than estimated"),
        (34.9, "overdue: 14 minutes longer than estimated"),
        (140, "overdue: 2 hours longer than estimated"),
    ],
)
def test_what_is_left(minutes: float, said: str):
    """A range while the estimate holds, then plainly that it does not; never less than is really overdue."""
    assert left_text(Estimate(600, 1200, "x"), timedelta(minutes=minutes)) == said


def test_it_is_called_an_estimate():
    """With its source, and where there is none IBM's word for it."""
    assert estimate_text(None).startswith("_Estimate: usually minutes (IBM);")
    assert estimate_text(Estimate(60, 90, "<x>")) == "_Estimate: about 60 to 90 seconds (&lt;x&gt;)._"


@given(st.floats(0.1, 1e6), st.floats(1, 50))
def test_a_span_always_reads(low: float, factor: float):
    """Any estimate is a range or an about, whatever the figures."""
    said = span_text(low, low * factor)
    assert said.startswith(("about ", "up to about "))
    assert " 0 " not in f" {said} "
