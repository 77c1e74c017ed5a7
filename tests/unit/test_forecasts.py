"""When a request may be done: the first alone, then waves on each instance, within hours and after freezes."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.forecasts import Forecast, Opens
from bot.domain.forecasts import forecast as forecasting
from bot.domain.freezes import Freeze, starts
from bot.domain.hours import Window
from bot.domain.plans import Action, Plan, Step
from bot.messages.forecasts import forecast_text
from bot.turns import at_once
from tests.unit.made import NOW, plan

BERLIN = ZoneInfo("Europe/Berlin")


def forecast(plans: list[Plan], start: datetime, parallel: int, opens: Opens = lambda _, moment: moment) -> Forecast:
    return at_once(forecasting(plans, start, parallel, opens))


def took(minutes: int, *, to: int) -> tuple[datetime, datetime]:
    return NOW + timedelta(minutes=minutes), NOW + timedelta(minutes=to)


def plans(*minutes: float, instance: str = "stt") -> list[Plan]:
    """Plans that take so many minutes to twice as many; 0: nothing is known."""
    return [plan(f"m{place}", minutes=each, instance=instance) for place, each in enumerate(minutes)]


@pytest.mark.parametrize(
    ("minutes", "parallel", "low", "high"),
    [
        ([10], 2, 10, 20),
        ([10, 30], 2, 40, 80),
        ([10, 30, 20], 2, 40, 80),  # the two others at the same time
        ([10, 30, 20], 1, 60, 120),
        ([10, 30, 20, 20], 2, 50, 100),  # the fourth follows the third
        ([0, 30], 2, 30, 60),
        ([10, 0, 0], 2, 10, 20),
    ],
)
def test_waves(minutes: list[float], parallel: int, low: int, high: int):
    """The first one's proof comes before the others, which share the places of their instance."""
    found = forecast(plans(*minutes), NOW, parallel)
    assert (found.low, found.high) == took(low, to=high)
    assert found.unknown == minutes.count(0)


def test_instances_side_by_side():
    """Each instance has its own places; the longest of them decides."""
    found = forecast([*plans(10, 30, 30), *plans(70, instance="eu")], NOW, 1)
    assert (found.low, found.high) == took(80, to=160)


def test_nothing_is_known():
    """Then only IBM's word is left, for one and for several."""
    assert not forecast(plans(0, 0), NOW, 2).known
    assert forecast_text(forecast(plans(0), NOW, 2)) == "*Estimate:* usually minutes (IBM); no past runs yet."
    assert "usually minutes for each model (IBM)" in forecast_text(forecast(plans(0, 0), NOW, 2))


def test_what_is_not_counted():
    """Models without past runs, and the time of a person, are said beside the clock times."""
    by_hand = plan("p", minutes=10)
    by_hand = plan("p", minutes=10, steps=(Step(Action.AWAIT_CHANGE, by_hand.model.ref, "p", False), *by_hand.steps))
    text = forecast_text(forecast([*plans(10, 0, 0), by_hand], NOW, 2))
    assert "Not counted: 2 models without past runs, usually minutes each (IBM)." in text
    assert "a change by hand is not counted" in text


def test_hours_and_freezes():
    """The first start waits for the hours; so does each that would begin after they end."""
    window = Window(time(22), time(23), BERLIN)

    def opens(instance: str, moment: datetime) -> datetime:
        return starts(instance, None, window, (), moment)

    found = forecast(plans(30, 20, 20, 20), NOW, 1, opens)
    assert found.begins.astimezone(BERLIN) == datetime(2026, 11, 23, 22, tzinfo=BERLIN)
    # 22:00–22:30, 22:30–22:50, 22:50–23:10, and the last one the evening after
    assert found.low.astimezone(BERLIN) == datetime(2026, 11, 24, 22, 20, tzinfo=BERLIN)
    until = NOW + timedelta(days=1, hours=3)
    freeze = Freeze(1, "", "audit", "UADA", NOW, until)
    assert starts("stt", NOW + timedelta(hours=1), None, (freeze,), NOW) == until
    assert starts("stt", None, window, (freeze,), NOW).astimezone(BERLIN) == datetime(2026, 11, 24, 22, tzinfo=BERLIN)
    assert starts("stt", None, None, (), NOW) == NOW


def test_clock_times():
    """From the first start to the last end at the latest; what is known comes with its source."""
    text = forecast_text(forecast(plans(10, 30), NOW, 2), "if approved now")
    assert "10:00 UTC>–<!date^1795432800^{time}|11:20 UTC> if approved now (audio)." in text
    assert text.startswith("*Estimate:* ≈ <!date^1795428000^")
