"""Custom words that people add from Slack: what the service takes, and what proves that it took one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.runs import Run

MOST_SOUNDS = 5
LONGEST_SOUND = 40
LONGEST_JAPANESE = 25
"""Characters of a word or a sounds-like of a Japanese model."""

LONGEST = 100
"""Characters of a word, and of its displayed form; IBM gives no limit, and no word is longer."""

FORBIDDEN = frozenset('/\\:&"+=?%#<>[]{}|^`')
"""Characters that IBM asks to leave out of a word: they must be encoded in a URL."""

ON_ITS_WAY = timedelta(seconds=40)
"""How long a request may still be on its way: the time to connect and to answer."""


@dataclass(frozen=True, slots=True)
class Word:
    """A custom word: how it may sound, and its displayed form, "" for the word itself."""

    word: str
    sounds_like: tuple[str, ...] = ()
    display_as: str = ""


class Field(StrEnum):
    """The parts of a word that can be wrong."""

    WORD = "word"
    SOUNDS = "sounds"
    DISPLAY = "display"


class Fault(StrEnum):
    """Why the service would not take a word."""

    EMPTY = "empty"
    SPACE = "space"
    CHARACTER = "character"
    HIDDEN = "hidden"
    TOO_LONG = "too long"
    TOO_MANY = "too many"
    DIGIT = "digit"


def sounds_of(typed: str) -> tuple[str, ...]:
    """One sounds-like a line; empty lines are none."""
    return tuple(line.strip() for line in typed.splitlines() if line.strip())


def faults(word: Word, language: str) -> dict[Field, Fault]:
    """What the service would refuse in a word for a model of that language: the first error of each field."""
    japanese = language == "ja-JP"
    found = {
        Field.WORD: _in_word(word.word, LONGEST_JAPANESE if japanese else LONGEST),
        Field.SOUNDS: _in_sounds(word.sounds_like, LONGEST_JAPANESE if japanese else LONGEST_SOUND),
        Field.DISPLAY: _hidden(word.display_as) or (Fault.TOO_LONG if len(word.display_as) > LONGEST else None),
    }
    return {field: fault for field, fault in found.items() if fault is not None}


def _in_word(word: str, most: int) -> Fault | None:
    if not word:
        return Fault.EMPTY
    if any(character.isspace() for character in word):
        return Fault.SPACE
    if not FORBIDDEN.isdisjoint(word) or not word.strip("."):  # dots alone would lead to another address
        return Fault.CHARACTER
    return _hidden(word) or (Fault.TOO_LONG if len(word) > most else None)


def _in_sounds(sounds: tuple[str, ...], most: int) -> Fault | None:
    if len(sounds) > MOST_SOUNDS:
        return Fault.TOO_MANY
    if any(character.isdigit() for sound in sounds for character in sound):
        return Fault.DIGIT
    if any(len(sound) > most for sound in sounds):
        return Fault.TOO_LONG
    return next((fault for sound in sounds if (fault := _hidden(sound))), None)


def _hidden(text: str) -> Fault | None:
    """Invisible characters: no person could correct them later."""
    return Fault.HIDDEN if any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn") for one in text) else None


def shows(asked: Word, found: Word | None) -> bool:
    """Whether the service has the word as it was sent; what was left open is the service's to fill in."""
    if found is None:
        return False
    alike = asked.sounds_like in (found.sounds_like, ())
    return alike and (asked.display_as or asked.word) == (found.display_as or found.word)


class End(StrEnum):
    """The result of adding a word."""

    ADDED = "added"
    REFUSED = "refused"
    MISSING = "missing"
    """No answer came, and the service does not show it."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A word that a person added for a run that waits for a change. *outcome* is None while it is unclear."""

    id: int
    run: int
    ref: str
    word: Word
    by: str
    at: datetime
    outcome: End | None = None


def settled(addition: Addition, found: Word | None, now: datetime) -> End | None:
    """What a look at the word proves about a request without an answer; None while it may still arrive."""
    if shows(addition.word, found):
        return End.ADDED
    return End.MISSING if now - addition.at >= ON_ITS_WAY else None


def waiting(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Those runs that go on only after a person changed their model by hand."""
    return tuple(run for run in runs if run.waits_for_a_person)
