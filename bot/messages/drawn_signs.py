"""Signs as characters, for table cells and other places where Slack shows no emoji names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.messages.signs import Sign

CHARACTERS: Mapping[Sign, str] = {
    Sign.ASKED: "🗳️",
    Sign.APPROVED: "👍",
    Sign.SCHEDULED: "⏰",
    Sign.REJECTED: "👎",
    Sign.WITHDRAWN: "↩️",
    Sign.EXPIRED: "⌛",
    Sign.REMINDS: "🔔",
    Sign.TO_COME: "⬜",
    Sign.RUNNING: "🔄",
    Sign.LATE: "⏱️",
    Sign.PERSON: "✋",
    Sign.UNCLEAR: "❓",
    Sign.PAUSED: "⏸️",
    Sign.GOES_ON: "▶️",
    Sign.HELD: "📌",
    Sign.FROZEN: "❄️",
    Sign.UNFROZEN: "☀️",
    Sign.MILESTONE: "📈",
    Sign.DONE: "✅",
    Sign.UNPROVEN: "🚩",
    Sign.FAILED: "❌",
    Sign.STOPPED: "🛑",
    Sign.LEFT_OUT: "🔀",
    Sign.NOT_NEEDED: "➖",
    Sign.PASSED_OVER: "⏩",
    Sign.CURRENT: "🟢",
    Sign.LIKELY_OUTDATED: "🟡",
    Sign.OUTDATED: "🟠",
    Sign.BROKEN: "🔴",
    Sign.BUSY: "🔵",
    Sign.UNKNOWN: "🟣",
    Sign.EMPTY: "⚪",
    Sign.RETIRED: "⛔",
    Sign.RECREATE: "🛠️",
    Sign.PAIR: "🔗",
    Sign.EXPERIMENTAL: "🧪",
    Sign.SNOOZED: "💤",
    Sign.NOTE: "ℹ️",
    Sign.DELETED: "🗑️",
    Sign.UPGRADED: "⬆️",
    Sign.BACK: "📡",
    Sign.CREATED: "🆕",
    Sign.TRAINED: "🎓",
    Sign.ATTENTION: "⚠️",
    Sign.URGENT: "🚨",
    Sign.READING: "🔍",
    Sign.CONTINUED: "↪️",
    Sign.NO_CHANNEL: "📪",
    Sign.PRIVATE: "🔒",
}

_BY_NAME = {sign.value: character for sign, character in CHARACTERS.items()}
_NAME = re.compile(r":[a-z0-9_]+:")


def drawn(text: str) -> str:
    """Our own text with each sign as a character. Never for untrusted text: a name may hold `:x:`."""
    return _NAME.sub(lambda found: _BY_NAME.get(found[0], found[0]), text)
