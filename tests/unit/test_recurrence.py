"""Cron rules as people say them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.domain.timing import Timing
from bot.messages.recurrence import often


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("0 9 * * mon-fri", "weekdays at 09:00 UTC"),
        ("0 9 * * 1-5", "weekdays at 09:00 UTC"),
        ("0 9 * * MON,TUE,WED,THU,FRI", "weekdays at 09:00 UTC"),
        ("30 7 * * *", "every day at 07:30 UTC"),
        ("0 0 * * 0-6", "every day at 00:00 UTC"),
        ("0 0 * * sun-sat", "every day at 00:00 UTC"),
        ("0 9 * * 1", "Mondays at 09:00 UTC"),
        ("0 9 * * sun", "Sundays at 09:00 UTC"),
        ("0 9 * * 7", "Sundays at 09:00 UTC"),
        ("0 9 * * sat,sun", "weekends at 09:00 UTC"),
        ("0 9 * * 1,3,0", "Mondays, Wednesdays and Sundays at 09:00 UTC"),
        ("0 9,15 * * mon-fri", "weekdays at 09:00 and 15:00 UTC"),
        ("5,35 9 * * mon", "Mondays at 09:05 and 09:35 UTC"),
        ("0 9 1 * *", "at 09:00 on the first day of every month, UTC"),
        ("0 9 L * *", "at 09:00 on the last day of every month, UTC"),
        ("0 9 * * mon#1", "at 09:00 on the first Monday of the month, UTC"),
        ("0 9 * jan-mar *", "at 09:00 in every month from January through March, UTC"),
        ("*/15 * * * *", "every 15th minute of every hour, UTC"),
        ("0 */2 * * *", "at minute 0 past every second hour, UTC"),
        ("1,7,9 2,5,9 3,9,17 1,4,6,11 mon,wed", "by the rule `1,7,9 2,5,9 3,9,17 1,4,6,11 mon,wed` (UTC)"),
        ("nonsense", "by the rule `nonsense` (UTC)"),
    ],
)
def test_rules_in_words(rule: str, said: str):
    """Common rules briefly, others as the parser explains them, and where that takes too many words as they are."""
    assert often(Timing(rule, ZoneInfo("UTC"), "C1")) == said


def test_the_zone_is_named():
    """The clock of the team."""
    assert often(Timing("0 9 * * mon-fri", ZoneInfo("Europe/Berlin"), "C1")) == "weekdays at 09:00 Europe/Berlin"
