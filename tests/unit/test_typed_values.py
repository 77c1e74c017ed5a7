"""Numbers, days and moments, whatever was typed: a value or none, never an exception."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.typed_values import LATEST, day_of, is_impossible, looks_like_number, moment_of, number, parse_later
from bot.messages.request_form import Wanted, wanted

BERLIN, NEW_YORK, STOCKHOLM = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Europe/Stockholm"))
ZONES = (ZoneInfo("UTC"), BERLIN, NEW_YORK, ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe"))
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ABSURD = ("", " ", "²", "-1", "9" * 30, "1e9", "½", "0x1", "None", "\u200b", "nan", "٣³")


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("22:00", berlin(23, 22)),
        ("9", berlin(24, 9)),
        ("11:00", berlin(24, 11)),
        ("2026-11-25 07:30", berlin(25, 7, 30)),
        ("today 22:00", berlin(23, 22)),
        ("Tomorrow  22:00", berlin(24, 22)),
        ("today 09:00", None),
        ("2026-11-22 07:30", None),
        ("2027-11-24 07:30", None),
        ("25:00", None),
        ("22:60", None),
        ("2026-13-01 10:00", None),
        ("2026-02-30 10:00", None),
        ("20261125 10:00", None),
        ("9999-12-31 22:00", None),
        ("0001-01-01 00:00", None),
        ("0000-00-00 00:00", None),
        ("22:00 10:00 9", None),
        ("tomorrow", None),
        ("-", None),
        *((absurd, None) for absurd in ABSURD),
        ("٣", berlin(24, 3)),
    ],
)
def test_a_later_time(text: str, moment: datetime | None):
    """By the operator's clock, the next time that it comes; never a moment that is over."""
    assert parse_later(text, NOW, BERLIN) == moment


@pytest.mark.parametrize(
    ("text", "zone", "now", "moment"),
    [
        ("22:00", STOCKHOLM, "2026-11-25T09:00Z", "2026-11-25T21:00Z"),
        ("08:00", STOCKHOLM, "2026-11-25T09:00Z", "2026-11-26T07:00Z"),
        ("tomorrow 22:00", NEW_YORK, "2026-11-25T03:00Z", "2026-11-26T03:00Z"),
        # left out: the clock goes from 02:00 to 03:00, so that half past two comes half an hour after three
        ("02:30", BERLIN, "2027-03-27T20:00Z", "2027-03-28T01:30Z"),
        ("tomorrow 02:30", BERLIN, "2027-03-27T20:00Z", "2027-03-28T01:30Z"),
        ("02:30", BERLIN, "2027-03-28T01:30Z", "2027-03-29T00:30Z"),
        # twice: the first that is to come
        ("02:30", BERLIN, "2026-10-24T20:00Z", "2026-10-25T00:30Z"),
        ("02:30", BERLIN, "2026-10-25T00:45Z", "2026-10-25T01:30Z"),
        ("02:30", BERLIN, "2026-10-25T01:45Z", "2026-10-26T01:30Z"),
        ("22:00", BERLIN, "9999-12-31T23:30Z", None),
        ("tomorrow 22:00", ZoneInfo("UTC"), "9999-12-31T10:00Z", None),
    ],
)
def test_around_a_change_of_the_clock(text: str, zone: ZoneInfo, now: str, moment: str | None):
    """An hour that is left out comes later, one that comes twice is the next of the two."""
    assert parse_later(text, datetime.fromisoformat(now), zone) == (datetime.fromisoformat(moment) if moment else None)


@given(
    st.text(max_size=20) | st.from_regex(r"\A(today |tomorrow |\d{4}-\d\d-\d\d )?\d{1,2}(:\d\d)?\Z"),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(ZONES),
)
def test_no_time_raises(text: str, now: datetime, zone: ZoneInfo):
    """Whatever was typed, whenever: a moment to come within a year, or none."""
    moment = parse_later(text, now, zone)
    assert moment is None or now < moment <= now + LATEST + timedelta(days=2)


@pytest.mark.parametrize("text", ABSURD)
def test_no_number(text: str):
    """What is the number of nothing is 0."""
    assert number(text) == 0


def test_numbers():
    """In the digits of any script, as far as the database can keep them."""
    assert (number("12"), number("٣"), number("9" * 17), number("007")) == (12, 3, int("9" * 17), 7)
    assert [text for text in ABSURD if looks_like_number(text)] == ["²", "-1", "9" * 30, "½", "٣³"]
    assert [text for text in ABSURD if is_impossible(text)] == ["²", "9" * 30, "½", "٣³"]
    assert not is_impossible("0")


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.integers()))
def test_nothing_raises(found: Any):
    """Whatever a payload holds is a moment and a day, or none."""
    assert moment_of(found) is None or isinstance(moment_of(found), datetime)
    assert day_of(found) is None or isinstance(day_of(found), date)


@pytest.mark.parametrize("seconds", [True, "²", "1" * 5000, 1e300, float("nan"), float("inf"), -(10**20), "", None])
def test_no_moment(seconds: Any):
    """Out of every calendar, or no number."""
    assert moment_of(seconds) is None


@pytest.mark.parametrize("metadata", ["", "C1", "C1 ²", "C1 ² upgrade", f"C1 {'9' * 30} key", "-  ", "  "])
def test_a_form_of_another_time(metadata: str):
    """What travels with a form can be read, whoever wrote it."""
    what, _ = wanted(metadata)
    assert isinstance(what, Wanted)
    assert what.later is None
