"""`/stt-announce [now]`: when and where announcements go; a preview; one right now."""

from __future__ import annotations

from bot.errors import Refusal
from bot.messages.kit import context, section
from bot.messages.text import code, moment
from bot.ports import Message
from commands.desk import Answer, Ask, Desk


def announce(ask: Ask, desk: Desk) -> Answer:
    """Shows the schedule with a private preview; `now` sends one to the channel."""
    word = ask.text.strip().casefold()
    if word == "now":
        return _now(ask, desk)
    if word:
        raise Refusal("Type /stt-announce to see the schedule and a preview, or /stt-announce now to send one.")
    announcer, preview = desk.announcer, desk.announcer.preview()
    rule, zone = announcer.schedule.rule, announcer.schedule.zone.key
    nxt = moment(announcer.schedule.next_after(desk.clock.now()))
    text = f"Announcements go to <#{announcer.channel}> by the rule {code(rule)} in {zone}; the next one {nxt}."
    return Message(text, (section(text), context("This is what it would say now:"), *preview.blocks))


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
