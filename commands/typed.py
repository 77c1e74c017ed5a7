"""What people type, as Slack delivers it, and as they mean it.

Slack sends a text with its own markup in it: `&amp;` for `&`, a link for what looks like an address, the stars and
backticks that people put around words. Some of that may be the name of a model, so a text has several readings, and
the one as typed is tried first.
"""

from __future__ import annotations

import re

from bot.domain.untrusted_text import shown

_LINK = re.compile(r"<([a-z][a-z0-9+.-]*+):([^<>|]*+)(?:\|([^<>]*+))?>", re.IGNORECASE)
"""A link with or without its label; mentions of people, groups and channels begin with a sign instead."""

_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}

_DOUBLE, _SINGLE = '"“”„‟', "'‘’‚‛"
QUOTES = {**dict.fromkeys(map(ord, _DOUBLE), '"'), **dict.fromkeys(map(ord, _SINGLE), "'")}
_SPACES = dict.fromkeys(map(ord, "\u200b\ufeff"), " ")
"""Two invisible characters that are spaces between words; `str.split` knows all others."""

_MARKS = "`*_~\"'"
"""What Slack and people put around a text."""

_SAID_BEFORE = ",:;"
"""What follows the bot's name in a mention."""


def readings(text: str) -> tuple[str, ...]:
    """How a text can be meant: as typed, then cleaner and cleaner. At most five, without repetition.

    First Slack's links and entities are undone, then spaces and quotes are made plain and what shows as nothing is
    left out, then markup that encloses all of it is taken off: one pair, then every pair.
    """
    typed = text.strip()
    undone = _undone(typed)
    plain = _plain(undone)
    return tuple(dict.fromkeys((typed, undone, plain, _bare(plain, 1), _bare(plain))))


def meant(text: str) -> str:
    """The cleanest reading."""
    return readings(text)[-1]


def words(text: str) -> list[str]:
    """The meant words, each without the markup around it."""
    return [_bare(word) for word in meant(text).split()]


def command_of(text: str) -> tuple[str, str]:
    """The command of a mention or a direct message, as `models`, and what follows it, as typed.

    It may be written with the slash and the prefix of a slash command.
    """
    word, rest = first_word(text)
    return word.removeprefix("/").removeprefix("stt-"), rest


def first_word(text: str) -> tuple[str, str]:
    """The first word in lower case, without markup around it or around all of the text, and what follows, as typed."""
    typed = text.translate(_SPACES).strip().lstrip(_SAID_BEFORE).strip()
    first, _ = _split(typed)
    if _bare(first, 1) == first:  # else the markup is around the word alone
        typed = _bare(typed)
    word, rest = _split(typed)
    return _plain(word).strip(_MARKS).casefold(), rest


def _split(text: str) -> tuple[str, str]:
    """The first word and what follows it."""
    parts = text.split(maxsplit=1)
    return parts[0] if parts else "", parts[1] if len(parts) > 1 else ""


def _undone(text: str) -> str:
    """The text without Slack's links and entities, each undone once."""
    without = _LINK.sub(_label, text)
    return _ENTITY.sub(lambda found: _ENTITIES[found[1]], without)


def _label(link: re.Match[str]) -> str:
    scheme, address, label = link.groups()
    if label:
        return str(label)
    return str(address) if scheme.casefold() in ("mailto", "tel") else f"{scheme}:{address}"


def _plain(text: str) -> str:
    """The text with plain spaces and quotes, one space at a time, and without what shows as nothing."""
    spaced = " ".join(text.translate(_SPACES).split())
    return " ".join(shown(spaced).translate(QUOTES).split())


def _bare(text: str, most: int | None = None) -> str:
    """The text without the markup that encloses it, of which *most* pairs are taken off; never without everything."""
    begin, end, taken = 0, len(text), 0
    while most is None or taken < most:
        while begin < end and text[begin].isspace():
            begin += 1
        while begin < end and text[end - 1].isspace():
            end -= 1
        first, last = text[begin : begin + 1].translate(QUOTES), text[end - 1 : end].translate(QUOTES)
        if end - begin < 3 or first != last or first not in _MARKS:
            break
        begin, end, taken = begin + 1, end - 1, taken + 1
    return text[begin:end].strip()
