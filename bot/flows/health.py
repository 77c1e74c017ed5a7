"""Health: whether this process can answer Slack, and its figures; asked from outside, answered on the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.errors import StoreUnavailable
from bot.tally import Tally

if TYPE_CHECKING:  # a start imports the flows only after Slack is connected
    from bot.flows.metrics import Figures, Gauges

NO_SLACK = "Slack: not connected"
NO_DATABASE = "database: does not answer"
STARTING = "database: not open yet"


@dataclass(eq=False)
class Health:
    """Filled while the bot starts: what is not there yet is not ready."""

    tally: Tally = field(default_factory=Tally)
    slack: Callable[[], Awaitable[int]] | None = None
    """The number of ways by which Slack reaches us now: connections, or the open port."""
    gauges: Gauges | None = None
    """The figures of the bot, once it is built."""

    async def connections(self) -> int:
        """The number of ways by which Slack reaches us now."""
        return await self.slack() if self.slack is not None else 0

    async def troubles(self) -> list[str]:
        """Why it cannot answer Slack, a short line each; none if it can."""
        found = [] if await self.connections() else [NO_SLACK]
        if self.gauges is None:
            return [*found, STARTING]
        try:
            await self.gauges.probe()
        except StoreUnavailable:
            found.append(NO_DATABASE)  # the log has the cause; anyone may ask here
        return found

    async def figures(self) -> Figures | None:
        """The figures; None while there are none."""
        try:
            return await self.gauges.figures() if self.gauges is not None else None
        except StoreUnavailable:
            return None
