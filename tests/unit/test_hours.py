"""Windows, later starts, freezes and reminders, by the clocks of people."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.freezes import Freeze, frozen, waits
from bot.domain.hours import DAY_BEGINS, DAY_ENDS, Window, parse_window, reminder_at

BERLIN, NEW_YORK, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
NIGHT = Window(time(22), time(5), BERLIN)
NOON = Window(time(12), time(13), BERLIN)
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def berlin(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("window", "now", "opens"),
    [
        (NIGHT, berlin(23, 21, 59), berlin(23, 22)),
        (NIGHT, berlin(23, 22), None),
        (NIGHT, berlin(24, 0), None),
        (NIGHT, berlin(24, 4, 59), None),
        (NIGHT, berlin(24, 5), berlin(24, 22)),
        (NOON, berlin(23, 11, 59), berlin(23, 12)),
        (NOON, berlin(23, 13), berlin(24, 12)),
    ],
)
def test_windows(window: Window, now: datetime, opens: datetime | None):
    """Also across midnight; the end belongs to the outside."""
    assert window.is_open(now) is (opens is None)
    assert window.opens(now) == (opens or now)


def test_a_window_in_the_hour_that_summer_time_leaves_out():
    """On 29 March 2026 Berlin has no 02:30: the window opens when the clock has passed over it, at 03:00."""
    window = Window(time(2, 30), time(4), BERLIN)
    before = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    opening = window.opens(before)
    assert opening.astimezone(UTC) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert window.is_open(opening)


def test_a_window_that_summer_time_leaves_out_entirely():
    """From 02:15 to 02:45: that night there is none, and the next night's is said."""
    window = Window(time(2, 15), time(2, 45), BERLIN)
    assert window.opens(datetime(2026, 3, 29, 0, tzinfo=UTC)).astimezone(UTC) == datetime(
        2026, 3, 30, 0, 15, tzinfo=UTC
    )


def test_a_window_in_the_hour_that_comes_twice():
    """On 25 October 2026 Berlin has 02:30 twice: it opens the first time, and is open the second time too."""
    window = Window(time(2, 30), time(2, 45), BERLIN)
    opening = window.opens(datetime(2026, 10, 24, 23, tzinfo=UTC))
    assert opening.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    again = window.opens(datetime(2026, 10, 25, 0, 50, tzinfo=UTC))
    assert again.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert window.is_open(again)


MOMENTS = st.integers(1767225600, 1830297600).map(lambda stamp: datetime.fromtimestamp(stamp, UTC))
"""2026 and 2027."""


@given(
    st.one_of(MOMENTS, st.sampled_from([datetime(2026, 3, 28, 23, 30, tzinfo=UTC), berlin(24, 23, month=10)])),
    st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 59])),
    st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 59])),
    st.sampled_from([BERLIN, NEW_YORK, KOLKATA]),
)
def test_a_window_opens_when_it_says(now: datetime, begins: tuple[int, int], ends: tuple[int, int], zone: ZoneInfo):
    """Then and not before, within two days and a change of the clock; nothing waits for ever."""
    if begins == ends:
        return
    window = Window(time(*begins), time(*ends), zone)
    opening = window.opens(now)
    assert now <= opening.astimezone(UTC) <= now + timedelta(hours=50)
    assert window.is_open(opening)
    if opening > now:
        just_before = opening.astimezone(UTC) - timedelta(seconds=1)
        assert not window.is_open(just_before)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("22:00-05:00", NIGHT),
        (" 12:00 – 13:00 ", NOON),
        ("22-05", None),
        ("25:00-05:00", None),
        ("22:00-22:00", None),
        ("", None),
        ("nights", None),
    ],
)
def test_reading_a_window(text: str, window: Window | None):
    """Anything unclear is none, so that the settings can say so."""
    assert parse_window(text, BERLIN) == window


def freeze(instance: str = "", hours: float = 1, **over: object) -> Freeze:
    return Freeze(1, instance, "audit", "UADA", NOW, NOW + timedelta(hours=hours), **over)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("freezes", "not_before", "window", "why"),
    [
        ([], None, None, None),
        ([freeze()], None, None, "freeze"),
        ([freeze("stt")], None, None, "freeze"),
        ([freeze("other")], None, None, None),
        ([freeze(hours=0)], None, None, None),
        ([freeze(ended_at=NOW)], None, None, None),
        ([freeze()], NOW + timedelta(hours=2), NIGHT, "freeze"),
        ([], NOW + timedelta(hours=2), NIGHT, "time"),
        ([], NOW, NIGHT, "window"),
        ([], NOW, None, None),
    ],
)
def test_what_holds_back(freezes: list[Freeze], not_before: datetime | None, window: Window | None, why: str | None):
    """The strictest first."""
    wait = waits("stt", not_before, window, freezes, NOW)
    assert (wait.why if wait else None) == why


def test_the_longest_freeze_counts():
    """Of several, the one that ends last."""
    assert frozen([freeze(hours=1), freeze("stt", hours=5), freeze("other", hours=9)], "stt", NOW) == freeze("stt", 5)


@pytest.mark.parametrize(
    ("asked", "hours", "zones", "expected"),
    [
        (berlin(23, 9), 24, [BERLIN], berlin(23, 19, 45)),  # a quarter before the end is 03:00: the evening before
        (berlin(23, 9), 8, [BERLIN], berlin(23, 15)),
        (berlin(23, 15), 24, [BERLIN], berlin(24, 9)),
        (berlin(23, 21), 8, [BERLIN], None),  # over before anybody wakes
        (berlin(23, 9), 24, [BERLIN, NEW_YORK], berlin(23, 19, 45)),
        (berlin(23, 9), 24, [], berlin(24, 3)),
    ],
)
def test_reminders(asked: datetime, hours: float, zones: list[ZoneInfo], expected: datetime | None):
    """Late enough to matter, and never in the night of those who are meant."""
    assert reminder_at(asked, asked + timedelta(hours=hours), zones) == expected


@given(
    MOMENTS,
    st.floats(1, 96),
    st.lists(st.sampled_from([BERLIN, NEW_YORK, KOLKATA]), min_size=1, max_size=3),
)
def test_a_reminder_is_never_at_night_for_everybody(asked: datetime, hours: float, zones: list[ZoneInfo]):
    """Before the end, after the question, and by day for at least one of them."""
    expires = asked + timedelta(hours=hours)
    moment = reminder_at(asked, expires, zones)
    if moment is not None:
        assert asked < moment < expires
        assert any(DAY_BEGINS <= moment.astimezone(zone).time() < DAY_ENDS for zone in zones)
