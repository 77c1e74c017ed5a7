"""Handing over a file: where it was asked for if the person chose that place, else by direct message."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages.refusals import private
from bot.messages.rooms import alone
from commands.desk import Answer, Ask, Desk


@dataclass(frozen=True, slots=True)
class File:
    """A file, and its description for people who can't see it."""

    name: str
    content: bytes
    title: str
    alt_text: str


async def hand_over(ask: Ask, desk: Desk, file: File, sent: str) -> Answer:
    """Uploads it; *sent* says where it is to people who asked elsewhere. Raises a `ChatError`."""
    place = ask.place
    # A thread and a direct message are places of the person's own choice; a channel did not ask for a file.
    direct = place.channel.startswith("D")
    here = bool(ask.name.startswith("/") and not place.response_url and (place.thread or direct))
    why = await desk.rooms.why_private(place.channel) if here and not direct else None
    here = here and why is None
    await desk.files.upload(
        place.channel if here else ask.user,
        file.name,
        file.content,
        title=file.title,
        alt_text=file.alt_text,
        thread=place.thread if here else None,
    )
    said = private(sent, warn=False)
    return None if here else alone(said, why) if why else said
