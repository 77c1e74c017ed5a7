"""When and where announcements go, in words; and why a change is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.announcements import Sent
from bot.domain.snoozes import RETUNE, Snooze
from bot.domain.timing import Timing
from bot.messages.holds import reason_of
from bot.messages.kit import actions, button, confirm, context, section
from bot.messages.quotes import quoted
from bot.messages.recurrence import often
from bot.messages.snoozes import summary
from bot.messages.text import counted, moment, plain
from bot.ports import Block, Message

ANNOUNCE = "announce"
"""The action of the buttons below; the value of each is what follows `/stt-announce`."""

SNOOZES = 5
"""Snoozes named in the overview."""

USAGE = (
    "Type /stt-announce to see when announcements go, /stt-announce preview to see one privately, /stt-announce now to "
    "send one, /stt-announce chart for a chart of the last weeks, or /stt-announce snoozes for what they leave out. "
    "Approvers can also type /stt-announce at 0 9 * * mon-fri Europe/Berlin, /stt-announce in #channel, /stt-announce "
    "off, /stt-announce on, or /stt-announce default."
)
AT = (
    "Write five parts, minute, hour, day, month and weekday, and a time zone if it changes: "
    "/stt-announce at 0 9 * * mon-fri Europe/Berlin"
)
IN = "Name a channel as Slack's list offers it while you type: /stt-announce in #channel"
NOT_THERE = "The bot is not in that channel. Invite it there with /invite @retune, then type this again."
ARCHIVED = "That channel is archived. Choose another one."
EXTERNAL = (
    "That channel is shared with another organization, which would see the names of your models. Choose another one, "
    "or ask your operator to set RETUNE_SHARED_CHANNEL=yes."
)

CHART = "The chart of the last weeks is in our direct messages."


def bad_rule(rule: str, fault: str) -> str:
    """Why a cron rule is invalid. Plain text."""
    return f"“{plain(rule)}” isn't a cron rule ({plain(fault, 200)}). {AT}"


def bad_zone(zone: str) -> str:
    """Why a time zone is invalid. Plain text."""
    return f"There is no time zone “{plain(zone)}”. Write it like Europe/Berlin or America/New_York."


def not_taken(channel: str) -> str:
    """Slack did not take an announcement that a person asked for."""
    return (
        f"Slack did not accept the announcement in <#{channel}>. If the bot is not in that channel, invite it there; "
        "then type /stt-announce now again."
    )


def too_soon(channel: str, last: Sent, again: datetime) -> str:
    """Why no announcement can be sent yet: who sent the last one, and when another can go."""
    who = "The scheduled announcement" if last.by == RETUNE else f"<@{last.by}>'s announcement"
    return (
        f"{who} went to <#{channel}> {moment(last.at)}. Another one can go {moment(again)}; until then "
        "`/stt-announce preview` shows you alone what it would say."
    )


def sent(channel: str) -> Message:
    """The announcement that a person asked for is there."""
    return Message("Sent.", (section(f"Sent to <#{channel}>."),))


def where_and_when(timing: Timing, now: datetime) -> str:
    """One or two sentences: channel, times, next slot, and who changed it."""
    changed = f" Last changed by <@{timing.by}>, {moment(timing.at)}." if timing.at else ""
    where = f"<#{timing.channel}>"
    if timing.schedule is None:
        off = f"Scheduled announcements are *off*. `/stt-announce on` sends them to {where} again"
        return f"{off}, {often(timing)}.{changed}"
    due = moment(timing.schedule.next_after(now))
    return f"Announcements go to {where} {often(timing)}; next: {due}.{changed}"


def changed(timing: Timing, now: datetime) -> Message:
    """The answer to the person who changed it."""
    text = where_and_when(timing, now)
    return Message(text, (section(text), context("Cards stay where they are.")))


def overview(
    timing: Timing,
    now: datetime,
    *,
    state: str,
    link: str | None,
    snoozes: Sequence[tuple[Snooze, str | None]],
    audio: int,
) -> Message:
    """What `/stt-announce` shows. *snoozes* come with the name of their model; *audio* is in seconds, this month."""
    text = where_and_when(timing, now)
    card = f" <{link}|The living card> is always up to date." if link else ""
    blocks: list[Block] = [
        section(text),
        section(f"*Now:* {state}{card}"),
        context("Sent when the list or a risk changes, and once a week while there is something to do."),
    ]
    if snoozes:
        head = f"{counted(len(snoozes), 'snooze')} in force: `/stt-announce snoozes`."
        lines = [f"• {summary(snooze, name)}" for snooze, name in snoozes[:SNOOZES]]
        quotes = [
            reason_of(f"Reason for {plain(name or snooze.subject, 60)}", snooze, {})
            for snooze, name in snoozes[:SNOOZES]
        ]
        more = [f"and {len(snoozes) - SNOOZES} more"] if len(snoozes) > SNOOZES else []
        blocks += [section("\n".join([head, *lines, *more])), *quoted(*quotes)]
        text += f" {head}"
    blocks.append(context(audio_sent(audio)))
    blocks.append(actions([button("Preview", f"{ANNOUNCE}:preview", "preview"), _now_button()]))
    return Message(f"{text} Now: {state}", tuple(blocks))


def _now_button() -> Block:
    """Sends one; the question says what the whole channel will read."""
    ask = confirm("Announce now?", "Everybody in the channel sees it. Preview shows it to you alone.", "Announce")
    return button("Announce now", f"{ANNOUNCE}:now", "now", label="Send an announcement now", confirm=ask)


def audio_sent(audio: int) -> str:
    """The cost of looking for recognition warnings."""
    said = f"{counted(audio, 'second')} of audio sent this month to check for recognition warnings."
    return said if audio else "No audio sent this month to check for recognition warnings."
