"""Which readings are believed, and what is said of the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.doubts import LASTING, LOOKS, Doubt, DoubtKind, doubtful
from bot.domain.fleet import InstanceReading, Unreadable
from bot.messages.doubts import not_believed, question, right_button, unreadable
from tests.fakes import NOW

LANGUAGE = [("language", f"l{n}") for n in range(20)]
ACOUSTIC = [("acoustic", f"a{n}") for n in range(8)]
ALL = LANGUAGE + ACOUSTIC
BASES = frozenset({"en-US_NarrowbandModel"})
HOSTILE = "<!channel> `x` &"


@pytest.mark.parametrize(
    ("had", "has", "kind"),
    [
        (ALL, ALL, None),
        (ALL, ALL[1:], None),
        (ALL, [], DoubtKind.NOTHING),
        (ALL[:1], [], DoubtKind.NOTHING),
        (ALL, ALL[:3], DoubtKind.FEWER),
        (ALL, LANGUAGE[10:] + ACOUSTIC[4:], None),
        (ALL, LANGUAGE[11:] + ACOUSTIC[4:], DoubtKind.FEWER),
        (ALL, [("language", "x"), *(("language", f"other{n}") for n in range(40))], DoubtKind.FEWER),
        (ALL, LANGUAGE, DoubtKind.FEWER),
        (LANGUAGE[:3], LANGUAGE[:1], None),
        (LANGUAGE[:4], LANGUAGE[:1], DoubtKind.FEWER),
        (LANGUAGE[:2], [("language", "x")], None),
        ([], [], None),
        ([], ALL, None),
    ],
)
def test_models(had: list[tuple[str, str]], has: list[tuple[str, str]], kind: DoubtKind | None):
    """Nothing, or more than half and at least three fewer, of all or of one kind; other ids are other models."""
    found = doubtful(had, has, BASES, BASES, None, NOW)
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("has", "served", "serves", "doubted"),
    [
        (ALL, BASES, frozenset(), True),
        (ALL, None, frozenset(), True),
        ([], None, frozenset(), False),
        (ALL, None, BASES, False),
        (ALL, BASES, frozenset({"another"}), False),
    ],
)
def test_bases(has: list[tuple[str, str]], served: frozenset[str] | None, serves: frozenset[str], doubted: bool):
    """An instance with models serves base models."""
    found = doubtful(has, has, served, serves, None, NOW)
    assert (found is not None and found.kind is DoubtKind.NO_BASES) is doubted


def test_when_people_are_asked():
    """After three readings in a row, over minutes; the first one counts from when it was."""
    last: Doubt | None = None
    for number in range(1, LOOKS + 1):
        last = doubtful(ALL, [], BASES, BASES, last, NOW + timedelta(seconds=number))
        assert last is not None
        assert (last.looks, last.since) == (number, NOW + timedelta(seconds=1))
        assert not last.ripe(NOW + timedelta(seconds=number))
    assert last is not None
    assert last.ripe(last.since + LASTING)
    assert not replace(last, looks=LOOKS - 1).ripe(last.since + LASTING)


def test_what_was_shown_is_what_is_accepted():
    """Another list has another shape."""
    shapes = {found.shape for n in range(3) if (found := doubtful(ALL, ALL[:n], BASES, BASES, None, NOW))}
    assert len(shapes) == 3


def test_words():
    """What it lists against before, what was done, and who does what; nothing untrusted is shown as it is."""
    doubt = Doubt(DoubtKind.FEWER, 28, 30, 2, "0123456789abcdef", NOW, 3)
    said = question("stt", doubt)
    assert "lists 30 custom models" in said
    assert "2 of the 28 that it listed before" in said
    assert "Nothing was changed" in said
    assert "approver of `stt`" in said
    assert "26 models are forgotten" in right_button("stt", doubt)["confirm"]["text"]["text"]
    odd = (Unreadable("language model", HOSTILE, "?"), Unreadable("acoustic model", "", "?"))
    reading = InstanceReading("stt", "cloud", unreadable=odd, doubt=replace(doubt, kind=DoubtKind.NO_BASES, has=0))
    assert "serves no base models" in not_believed(reading)
    assert "2 records unreadable" in unreadable(reading)
    assert "without an id" in unreadable(reading)
    assert "<!channel>" not in unreadable(reading)
    assert unreadable(InstanceReading("stt", "cloud")) == not_believed(InstanceReading("stt", "cloud")) == ""
