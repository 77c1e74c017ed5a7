"""What other people and services wrote, quoted: always in a block of its own below the name of who wrote it.

A reason, a description or an answer of the service may hold line breaks, emoji and markup, and would look like a
sentence of Retune's in a paragraph of Retune's. In rich text Slack interprets nothing of it. Short names stand within
our lines (`text.code`, `text.escape`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.untrusted_text import shown
from bot.messages.text import BLANK, brief, capped, defused, entities, plain
from bot.ports import Block

LONG = 600
"""Characters of one quote, unless a message has room for more."""

LINES = 12
"""Lines of one quote: more would push what Retune says out of sight."""

SPOKEN = 200
"""Characters of a quote in the text that is read aloud and shown in notifications."""

MOST = 20
"""Quotes in one block."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of somebody else. *what* they are and of whom, in plain text; a *user* is mentioned after it."""

    what: str
    text: str
    user: str = ""
    limit: int = LONG


def quoted(*quotes: Quote) -> list[Block]:
    """The block in which they stand; none where nobody wrote anything."""
    kept = _kept(quotes)
    elements = [part for quote in kept[:MOST] for part in (_label(quote), _quote(quote))]
    if len(kept) > MOST:
        elements.append({"type": "rich_text_section", "elements": [_text(f"and {len(kept) - MOST} more")]})
    return [{"type": "rich_text", "elements": elements}] if elements else []


def aloud(*quotes: Quote) -> str:
    """The same for the text of a message, each in one line between quotation marks; "" for none."""
    said = []
    for quote in _kept(quotes):
        words = defused(brief(quote.text, SPOKEN)).translate(_MARKS)
        who = f" <@{quote.user}>" if quote.user else ""
        said.append(f"{entities(defused(plain(quote.what, 150)))}{who}: “{entities(words)}”.")
    return " ".join(said)


def lines(untrusted: str, limit: int = LONG) -> str:
    """Prose to show: its line breaks as far as there is room, no hidden or reversing characters."""
    text = _BLANK_LINES.sub("\n\n", _BREAKS.sub("\n", untrusted[: 4 * limit]).replace("\t", " "))
    first, more = text.split("\n")[:LINES], text.count("\n") >= LINES
    clean = shown("\n".join(first)).strip()
    return capped(f"{clean} …" if more or len(untrusted) > 4 * limit else clean, limit) or BLANK


def _kept(quotes: Iterable[Quote]) -> Sequence[Quote]:
    return [quote for quote in dict.fromkeys(quotes) if quote.text.strip()]


def _label(quote: Quote) -> Block:
    what = plain(quote.what, 150)
    who: list[Block] = [{"type": "user", "user_id": quote.user}] if quote.user else []
    words = [_text(f"{what} "), *who, _text(":")] if who else [_text(f"{what}:")]
    return {"type": "rich_text_section", "elements": words}


def _quote(quote: Quote) -> Block:
    return {"type": "rich_text_quote", "elements": [_text(lines(quote.text, quote.limit))]}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


_BREAKS = re.compile(r"\r\n|[\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n\s*\n")
_MARKS = str.maketrans("“”„", "‘’‚")
"""So that a quote does not seem to end early."""
