"""App Home."""

from __future__ import annotations

from bot.domain.runs import OPEN
from bot.messages.home import Seen, home
from bot.ports import Message
from commands.desk import Answer, Ask, Desk


def refresh(ask: Ask, desk: Desk) -> Answer:
    """The Refresh button: reads the fleet, then shows it."""

    async def work() -> Message | None:
        await desk.inventory.refresh_if_older(10)
        await show(ask.user, desk)
        return None

    return work


async def opened(user: str, desk: Desk) -> None:
    """Somebody opened App Home: shows it, and shows it again while they look and something changes."""
    desk.viewers.opened(user)
    await show(user, desk)


async def show(user: str, desk: Desk) -> None:
    """Publishes one person's App Home from what is known."""
    now = desk.clock.now()
    judged = desk.inventory.judged_now()
    seen = Seen(
        user,
        await desk.decisions.seems_to_decide(user),
        judged.judgements,
        judged.snapshot,
        desk.store.runs.in_state(*OPEN),
        desk.store.runs.recent(5),
        desk.pauses.holding(now),
        desk.store.campaigns.open(),
    )
    await desk.windows.publish_home(user, home(seen, now))
