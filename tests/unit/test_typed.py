"""What people type is read as they mean it; as they typed it comes first."""

from __future__ import annotations

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.typed import command_of, meant, readings, words

PIECES = st.lists(
    st.sampled_from(
        [*"`*_~\"'“”‘’<>|&;@#! \n\t\u00a0\u200b\ufeff\u202e", "&amp;", "&lt;", "<http://a.b|", "<mailto:", "<@U1>", "x"]
    ),
    max_size=30,
).map("".join)
TEXT = st.text(max_size=60) | PIECES


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("call-center-us", "call-center-us"),
        ("  call-center-us ", "call-center-us"),
        ("R&amp;D calls", "R&D calls"),
        ("R&amp;amp;D calls", "R&amp;D calls"),
        ("R&D calls", "R&D calls"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("&lt;http://acme.com|acme.com&gt;", "<http://acme.com|acme.com>"),
        ("<http://acme.com|acme.com>-support", "acme.com-support"),
        ("<https://acme.com>", "https://acme.com"),
        ("<https://acme.com/?a=1&amp;b=2>", "https://acme.com/?a=1&b=2"),
        ("<https://acme.com|>", "https://acme.com"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<mailto:a@b.c>", "a@b.c"),
        ("<tel:+123|+123>", "+123"),
        ("<@U0123>", "<@U0123>"),
        ("<!subteam^S0123|@team>", "<!subteam^S0123|@team>"),
        ("<#C0123|general>", "<#C0123|general>"),
        ("<http://a.b", "<http://a.b"),
        ("<<http://a.b|a.b>>", "<a.b>"),
        ("call_center_us", "call_center_us"),
        ("_call_center_us_", "call_center_us"),
        ("`call-center-us`", "call-center-us"),
        ("```call-center-us```", "call-center-us"),
        ("*_~call-center-us~_*", "call-center-us"),
        ("“call-center-us”", "call-center-us"),
        ("„call-center-us“", "call-center-us"),
        ("‘call-center-us’", "call-center-us"),
        ("“ call-center-us ”", "call-center-us"),
        ("*`R&amp;D calls`*", "R&D calls"),
        ('it\'s "quoted"', 'it\'s "quoted"'),
        ("it’s “quoted”", 'it\'s "quoted"'),
        ("*call-center-us", "*call-center-us"),
        ("*call-center-us_", "*call-center-us_"),
        ("call\u00a0center\u2003us", "call center us"),
        ("call\u200bcenter", "call center"),
        ("\ufeffcall\u202ecenter\u2060", "callcenter"),
        ("☎️ hotline", "☎️ hotline"),
        ("می‌خواهم", "می‌خواهم"),
        ("מוקד שירות", "מוקד שירות"),
        ("\u200b", ""),
        ("", ""),
        ("*", "*"),
        ("**", "**"),
        ("``", "``"),
    ],
)
def test_what_is_meant(text: str, meaning: str):
    """Slack's markup is undone once, and what encloses all of the text is taken off; the rest stays."""
    assert meant(text) == meaning
    assert readings(text)[0] == text.strip()


def test_readings():
    """From what was typed to what is cleanest, each once; the first pair of markup may be part of a name."""
    assert readings("plain") == ("plain",)
    assert readings("R&amp;D") == ("R&amp;D", "R&D")
    assert readings("*_R&amp;D’s_*") == ("*_R&amp;D’s_*", "*_R&D’s_*", "*_R&D's_*", "_R&D's_", "R&D's")


def test_words():
    """Each word for itself is without the markup around it."""
    assert words("`outdated` *risky* en-US_Narrow") == ["outdated", "risky", "en-US_Narrow"]
    assert words("“outdated\u00a0risky”") == ["outdated", "risky"]
    assert words(" \u200b ") == []


@pytest.mark.parametrize(
    "text",
    [
        "models outdated",
        "/stt-models outdated",
        "stt-models outdated",
        "/models outdated",
        "STT-Models outdated",
        "`models outdated`",
        "```models outdated```",
        "*models* outdated",
        "`models` `outdated`",
        "_*models outdated*_",
        "*models* *outdated*",
        "“models outdated”",
        "models\u00a0outdated",
        "\u200bmodels outdated",
        "models\u200boutdated",
        "models\noutdated",
        "models\u2003 outdated",
        ", models outdated",
        ": /stt-models `outdated`",
        "* models outdated*",
        "  models   outdated  ",
    ],
)
def test_commands(text: str):
    """The word of a command in every form in which people write it."""
    word, rest = command_of(text)
    assert (word, meant(rest)) == ("models", "outdated")


@pytest.mark.parametrize(
    ("text", "word", "rest"),
    [
        ("", "", ""),
        (" \u200b ", "", ""),
        ("`", "", ""),
        ("<", "<", ""),
        ("xyzzy", "xyzzy", ""),
        ("model R&amp;D calls", "model", "R&amp;D calls"),
        ("model <http://acme.com|acme.com>-support", "model", "<http://acme.com|acme.com>-support"),
        ("announce in <#C0123|general>", "announce", "in <#C0123|general>"),
        ("announce at 0 9 * * *", "announce", "at 0 9 * * *"),
        ('model it\'s "quoted"', "model", 'it\'s "quoted"'),
    ],
)
def test_what_follows_a_command(text: str, word: str, rest: str):
    """It is handed on as typed, because it may be a name."""
    assert command_of(text) == (word, rest)


@given(TEXT)
def test_nothing_raises(text: str):
    """Malformed and nested markup has readings too: few, the typed one first, none longer than it."""
    found = readings(text)
    assert found[0] == text.strip()
    assert 1 <= len(found) == len(set(found)) <= 5
    assert all(len(reading) <= len(text) for reading in found)
    assert meant(text) == found[-1]
    assert all(word == word.strip() for word in words(text))
    word, rest = command_of(text)
    assert " " not in word
    assert len(rest) <= len(text)


@pytest.mark.parametrize(
    "part", ["*", "`", "<", "<a:", "<http://a.b|", "&amp;", "<a:b|c>", "\u200b", "a ", "“", "_*", "x\u0301"]
)
def test_long_texts(part: str):
    """The time grows with the length, not with its square: sixteen times the text takes less than 256 times as long."""

    def seconds(length: int) -> float:
        text = part * (length // len(part))
        began = thread_time()
        readings(text), command_of(text), words(text)
        return thread_time() - began

    short, long = (min(seconds(length) for _ in range(3)) for length in (6_000, 96_000))
    assert long < 80 * max(short, 1e-4)
