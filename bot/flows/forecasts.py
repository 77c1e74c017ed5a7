"""Forecasts: when a request may be done, if it is approved now or waits for its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from bot.domain.forecasts import Forecast, forecast
from bot.domain.plans import Plan
from bot.flows.freezes import Freezes
from bot.ports import Clock
from bot.turns import in_turns


@dataclass(eq=False)
class Forecasts:
    """Takes current freezes and hours into account; *parallel* upgrades of an instance go at a time."""

    freezes: Freezes
    clock: Clock
    _: KW_ONLY
    parallel: int

    async def of(self, plans: Sequence[Plan], later: datetime | None = None) -> Forecast | None:
        """When these may be done if they start now, or at a *later* time, in this order; None for no plan."""
        if not plans:
            return None
        now = self.clock.now()
        opens = self.freezes.opens(await self.freezes.holding())
        return await in_turns(forecast(plans, max(now, later or now), self.parallel, opens))
