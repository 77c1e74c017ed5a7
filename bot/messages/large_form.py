"""The form for more models than it could list: counts by base, instance and risk, and the exceptions to leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.hours import OwnZone
from bot.domain.outcomes import LeftOut
from bot.domain.selections import GROUPS, Choice, Group, Selection
from bot.messages.kit import context, input_block, long_text, modal, option, placeholder, section
from bot.messages.outcomes import first_left_out
from bot.messages.request_form import REQUEST, Wanted, later_input, why_input
from bot.messages.text import code, counted, escape, plain, some
from bot.ports import Block

LEAVE = "leave:"
"""Begins the ids of the inputs for exceptions."""

NAMES = f"{LEAVE}names"

NAMES_LIMIT = 3000

OPTIONS = 100
"""Choices of one menu: Slack takes no more."""

SHOWN = 8
"""Groups that are counted in words; the menus have all of them."""

REASONS = 20
"""Models that are left out anyhow, of which the form gives the reason."""

_WORDS: Mapping[Group, tuple[str, str]] = {
    "instance": ("instance", "Leave out instances"),
    "base": ("base model", "Leave out base models"),
    "risk": ("risk of waiting", "Leave out risks"),
}


def ask_many(
    selection: Selection,
    first: Choice,
    metadata: str,
    left_out: Sequence[LeftOut],
    wanted: Wanted,
    more: int,
    notes: Sequence[Block] = (),
    zone: OwnZone | None = None,
) -> Mapping[str, Any]:
    """What would be upgraded, by counts, and what to leave out of it.

    *first* goes first, *metadata* finds the selection.
    *left_out* cannot be in it; *more* is how many fit the filters beyond what one request takes; *notes* show what
    holds starts back now.
    """
    groups = {by: selection.counts(by) for by in GROUPS}
    lines = [_line(by, counts) for by, counts in groups.items()]
    head = (
        f"*{counted(len(selection.choices), 'model')}* can be upgraded. One goes first: {code(first.name, 60)} on "
        f"{code(first.instance)}, unless you leave it out. When its new version is proven, the others follow in waves, "
        "a few at a time on each instance; the first failure stops everything that has not begun.\n"
        ":warning: *An upgrade cannot be undone.*"
    )
    reasons = first_left_out(left_out, REASONS, f"*Left out: {counted(len(left_out), 'model')}*")
    blocks = [
        section(head),
        section("\n".join(lines)),
        *(_menu(by, counts) for by, counts in groups.items() if len(counts) > 1),
        input_block(
            NAMES,
            "Leave out models",
            long_text("test-*", NAMES_LIMIT),
            optional=True,
            hint="Names or ids, one a line or with commas; * stands for anything. The thread will have the list.",
        ),
        *reasons,
        *([context(f"{counted(more, 'model')} more fit; ask for them afterwards.")] if more > 0 else []),
        *notes,
        *(why_input(), later_input(wanted, zone=zone)),
    ]
    return modal(
        "Upgrade many models", blocks, callback=REQUEST, submit="Request upgrades", metadata=f"{wanted} {metadata}"
    )


def _line(by: Group, counts: Sequence[tuple[str, int]]) -> str:
    shown = [f"{escape(name, 60)} {number:,}" for name, number in counts]
    return f"*By {_WORDS[by][0]}:* {some(shown, SHOWN)}"


def _menu(by: Group, counts: Sequence[tuple[str, int]]) -> Block:
    options = [option(f"{plain(name, 60)} ({number:,})", str(place)) for place, (name, number) in enumerate(counts)]
    menu = {"type": "multi_static_select", "placeholder": placeholder("None"), "options": options[:OPTIONS]}
    return input_block(f"{LEAVE}{by}", _WORDS[by][1], menu, optional=True)


def exceptions(selection: Selection, chosen: Mapping[Group, Sequence[int]]) -> set[tuple[Group, str]]:
    """The groups that somebody chose, by their places in the menus."""
    found = set()
    for by, places in chosen.items():
        counts = selection.counts(by)
        found |= {(by, counts[place][0]) for place in places if place < len(counts)}
    return found


def unknown(names: Sequence[str]) -> str:
    """Names that are of no model of the form. Plain text."""
    said = some([f"“{plain(name, 40)}”" for name in names], 5)
    return f"No model of this form is called {said}. Check the spelling, or use * for anything."


NOTHING_LEFT = "That leaves no model to upgrade. Leave out less."
