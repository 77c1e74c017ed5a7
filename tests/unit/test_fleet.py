"""Versions: reading and ordering them, never failing on a string that does not parse."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.fleet import embedded_date, is_newer, newest


@pytest.mark.parametrize(
    ("version", "day"),
    [
        ("en-US_BroadbandModel.v2020-01-16", date(2020, 1, 16)),
        ("en-US_BroadbandModel.v07-06082016.06202016", date(2016, 6, 20)),
        ("es_ES.8kHz.general.lm20180522235959.am20180522235959", date(2018, 5, 22)),
        ("en-US_Telephony.v2021-13-45", None),
        ("something new", None),
        ("", None),
    ],
)
def test_embedded_date(version: str, day: date | None):
    """Every shape that IBM is known to have used gives its date, everything else none."""
    assert embedded_date(version) == day


@pytest.mark.parametrize(
    ("versions", "best"),
    [
        ([], None),
        (["a.v2018-07-31", "a.v2020-01-16"], "a.v2020-01-16"),
        (["a.v2020-01-16", "a.v2018-07-31"], "a.v2020-01-16"),
        (["a.v2020-01-16", "a.strange"], "a.strange"),
    ],
)
def test_newest(versions: list[str], best: str | None):
    """By date in any order; by position where a string does not tell."""
    assert newest(versions) == best


@given(st.text(), st.text())
def test_any_text_can_be_compared(left: str, right: str):
    """Nothing that a service could send makes comparing fail, and no version is newer than itself."""
    assert is_newer(left, left) is False
    assert is_newer(left, right) in (True, False, None)
