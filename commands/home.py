"""App Home."""

from __future__ import annotations

from bot.domain.runs import OPEN
from bot.messages.home import home
from bot.ports import Message
from commands.desk import Answer, Ask, Desk


def refresh(ask: Ask, desk: Desk) -> Answer:
    """The Refresh button: reads the fleet, then shows it."""

    async def work() -> Message | None:
        await desk.inventory.refresh_if_older(10)
        await show(ask.user, desk)
        return None

    return work


async def show(user: str, desk: Desk) -> None:
    """Publishes one person's App Home from what is known."""
    decides = await desk.requests.may_decide(user)
    judged = desk.inventory.judged()
    runs = desk.store.runs
    view = home(
        judged.judgements, judged.snapshot, runs.in_state(*OPEN), runs.recent(5), user, decides, desk.clock.now()
    )
    await desk.windows.publish_home(user, view)
