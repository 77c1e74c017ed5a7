"""Charting: draws the last weeks of the fleet and puts the picture where people talk."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.history import WEEKS, Series, series
from bot.errors import RetuneError
from bot.messages.charts import alt_text, title
from bot.ports import Charts, Clock, Files
from bot.store.database import Database

log = logging.getLogger(__name__)

DAYS = 7 * WEEKS + 1
"""Both ends are drawn, so that the first day is whole weeks ago."""


@dataclass(eq=False)
class Charter:
    """Posts the chart. Nothing is kept of it: a chart that a crash cut off is simply not there."""

    charts: Charts
    files: Files
    db: Database
    clock: Clock

    async def series(self) -> Series:
        """The days of the chart, up to today (UTC)."""
        today = self.clock.now().date()
        first = today - timedelta(days=DAYS - 1)
        rows, known = await self.db.read(lambda store: (store.history.since(first), store.fleet.instances()))
        return series(rows, DAYS, today, known)

    async def post(self, channel: str, thread: str | None = None) -> None:
        """Posts the chart, or a picture of what is known where that is little. Raises any `RetuneError`."""
        await self._post(await self.series(), channel, thread)

    async def accompany(self, channel: str, thread: str | None = None) -> bool:
        """Posts the chart beside something that stands without it: no chart of a single day; a fault is only logged."""
        try:
            shown = await self.series()
            if shown.drawable:
                await self._post(shown, channel, thread)
            return shown.drawable
        except RetuneError as error:
            log.warning("the chart is left out: %s", error.text)
        except Exception:  # a picture must never make what it stands beside be said again
            log.exception("the chart is left out")
        return False

    async def _post(self, shown: Series, channel: str, thread: str | None) -> None:
        drawn = await self.charts.fleet(shown)
        name = f"custom-models-{self.clock.now():%Y-%m-%d}.png"
        await self.files.upload(channel, name, drawn, title=title(shown), alt_text=alt_text(shown), thread=thread)
