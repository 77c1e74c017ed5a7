"""`/stt-help`: every command with an example."""

from __future__ import annotations

from bot.messages.help import help_text
from commands.desk import Answer, Ask, Desk


async def help(ask: Ask, desk: Desk) -> Answer:
    """The same for everybody."""
    return help_text()
