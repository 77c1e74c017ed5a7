"""`/stt-announce [now | snoozes]`: when and where announcements go; a preview; one right now; what is snoozed."""

from __future__ import annotations

from bot.errors import Refusal
from bot.messages.kit import context, section
from bot.messages.text import code, counted, moment
from bot.ports import Message
from commands.desk import Answer, Ask, Desk
from commands.snooze import in_force


def announce(ask: Ask, desk: Desk) -> Answer:
    """Shows the schedule with a private preview; `now` sends one to the channel."""
    word = ask.text.strip().casefold()
    if word == "now":
        return _now(ask, desk)
    if word == "snoozes":
        return in_force(desk)
    if word:
        raise Refusal(
            "Type /stt-announce to see the schedule and a preview, /stt-announce now to send one, or /stt-announce "
            "snoozes to see what is snoozed."
        )
    announcer, preview = desk.announcer, desk.announcer.preview()
    rule, zone = announcer.schedule.rule, announcer.schedule.zone.key
    nxt = moment(announcer.schedule.next_after(desk.clock.now()))
    text = f"Announcements go to <#{announcer.channel}> by the rule {code(rule)} in {zone}; the next one {nxt}."
    if snoozes := desk.snoozer.in_force():
        text += f" {counted(len(snoozes), 'snooze')} in force: `/stt-announce snoozes`."
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
