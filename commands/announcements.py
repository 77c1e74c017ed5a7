"""`/stt-announce`: when and where announcements go, what they would say, one right now, and other times or channels."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from bot.domain.announcements import Timing
from bot.errors import Refusal
from bot.messages.announcements import headline
from bot.messages.kit import context, section
from bot.messages.refusals import private
from bot.messages.timetable import AT, IN, USAGE, changed, not_yours, overview
from bot.ports import Message
from commands.desk import Answer, Ask, Desk, Work
from commands.snoozes import in_force

_CHANNEL = re.compile(r"^<#([CG][A-Z0-9]+)(?:\|[^>]*)?>$|^([CG][A-Z0-9]{6,})$")

Change = Callable[[], Awaitable[Timing]]


def announce(ask: Ask, desk: Desk) -> Answer | Awaitable[Answer]:
    """Shows the timetable; `preview`, `now`, `chart` and `snoozes`; `at`, `in`, `on`, `off` and `default` change it."""
    word, _, rest = ask.text.strip().partition(" ")
    word, rest = word.casefold(), rest.strip()
    if word == "at":
        return _at(ask, desk, rest)
    if word == "in":
        return _in(ask, desk, rest)
    plain: dict[str, Callable[[Ask, Desk], Answer | Awaitable[Answer]]] = {
        "": _overview,
        "preview": _preview,
        "now": _now,
        "chart": _chart,
        "snoozes": lambda ask, desk: in_force(desk),
        "on": lambda ask, desk: _turn(ask, desk, on=True),
        "off": lambda ask, desk: _turn(ask, desk, on=False),
        "default": _default,
    }
    if word not in plain or rest:
        raise Refusal(USAGE)
    return plain[word](ask, desk)


def _overview(ask: Ask, desk: Desk) -> Answer:
    async def work() -> Message | None:
        announcer = desk.announcer
        names = {j.model.ref: j.model.name for j in desk.inventory.judged_now().judgements}
        return overview(
            announcer.timetable.now(),
            desk.clock.now(),
            state=headline(announcer.state()),
            link=await announcer.living.link(),
            snoozes=[(snooze, names.get(snooze.subject)) for snooze in await desk.snoozer.in_force()],
            audio=announcer.audio(),
        )

    return work


def _preview(ask: Ask, desk: Desk) -> Answer:
    async def work() -> Message | None:
        first, *more = await desk.announcer.preview()
        thread = [context(f"The thread would have {len(more)} more.")] if more else []
        return Message(first.text, (context("Only you see this preview:"), *first.blocks, *thread))

    return work


def _now(ask: Ask, desk: Desk) -> Answer:
    async def work() -> Message | None:
        await desk.requests.may_ask(ask.user)
        # One command, one announcement: a trigger is unique to it.
        said = await desk.announcer.publish(f"now:{ask.trigger or desk.clock.now().isoformat()}")
        if not said:
            raise Refusal(
                f"Slack does not take the announcement in <#{desk.announcer.channel}> just now. If the bot is not in "
                "that channel, invite it there; then type /stt-announce now again."
            )
        return Message("Sent.", (section(f"Sent to <#{desk.announcer.channel}>."),))

    return work


def _chart(ask: Ask, desk: Desk) -> Answer:
    async def work() -> Message | None:
        await desk.requests.may_ask(ask.user)
        await desk.charter.post(ask.user)
        text = "The chart of the last weeks is in our direct messages."
        return Message(text, (section(text),))

    return work


def _at(ask: Ask, desk: Desk, rest: str) -> Answer:
    parts = rest.replace("`", "").split()
    if len(parts) not in (5, 6):
        raise Refusal(AT)
    zone = parts[5] if len(parts) == 6 else None

    async def change() -> Timing:
        return desk.announcer.timetable.set_rule(" ".join(parts[:5]), zone, ask.user)

    return _changing(ask, desk, change)


def _in(ask: Ask, desk: Desk, rest: str) -> Answer:
    found = _CHANNEL.match(rest)
    if found is None:
        raise Refusal(IN)
    return _changing(ask, desk, lambda: desk.announcer.timetable.set_channel(found[1] or found[2], ask.user))


def _turn(ask: Ask, desk: Desk, *, on: bool) -> Answer:
    async def change() -> Timing:
        return desk.announcer.timetable.turn(on, ask.user)

    return _changing(ask, desk, change)


def _default(ask: Ask, desk: Desk) -> Answer:
    async def change() -> Timing:
        return desk.announcer.timetable.reset(ask.user)

    return _changing(ask, desk, change)


def _changing(ask: Ask, desk: Desk, change: Change) -> Work:
    """For approvers only: it decides what a whole channel hears."""

    async def work() -> Message | None:
        if not await desk.decisions.may_decide(ask.user):
            desk.store.audit.note(desk.clock.now(), ask.user, "denied", detail="announce")
            instances = desk.inventory.judged_now().snapshot.instances
            approvers = [name for instance in instances for name in desk.decisions.policy(instance).approvers]
            return private(not_yours(approvers))
        timing = await change()
        desk.announcer.timetable.follow()
        return changed(timing, desk.clock.now())

    return work
