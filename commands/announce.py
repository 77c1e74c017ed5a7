"""`/stt-announce`: when and where announcements go, a preview, one right now, the chart, and what is snoozed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import Refusal
from bot.messages.kit import context, section
from bot.messages.text import code, counted, moment
from bot.ports import Message
from commands.desk import Answer, Ask, Desk
from commands.snooze import in_force

USAGE = (
    "Type /stt-announce to see when and where, /stt-announce preview, /stt-announce now, /stt-announce chart or "
    "/stt-announce snoozes. Approvers change it: /stt-announce at 0 9 * * mon-fri Europe/Berlin, in #channel, off, on, "
    "default."
)
CHANNEL = re.compile(r"^<#([CG][A-Z0-9]+)(?:\|[^>]*)?>$|^([CG][A-Z0-9]{6,})$")


def announce(ask: Ask, desk: Desk) -> Answer:
    """The first word says what; without one, the present settings. Raises `Refusal` for a word that is none."""
    word, _, rest = ask.text.strip().partition(" ")
    handler = WORDS.get(word.casefold())
    if handler is None:
        raise Refusal(USAGE)
    return handler(ask, desk, rest.strip())


def _shown(ask: Ask, desk: Desk, rest: str) -> Answer:
    announcer = desk.announcer
    rule, zone = announcer.schedule.rule, announcer.schedule.zone.key
    following = moment(announcer.schedule.next_after(desk.clock.now()))
    text = f"Announcements go to <#{announcer.channel}> by the rule {code(rule)} in {zone}; the next one {following}."
    if not announcer.on:
        text = f"Announcements are off; `/stt-announce on` brings them back to <#{announcer.channel}>."
    said = [
        text,
        "A message comes only when something is new, and once a week; the pinned card always tells the present state.",
    ]
    if snoozes := desk.snoozer.in_force():
        said.append(f"{counted(len(snoozes), 'snooze')} in force: `/stt-announce snoozes`.")

    async def work() -> Message | None:
        link = await announcer.link()
        if link:
            said.append(f"<{link}|The pinned card>")
        return Message(" ".join(said[:2]), (section("\n".join(said)), context(USAGE)))

    return work


def _preview(ask: Ask, desk: Desk, rest: str) -> Answer:
    preview = desk.announcer.preview()
    note = context("This is what it would say now. Only you see this; nobody is mentioned.")
    return Message(preview.text, (note, *preview.blocks))


def _snoozes(ask: Ask, desk: Desk, rest: str) -> Answer:
    return in_force(desk)


def _now(ask: Ask, desk: Desk, rest: str) -> Answer:
    async def work() -> Message | None:
        await desk.requests.may_ask(ask.user)
        # One command, one announcement: a trigger is unique to it.
        slot = f"now:{ask.trigger or desk.clock.now().isoformat()}"
        if not await desk.announcer.publish(slot, asked=True):
            raise Refusal(
                f"Slack does not take the announcement in <#{desk.announcer.channel}> just now. If the bot is not in "
                "that channel, invite it there; then type /stt-announce now again."
            )
        return Message("Sent.", (section(f"Sent to <#{desk.announcer.channel}>."),))

    return work


def _chart(ask: Ask, desk: Desk, rest: str) -> Answer:
    async def work() -> Message | None:
        await desk.requests.may_ask(ask.user)
        await desk.charter.post(ask.user)
        text = "The chart is in our direct messages."
        return Message(text, (section(text),))

    return work


def _at(ask: Ask, desk: Desk, rest: str) -> Answer:
    fields = rest.replace("`", "").split()
    if len(fields) not in (5, 6):
        raise Refusal("Type a cron rule of five fields, for example /stt-announce at 0 9 * * mon-fri Europe/Berlin")
    zone = fields[5] if len(fields) == 6 else None
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refusal(f"“{zone}” is not a time zone. Type for example Europe/Berlin or America/New_York.") from error
    return _changing(ask, desk, lambda: desk.announcer.choose_rule(" ".join(fields[:5]), zone, ask.user))


def _in(ask: Ask, desk: Desk, rest: str) -> Answer:
    found = CHANNEL.match(rest)
    if found is None:
        raise Refusal("Which channel? Type for example /stt-announce in #speech-models")

    async def work() -> Message | None:
        await _may(ask, desk)
        await desk.announcer.choose_channel(found[1] or found[2], ask.user)
        return _done(desk)

    return work


def _off(ask: Ask, desk: Desk, rest: str) -> Answer:
    return _changing(ask, desk, lambda: desk.announcer.switch(False, ask.user))


def _on(ask: Ask, desk: Desk, rest: str) -> Answer:
    return _changing(ask, desk, lambda: desk.announcer.switch(True, ask.user))


def _default(ask: Ask, desk: Desk, rest: str) -> Answer:
    return _changing(ask, desk, lambda: desk.announcer.forget_choices(ask.user))


def _changing(ask: Ask, desk: Desk, change: Callable[[], None]) -> Answer:
    async def work() -> Message | None:
        await _may(ask, desk)
        change()
        return _done(desk)

    return work


async def _may(ask: Ask, desk: Desk) -> None:
    """Raises `Refusal` for people who may not decide on any instance."""
    if not await desk.decisions.may_decide(ask.user):
        desk.store.audit.note(desk.clock.now(), ask.user, "denied", detail=f"announcements: {ask.text[:100]}")
        raise Refusal("Only who may approve upgrades can change announcements. Ask one of the approvers.")


def _done(desk: Desk) -> Message:
    announcer = desk.announcer
    following = moment(announcer.schedule.next_after(desk.clock.now()))
    text = (
        f"Announcements go to <#{announcer.channel}> by the rule {code(announcer.schedule.rule)} in "
        f"{announcer.schedule.zone.key}; the next one {following}."
    )
    if not announcer.on:
        text = "Announcements are off. The pinned card and the cards of requests stay."
    return Message(text, (section(text),))


WORDS: Mapping[str, Callable[[Ask, Desk, str], Answer]] = {
    "": _shown,
    "show": _shown,
    "preview": _preview,
    "now": _now,
    "chart": _chart,
    "snoozes": _snoozes,
    "at": _at,
    "in": _in,
    "off": _off,
    "on": _on,
    "default": _default,
}
