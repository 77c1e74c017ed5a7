"""Charts: draws the last weeks of the fleet and posts the picture."""

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
    """Posts the chart. Nothing is stored: a chart interrupted by a crash is not posted."""

    charts: Charts
    files: Files
    db: Database
    clock: Clock
    rooms: Rooms

    async def post(self, channel: str, thread: str | None = None, *, little: bool = True) -> bool:
        """Post the days up to today (UTC); a single day only if *little*. Raises any `RetuneError`."""
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
        """Post the chart to a person who asked, and record that. Raises any `RetuneError`."""
        await self.post(user)
        now = self.clock.now()
        await self.db.write(lambda store: store.audit.note(now, user, "chart"), done=True)

    async def accompany(self, channel: str, thread: str | None = None) -> bool:
        """Post the chart beside a message that is complete without it: no chart of a single day; failures are only
        logged.
        """
        try:
            return await self.post(channel, thread, little=False)
        except (ChannelShared, ChannelClosed):
            return False
        except RetuneError as error:
            log.warning("the chart is left out: %s", error.text)
        except Exception:  # a failed picture must not cause the message to be posted again
            log.exception("the chart is left out")
        return False
