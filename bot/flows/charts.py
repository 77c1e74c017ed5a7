"""Charting: draws the last weeks of the fleet and puts the picture where people talk."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.domain.history import WEEKS, Series, series
from bot.errors import RetuneError
from bot.messages.charts import alt_text, title
from bot.ports import Charts, Clock, Files
from bot.store.database import Database

log = logging.getLogger(__name__)

DAYS = 7 * WEEKS + 1
"""Both ends are drawn, so that the first day is whole weeks ago."""


class Charter:
    """Posts the chart. Nothing is kept of it: a chart that a crash cut off is simply not there."""

    def __init__(self, charts: Charts, files: Files, db: Database, clock: Clock) -> None:
        self._charts = charts
        self._files = files
        self._db = db
        self._store = db.store
        self._clock = clock

    def series(self) -> Series:
        """The days of the chart, up to today (UTC)."""
        today = self._clock.now().date()
        rows = self._store.history.since(today - timedelta(days=DAYS - 1))
        return series(rows, DAYS, today, self._store.fleet.instances())

    async def post(self, channel: str, thread: str | None = None) -> None:
        """Posts the chart, or a picture of what is known where that is little. Raises `ChartError` or `ChatError`."""
        await self._post(self.series(), channel, thread)

    async def accompany(self, channel: str, thread: str | None = None) -> bool:
        """Posts the chart beside something that stands without it: no chart of a single day; a fault is only logged."""
        shown = self.series()
        if not shown.drawable:
            return False
        try:
            await self._post(shown, channel, thread)
        except RetuneError as error:
            log.warning("the chart is left out: %s", error.text)
            return False
        return True

    async def _post(self, shown: Series, channel: str, thread: str | None) -> None:
        drawn = await self._charts.fleet(shown)
        name = f"custom-models-{self._clock.now():%Y-%m-%d}.png"
        await self._files.upload(channel, name, drawn, title=title(shown), alt_text=alt_text(shown), thread=thread)
