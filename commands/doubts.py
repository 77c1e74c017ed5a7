"""*It is right*: accepts what an instance suddenly lists."""

from __future__ import annotations

from bot.flows.reading import Read
from bot.messages import doubts as messages
from commands.desk import Answer, Ask, Desk


async def accept(ask: Ask, desk: Desk) -> Answer:
    """A click; the button's value is the shape of what was shown, and the instance."""
    shape, _, instance = ask.text.partition(" ")
    answered = await desk.doubts.accept(instance, shape, ask.user)
    if answered.left is not None and answered.read is not Read.LOST:
        return messages.another(instance, answered.left)
    if answered.read is Read.LOST:
        return messages.unread(instance)
    if answered.read is not Read.ACCEPTED:
        return messages.over(instance)
    desk.background.spawn(desk.noticer.ring(), "what was accepted")
    return messages.accepted(instance)
