"""`/stt-announce`: when and where announcements go, and sending one now."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from bot.domain.authority import Act
from bot.domain.timing import Timing
from bot.errors import ChannelShared, Refusal
from bot.flows.budgets import Cost
from bot.messages.announcements import previewed, state_text
from bot.messages.refusals import private
from bot.messages.timetable import AT, CHART, EXTERNAL, IN, USAGE, changed, not_taken, overview, sent
from commands.desk import Answer, Ask, Desk
from commands.snoozes import in_force
from commands.typed import QUOTES, first_word, meant

_QUOTES = dict.fromkeys((*QUOTES, ord("`"), ord("'"), ord('"')))
"""What people put around a rule. Its stars are its own."""

_CHANNEL = re.compile(r"^<#([CG][A-Z0-9]+)(?:\|[^>]*)?>$|^([CG][A-Z0-9]{6,})$")


async def announce(ask: Ask, desk: Desk) -> Answer:
    """Shows the timetable; `preview`, `now`, `chart` and `snoozes`; `at`, `in`, `on`, `off` and `default` change it."""
    word, rest = first_word(ask.text)
    if word in ("at", "in"):
        return await (_at if word == "at" else _in)(ask, desk, rest)
    shown: dict[str, Callable[[Ask, Desk], Awaitable[Answer]]] = {
        "": _overview,
        "preview": _preview,
        "now": _now,
        "chart": _chart,
        "snoozes": lambda _, desk: in_force(desk),
    }
    changes: dict[str, Callable[[], Awaitable[Timing]]] = {
        "on": lambda: desk.timetable.turn(True, ask.user),
        "off": lambda: desk.timetable.turn(False, ask.user),
        "default": lambda: desk.timetable.reset(ask.user),
    }
    if rest or (word not in shown and word not in changes):
        raise Refusal(USAGE)
    if word in changes:
        return await _change(ask, desk, changes[word])
    await desk.inventory.read_once()
    return await shown[word](ask, desk)


async def _overview(ask: Ask, desk: Desk) -> Answer:
    judged, timing = await desk.inventory.judged(), await desk.timetable.now()
    snoozes = [(each, judged.of(each.subject)) for each in await desk.snoozer.in_force()]
    return overview(
        timing,
        desk.clock.now(),
        state=state_text((await desk.survey.findings()).counts),
        link=await desk.living.link(),
        snoozes=[(snooze, about.model.name if about else None) for snooze, about in snoozes],
        audio=await desk.survey.audio(timing.zone),
    )


async def _preview(ask: Ask, desk: Desk) -> Answer:
    await desk.electorate.may(ask.user, Act.PREVIEW)
    return previewed(await desk.announcer.preview_for(ask.user))


async def _now(ask: Ask, desk: Desk) -> Answer:
    await desk.electorate.may(ask.user, Act.ANNOUNCE)
    desk.budgets.spend(ask.user, Cost.READINGS)
    # One command, one announcement: a trigger is unique to it.
    try:
        done = await desk.announcer.announce_now(f"now:{ask.key or desk.clock.now().isoformat()}", ask.user)
    except ChannelShared as error:
        raise Refusal(EXTERNAL) from error
    channel = (await desk.timetable.now()).channel
    if not done:
        raise Refusal(not_taken(channel))
    return sent(channel)


async def _chart(ask: Ask, desk: Desk) -> Answer:
    await desk.electorate.may(ask.user, Act.CHART)
    desk.budgets.spend(ask.user, Cost.CHARTS)
    await desk.charter.send(ask.user)
    return private(CHART, warn=False)


async def _at(ask: Ask, desk: Desk, rest: str) -> Answer:
    parts = rest.translate(_QUOTES).split()
    if len(parts) not in (5, 6):
        raise Refusal(AT)
    zone = parts[5] if len(parts) == 6 else None
    return await _change(ask, desk, lambda: desk.timetable.set_rule(" ".join(parts[:5]), zone, ask.user))


async def _in(ask: Ask, desk: Desk, rest: str) -> Answer:
    found = _CHANNEL.match(meant(rest))
    if found is None:
        raise Refusal(IN)
    return await _change(ask, desk, lambda: desk.timetable.set_channel(found[1] or found[2], ask.user))


async def _change(ask: Ask, desk: Desk, change: Callable[[], Awaitable[Timing]]) -> Answer:
    """For approvers of every instance: it decides what a whole channel gets."""
    await desk.electorate.may(ask.user, Act.CHANGE, desk.electorate.authority.everywhere)
    return changed(await change(), desk.clock.now())
