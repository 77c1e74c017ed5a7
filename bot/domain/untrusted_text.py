"""Text from people and services: how it is shown, logged and compared.

Text is stored unchanged. Names, reasons and the service's sentences can contain characters that are invisible, reverse
the line, or are not text at all. `shown` removes them; `matching` makes texts equal that a person can't tell apart when
typing.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from enum import Enum, auto

MARKS = 4
"""Combining marks on one character; more than any script needs cover the lines above and below."""

COMPARED = 1000
"""Characters of a text that are compared. People don't type so many, and a name of a million took half a second."""

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0")
"""Invisible letters, marks, symbols and unassigned characters that belong to no sequence."""

_VISIBLE = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Visible format characters: they stand below or around the number that follows."""

_JOINERS = "\u200c\u200d"

_JOINING = (
    *(0x0600, 0x0E00),  # Arabic, Syriac, N'Ko and the scripts of India
    *(0x1000, 0x10A0),  # Myanmar
    *(0x1780, 0x18B0),  # Khmer, Mongolian
    *(0x1A20, 0x1AB0),
    *(0x1B00, 0x1C50),  # Balinese, Sundanese, Batak, Lepcha
    *(0xA800, 0xAC00),  # Javanese and further scripts of Asia
    *(0xFB50, 0xFE00),  # Arabic presentation forms
    *(0xFE70, 0xFEFF),
    *(0x10A00, 0x12000),
    *(0x1E900, 0x1E960),  # Adlam
)
"""Ranges of scripts in which a joiner changes the shape of letters."""

_IDEOGRAPHS = (0x3400, 0xA000, 0xF900, 0xFB00, 0x20000, 0x33480)
_EMOJI_OF_OTHER_KINDS = frozenset("0123456789#*‼⁉〰ℹ")
_TONES = range(0x1F3FB, 0x1F400)
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
"""The flag of a part of a country, such as Scotland: the only sequence that needs tag characters."""

_SAME = {
    **dict.fromkeys(map(ord, "‘’‚‛′"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″"), '"'),
    **dict.fromkeys(map(ord, "\u2010\u2011"), "-"),
}
"""What keyboards and word processors insert instead of what was typed."""


class _Kind(Enum):
    """Classes of characters: shown, hidden, or shown only beside certain others."""

    PLAIN = auto()
    MARK = auto()
    JOINER = auto()
    VARIANT = auto()
    NOTHING = auto()


def shown(text: str) -> str:
    """The text as shown to people: without controls, text direction, line separators, fillers and non-characters.

    Newlines and tabs stay. Joiners stay between letters that need them and inside an emoji; so do variant selectors of
    emoji and letters. Of many marks on one character the first few stay.
    """
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    joiner, marks, at = "", 0, 0
    while at < len(text):
        char, kind = text[at], _KINDS[text[at]]
        if char == "\U0001f3f4" and (flag := _FLAG.match(text, at)):
            char = flag[0]
        at += len(char)
        before = kept[-1] if kept else ""
        if kind is _Kind.JOINER:
            joiner = joiner or char
        elif kind is _Kind.VARIANT:
            if not joiner and before and _takes(before, char):
                kept.append(char)
        elif kind is _Kind.PLAIN or (kind is _Kind.MARK and before and marks < MARKS):
            if joiner and _joins(kept, char):
                kept.append(joiner)
            joiner, marks = "", marks + 1 if kind is _Kind.MARK else 0
            kept.append(char)
    return "".join(kept)


def escaped(text: str) -> str:
    """The text on one line for terminals and logs: controls, hidden characters and line breaks become escapes, \\n.

    Nothing is left out, so a log shows what was received. Safe to encode: no lone surrogates remain.
    """
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPED)


def matching(text: str) -> str:
    """The text for comparing names: ignores case, kinds of quotes and spaces, width and invisible characters.

    Ignores everything after the first `COMPARED` characters.
    """
    text = text[:COMPARED]
    if not (text.isascii() and text.isprintable()):
        # `shown` limits the marks on a character: normalizing sorts marks, in time that grows with their square.
        text = unicodedata.normalize("NFKC", shown(text).translate(_COMPARED))
        text = unicodedata.normalize("NFKC", text.casefold())
    return " ".join(text.casefold().split())  # `split` knows every kind of space


class _Kinds(dict[str, _Kind]):
    """Cache: the kind of each character seen."""

    def __missing__(self, char: str) -> _Kind:
        self[char] = found = _kind(char)
        return found


class _Compared(dict[int, str]):
    """Cache: the replacement of each character for comparing texts."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        self[point] = found = char if _KINDS[char] in (_Kind.PLAIN, _Kind.MARK) else ""
        return found


class _Escaped(dict[int, str]):
    """Cache: the replacement of each character for terminals."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        acts = char in "\n\t" or _KINDS[char] is _Kind.NOTHING
        self[point] = found = char.encode("unicode_escape").decode() if acts else char
        return found


def _kind(char: str) -> _Kind:
    point, category = ord(char), unicodedata.category(char)
    if char in _JOINERS:
        return _Kind.JOINER
    if 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF or point in (0x180B, 0x180C, 0x180D, 0x180F):
        return _Kind.VARIANT
    if char in "\n\t" or char in _VISIBLE:
        return _Kind.PLAIN
    # Unassigned but reserved for invisible characters, or never to be assigned.
    reserved = 0xE0000 <= point <= 0xE0FFF or 0xFFF0 <= point <= 0xFFF8
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or char in _INVISIBLE or reserved or _is_no_character(point):
        return _Kind.NOTHING
    return _Kind.MARK if category in ("Mn", "Me") else _Kind.PLAIN


def _is_no_character(point: int) -> bool:
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def _is_in(char: str, ranges: tuple[int, ...]) -> bool:
    """Whether a character is in one of the ranges; *ranges* alternates starts and ends."""
    return bisect(ranges, ord(char)) % 2 == 1


def _is_emoji(char: str) -> bool:
    symbol = char[0] > "\x7f" and unicodedata.category(char[0]) in ("So", "Sm", "Cn")
    return symbol or char in _EMOJI_OF_OTHER_KINDS


def _takes(before: str, variant: str) -> bool:
    """Whether a character has variants of that kind."""
    if "\ufe00" <= variant <= "\ufe0f":
        return _is_emoji(before) or (variant < "\ufe0e" and _is_in(before[0], _IDEOGRAPHS))
    ranges = (0x1800, 0x18B0) if variant < "\ufe00" else _IDEOGRAPHS
    return _is_in(before[0], ranges)


def _joins(kept: list[str], after: str) -> bool:
    """Whether a joiner has an effect between the end of *kept* and the next character."""
    before = kept[-1] if kept else ""
    if before == "\ufe0f":  # a kept selector follows an emoji
        before = kept[-2]
    if not before:
        return False
    if _is_emoji(after) and (_is_emoji(before) or ord(before[0]) in _TONES):
        return True
    return all(_is_in(char[0], _JOINING) and unicodedata.category(char[0])[0] in "LM" for char in (before, after))


_KINDS = _Kinds()
_ESCAPED = _Escaped()
_COMPARED = _Compared({point: same for point, same in _SAME.items()})
