"""What is kept of the fleet's days, what a chart is made of, and its words."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.announcements import compose
from bot.domain.counts import Kinds
from bot.domain.fleet import InstanceReading, Snapshot
from bot.domain.history import Day, Entry, Series, State, counts, series, state
from bot.domain.verdicts import Risk, Verdict, judge
from bot.messages.charts import ALT_TEXT, alt_text, notes, subtitle, title
from bot.turns import at_once
from tests.fleets import judged_of
from tests.world import NEW, OLD, model, shipped

TODAY = date(2026, 11, 23)
OUTDATED = (Verdict.OUTDATED, Risk.EXPECTED)
CURRENT = (Verdict.CURRENT, Risk.NONE)


def entry(ago: int, outdated: int, current: int = 0, instance: str = "stt") -> Entry:
    """A reading some days ago."""
    return Entry(TODAY - timedelta(days=ago), instance, {OUTDATED: outdated, CURRENT: current})


def outdated(shown: Series) -> list[int]:
    return [day.outdated for day in shown.days]


def test_counts():
    """Models are counted by verdict and risk together."""
    models = (model("a", versions=(OLD, NEW)), model("b"), model("c"), model("d", status="upgrading"))
    judged = judge(Snapshot({"stt": InstanceReading("stt", "cloud", models)}), shipped(), TODAY)
    assert counts(judged) == {CURRENT: 1, OUTDATED: 2, (Verdict.BUSY, Risk.EXPECTED): 1}
    assert counts([]) == {}


@pytest.mark.parametrize("status", ["available", "upgrading", "failed", "pending"])
def test_outdated_is_what_announcements_call_outdated(status: str):
    """The chart and the announcement beside it never give two numbers."""
    models = (model("a", versions=(OLD, NEW)), model("b", status=status))
    judged = judge(Snapshot({"stt": InstanceReading("stt", "cloud", models)}), shipped(), TODAY)
    shown = series([Entry(TODAY, "stt", counts(judged))], 1, TODAY)
    assert outdated(shown) == [at_once(compose(judged_of(judged), datetime(2026, 11, 23, tzinfo=UTC))).outdated]


@pytest.mark.parametrize(
    ("verdict", "risk", "band"),
    [
        (Verdict.OUTDATED, Risk.EXPECTED, State.OUTDATED),
        (Verdict.LIKELY_OUTDATED, Risk.WARNED, State.OUTDATED),
        (Verdict.FAILED, Risk.IGNORED, State.OUTDATED),
        (Verdict.FAILED, Risk.NONE, State.OTHER),
        (Verdict.EMPTY, Risk.WARNED, State.OTHER),
        (Verdict.UNKNOWN, Risk.NONE, State.OTHER),
        (Verdict.RETIRED, Risk.RETIRED, State.STUCK),
        (Verdict.RECREATE, Risk.REFUSED, State.STUCK),
        (Verdict.CURRENT, Risk.NONE, State.CURRENT),
        (Verdict.CURRENT, Risk.PAIR, State.CURRENT),
    ],
)
def test_states(verdict: Verdict, risk: Risk, band: State):
    """Every model is in the band whose words are true of it."""
    assert state(verdict, risk) is band


@pytest.mark.parametrize(
    ("rows", "configured", "found", "guessed"),
    [
        ([], None, [], []),
        ([entry(0, 4)], None, [4], []),
        ([entry(3, 9), entry(1, 5), entry(0, 4)], None, [9, 9, 5, 4], [2]),
        ([entry(20, 9)], None, [9] * 7, list(range(7))),
        ([entry(2, 9), entry(1, 8), entry(0, 7), entry(1, 3, instance="b")], None, [9, 11, 10], [0]),
        ([entry(2, 9), entry(1, 8), entry(0, 7), entry(1, 3, instance="b")], {"stt"}, [9, 11, 7], []),
        ([entry(2, 9), entry(20, 3, instance="gone")], {"stt"}, [9, 9, 9], [0, 1]),
        ([entry(-1, 9), entry(0, 4)], None, [4], []),
    ],
    ids=["nothing", "a day", "a gap", "only before", "two", "one was removed", "removed long ago", "from the future"],
)
def test_series(rows: list[Entry], configured: set[str] | None, found: list[int], guessed: list[int]):
    """A day without a reading has the last one's counts and says so; nothing is made up before the first."""
    shown = series(rows, 7, TODAY, configured)
    assert outdated(shown) == found
    assert [(TODAY - day.on).days for day in shown.days if not day.read] == guessed[::-1]


COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(Verdict), st.sampled_from(Risk)), st.integers(0, 100_000), max_size=6
)
ROWS = st.lists(
    st.builds(
        Entry,
        st.integers(0, 90).map(lambda ago: TODAY - timedelta(days=ago)),
        st.one_of(st.sampled_from(["a", "b"]), st.text(max_size=400)),
        COUNTS,
    ),
    max_size=40,
    unique_by=lambda row: (row.day, row.instance),
)


@given(ROWS, st.integers(1, 60))
def test_any_history_has_every_day_once(rows: list[Entry], days: int):
    """No day is missing, none is there twice, the last is today and every model of it is counted."""
    shown = series(rows, days, TODAY)
    assert [day.on for day in shown.days] == [TODAY - timedelta(days=n) for n in range(len(shown.days))][::-1]
    assert len(shown.days) <= days
    latest: dict[str, Kinds] = {}
    for row in sorted(rows, key=lambda row: row.day):
        latest[row.instance] = row.counts
    if latest:
        assert shown.days[-1].total == sum(sum(found.values()) for found in latest.values())
    assert all(day.ignored <= day.outdated for day in shown.days)


@given(ROWS, st.integers(1, 60))
def test_any_history_has_words(rows: list[Entry], days: int):
    """Title and alt text are there, the alt text fits Slack and names today's number."""
    shown = series(rows, days, TODAY)
    assert title(shown)
    assert 0 < len(alt_text(shown)) <= ALT_TEXT
    if shown.drawable:
        assert f"{shown.days[-1].outdated:,} of {shown.days[-1].total:,} outdated" in alt_text(shown)
        assert set(shown.shown) <= set(State)
        assert subtitle(shown)


def weeks(first: Day, *between: Day, last: Day) -> Series:
    return Series((first, *between, last), ("stt",))


def a_day(ago: int, outdated: int, current: int, **over: object) -> Day:
    states = Counter({State.OUTDATED: outdated, State.CURRENT: current})
    return Day(TODAY - timedelta(days=ago), +states, **over)  # type: ignore[arg-type]  # what a test wants


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (Series(()), "No instance has been read yet"),
        (Series((a_day(0, 0, 0),)), "There are no custom models"),
        (Series((a_day(0, 1, 1),)), "1 of 2 custom models is outdated"),
        (Series((a_day(0, 0, 2),)), "None of 2 custom models are outdated"),
        (weeks(a_day(56, 9, 21), last=a_day(0, 4, 27)), "Outdated models: 9 eight weeks ago, 4 today"),
        (weeks(a_day(7, 9, 21), last=a_day(0, 0, 27)), "Outdated models: 9 a week ago, none today"),
        (weeks(a_day(1, 0, 21), last=a_day(0, 1200, 27)), "Outdated models: none yesterday, 1,200 today"),
        (weeks(a_day(20, 4, 21), last=a_day(0, 4, 27)), "Outdated models: 4 today, as many as on 3 Nov"),
        (weeks(a_day(14, 0, 21), last=a_day(0, 0, 27)), "Outdated models: none today, and none two weeks ago"),
        (
            weeks(a_day(56, 9, 21), last=a_day(0, 4, 27, read=False)),
            "Outdated models: 9 eight weeks ago, 4 at the last reading",
        ),
    ],
)
def test_the_title_states_the_finding(shown: Series, words: str):
    """In words, and never `today` for what was not read today."""
    assert title(shown) == words


def test_alt_text():
    """The whole chart for somebody who hears it."""
    shown = weeks(a_day(56, 9, 21), a_day(30, 12, 18, read=False), last=a_day(0, 4, 27, ignored=1))
    assert alt_text(shown) == (
        "Custom models in stt by state over the last 8 weeks: on 28 Sep 9 of 30 outdated, on 23 Nov 4 of 31 outdated. "
        "The most were 12 of 30 on 24 Oct. On 23 Nov: 4 outdated; 27 current. "
        "1 of the outdated models is already ignored: requests get the plain base model. "
        "On 1 day an instance was unreachable; its last known counts are used."
    )
    assert len(notes(shown)) == 2
    short = alt_text(Series((a_day(0, 1, 1),)))
    assert "1 of 2 custom models is outdated" in short
    assert "second day" in short


def test_thin_bands_are_drawn_without_the_current_models():
    """4 of 100,000 would be an invisible line; what is left out is said."""
    shown = weeks(a_day(56, 4, 99_996), last=a_day(0, 4, 99_996))
    assert shown.shown == (State.OUTDATED,)
    assert "99,996 current ones are not drawn" in subtitle(shown)
    all_of_it = weeks(a_day(56, 4, 20), last=a_day(0, 0, 24))
    assert all_of_it.shown == (State.OUTDATED, State.CURRENT)
    assert "not drawn" not in subtitle(all_of_it)
