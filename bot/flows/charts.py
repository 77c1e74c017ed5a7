"""Charting: draws the last weeks of the fleet and puts the picture where people talk."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.history import WEEKS, series
from bot.errors import ChannelClosed, ChannelShared, RetuneError
from bot.flows.rooms import Rooms
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
    rooms: Rooms

    async def post(self, channel: str, thread: str | None = None, *, little: bool = True) -> bool:
        """Posts the days up to today (UTC), a single one only if *little* will do. Raises any `RetuneError`."""
        today = self.clock.now().date()
        first = today - timedelta(days=DAYS - 1)
        rows, known = await self.db.read(lambda store: (store.history.since(first), store.fleet.instances()))
        shown = series(rows, DAYS, today, known)
        if not (little or shown.drawable):
            return False
        drawn, name = await self.charts.fleet(shown), f"custom-models-{today}.png"
        await self.rooms.admit(channel)
        await self.files.upload(channel, name, drawn, title=title(shown), alt_text=alt_text(shown), thread=thread)
        return True

    async def send(self, user: str) -> None:
        """Posts the chart to somebody who asked for it, and notes that. Raises any `RetuneError`."""
        await self.post(user)
        now = self.clock.now()
        await self.db.write(lambda store: store.audit.note(now, user, "chart"), done=True)

    async def accompany(self, channel: str, thread: str | None = None) -> bool:
        """Posts the chart beside something that stands without it: no chart of a single day; a fault is only logged."""
        try:
            return await self.post(channel, thread, little=False)
        except (ChannelShared, ChannelClosed):
            return False
        except RetuneError as error:
            log.warning("the chart is left out: %s", error.text)
        except Exception:  # a picture must never make what it stands beside be said again
            log.exception("the chart is left out")
        return False
