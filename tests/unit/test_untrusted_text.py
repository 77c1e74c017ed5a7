"""Text that others wrote is shown without tricks, and compared as people read it."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.untrusted_text import COMPARED, MARKS, matching, shown
from bot.messages.text import code, escape, plain

FORBIDDEN = [
    *map(chr, (0x00, 0x07, 0x0B, 0x0C, 0x0D, 0x1B, 0x7F, 0x85, 0x9B)),
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028\u2029",
    *"\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2065\u2066\u2067\u2068\u2069\u206a\u206f",
    *"\u2800\u3164\ufeff\uffa0\ufff0\ufff9\ufffa\ufffb\uffff\ufdd0\ud800\udfff",
    *"\U000e0001\U000e0041\U000e007f\U0001d173\U000e0fff\U0001ffff",
]
PERSIAN = "می‌خواهم"  # with the joiner that keeps its two parts apart
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
GOOD = [
    "call-center-us",
    "R&D calls",
    "Ärzte & Söhne",
    "日本語\u3000モデル",
    "مركز الاتصال",
    "מוקד שירות",
    PERSIAN,
    "क्‍ष",  # with the joiner that shows the half form
    "ශ්‍රී",
    "☎️ hotline",
    "👩🏽‍🚒 👨‍👩‍👧‍👦 ❤️‍🔥 🏳️‍⚧️ 🙂‍↔️ 1️⃣ ℹ️ 🇩🇪",
    SCOTLAND,
    "葛\U000e0100城",
    "ᠠ\u180b",
    "two\nlines\tand a tab",
    "á̂̃̄",
    "؀١٢",
]
UNTRUSTED = st.text(max_size=40) | st.text(
    st.sampled_from([*FORBIDDEN, *"ab 1#☎👩🏽🚒🏴\n\u200c\u200d\ufe0f\ufe00\u0301\u20e3मخ葛\u180bᠠ\U000e0100"]),
    max_size=20,
)


@pytest.mark.parametrize("char", FORBIDDEN, ids=lambda char: f"{ord(char):04X}")
def test_what_is_left_out(char: str):
    """Controls, directions, separators, fillers, tags and what is no text: between letters, at an end, alone."""
    assert shown(f"call{char}center{char}") == "callcenter"
    assert shown(char) == ""
    assert matching(f"{char}Ca{char}ll\u3000Center") == "call center"


@pytest.mark.parametrize("text", GOOD)
def test_what_stays(text: str):
    """Scripts and emoji are whole, with the joiners and variants that they need."""
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pay\u200cpal\u200d", "paypal"),
        ("a\ufe0f\U000e0100b", "ab"),
        ("☎\ufe0f\ufe0f", "☎\ufe0f"),
        ("\u200d👩\u200d", "👩"),
        ("👩\u200d\u200d\u200b🚒", "👩\u200d🚒"),
        ("🏴\U000e0067\U000e0062", "🏴"),
        ("🏴" + "\U000e0061" * 30 + "\U000e007f", "🏴"),
        ("\u0301alone", "alone"),
        ("a" + "\u0301" * 50 + "b" + "\u0336" * 9, "a" + "\u0301" * MARKS + "b" + "\u0336" * MARKS),
        ("abc\u202egpj.exe", "abcgpj.exe"),
        ("", ""),
    ],
)
def test_what_is_taken_out_of_place(text: str, expected: str):
    """Joiners, variants, tags and marks stay only where they have something to do."""
    assert shown(text) == expected


@given(UNTRUSTED)
@example("👩\u200d\u0301🚒")
@example("म\u200d\ufe0f\u0301म")
def test_shown_text_is_safe(text: str):
    """Nothing is left that could be left out; Slack and the database take it; it is no longer than before."""
    once = shown(text)
    assert shown(once) == once
    assert not set(once) & (set(FORBIDDEN) - {"\U000e007f"})
    assert all(unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") or char in "\n\t" for char in once)
    assert json.loads(json.dumps(once).encode()) == once
    once.encode()
    assert len(once) <= len(text)


@given(UNTRUSTED)
def test_what_is_shown_matches_what_is_stored(text: str):
    """Somebody who copies a name from a message, in any case, finds its model."""
    form = matching(text)
    assert form == form.strip()
    assert "  " not in form
    assert not set(form) & set(FORBIDDEN)
    if not any(unicodedata.category(char) in ("Mn", "Me") for char in text):  # of which only the first are shown
        assert matching(shown(text)) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Call-Center", "call-center"),
        ("it’s “quoted”", 'it\'s "quoted"'),
        ("a\u00a0\u2003b", "A b"),
        ("  a \n b ", "a b"),
        ("ＣＡＬＬ", "call"),
        ("Straße", "STRASSE"),
        ("ﬁne", "FINE"),
        ("é", "e\u0301"),
        ("☎️ hotline", "☎ Hotline"),
        (PERSIAN, PERSIAN.replace("\u200c", "")),
        ("sup\u200bport\ufeff", "Support"),
        ("non\u2011breaking", "non-breaking"),
        ("İzmir", "i̇zmir"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ],
)
def test_what_matches(one: str, other: str):
    """Case, quotes, spaces, width and what shows as nothing do not count."""
    assert matching(one) == matching(other)


def test_what_differs():
    """Accents and signs count."""
    assert len({matching(text) for text in ("resume", "résumé", "re-sume", "re_sume", "re sume", "re.sume")}) == 6


@pytest.mark.parametrize("name", ["\u200b", "\u3164\u2800", " ", "\u202e", "\ud800", "\n"])
def test_a_name_of_which_nothing_shows(name: str):
    """A dash stands for it, so that a line or a button is never empty."""
    assert (escape(name), code(name), plain(name)) == ("–", "`–`", "–")
    assert (escape(""), code(""), plain("")) == ("", "`–`", "")


def test_long_texts():
    """Twice as much takes about twice as long; this is far from any quadratic time."""
    for part in ("a\u0301", "\u200d", "👩\u200d", "🏴\U000e0061", "\u3164", "x\u202e"):
        assert len(shown(part * 50_000)) <= len(part) * 50_000
        matching(part * 50_000)


@pytest.mark.parametrize("char", ["a", "é", "ﷺ", "\u0300", "\u200d", "\u202e"])
def test_a_name_that_is_far_too_long_is_compared_by_its_beginning(char: str):
    """A model that is called by a book holds nobody up."""
    assert matching("x" + char * 1_000_000) == matching("x" + char * (COMPARED - 1))
