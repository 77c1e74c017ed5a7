"""App Home."""

from __future__ import annotations

from bot.errors import Denied
from bot.messages.home import closed, home
from commands.desk import Answer, Ask, Desk


async def refresh(ask: Ask, desk: Desk) -> Answer:
    """The Refresh button: reads the fleet, then shows it."""
    await desk.inventory.refresh_if_older(10)
    await show(ask.user, desk)
    return None


async def opened(user: str, desk: Desk) -> None:
    """A person opened App Home: shows it, and again when something changes while they look."""
    await desk.viewers.opened(user)
    await show(user, desk)


async def show(user: str, desk: Desk) -> None:
    """Publishes one person's App Home from what is known, as far as they may read."""
    try:
        await desk.electorate.may_read(user)
    except Denied as error:
        await desk.windows.publish_home(user, closed(error.text))
        return
    await desk.windows.publish_home(user, home(await desk.viewers.seen(user), desk.clock.now()))
