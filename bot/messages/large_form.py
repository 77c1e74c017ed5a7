"""The form for too many models to list: counts by base, instance and risk, and exceptions to leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.forecasts import Forecast
from bot.domain.hours import OwnZone
from bot.domain.outcomes import CauseKind, LeftOut
from bot.domain.selections import GROUPS, Choice, Group, Selection
from bot.messages.forecasts import forecast_text
from bot.messages.kit import alert, context, input_block, long_text, modal, option, placeholder, section
from bot.messages.outcomes import first_left_out
from bot.messages.request_form import REQUEST, Wanted, later_input, when_text, why_input
from bot.messages.text import bold, code, counted, day, escape, plain, some
from bot.ports import Block

LEAVE = "leave:"
"""Prefix of the ids of the inputs for exceptions."""

NAMES = f"{LEAVE}names"

NAMES_LIMIT = 3000

INCLUDE, INCLUDED = "include", "by hand"
"""The checkbox for models that need a person, and its value."""

NAMED = 5
"""Models named where there may be hundreds."""

NARROW = "or narrow the command by filters to at most 50 models: that form"

OPTIONS = 100
"""Slack's limit for the choices of one menu."""

SHOWN = 8
"""Groups counted in words; the menus have all of them."""

REASONS = 20
"""Models that can't be included, with the reason."""

_WORDS: Mapping[Group, tuple[str, str]] = {
    "instance": ("instance", "Leave out instances"),
    "base": ("base model", "Leave out base models"),
    "risk": ("risk of waiting", "Leave out risks"),
}


def ask_many(
    selection: Selection,
    metadata: str,
    left_out: Sequence[LeftOut],
    wanted: Wanted,
    more: int,
    notes: Sequence[Block] = (),
    *,
    zone: OwnZone | None = None,
    forecast: Forecast | None = None,
) -> Mapping[str, Any]:
    """What would be upgraded, by counts, and what to leave out or include.

    *metadata* finds the selection. *left_out* can't be in it; *more* match the filters beyond what one request takes;
    *notes* say what delays starts now. *forecast* is for all models but those that need a person.
    """
    groups = {by: selection.counts(by) for by in GROUPS}
    lines = [_line(by, counts) for by, counts in groups.items()]
    waiting = [choice for choice in selection.choices if choice.by_hand]
    held, unlinked = [one for one in left_out if _is_held(one)], [one for one in left_out if one.cause.link_is_missing]
    others = [one for one in left_out if not _is_held(one) and not one.cause.link_is_missing]
    reasons = first_left_out(others, REASONS, f"*Left out: {counted(len(others), 'model')}*")
    blocks = [
        section(_head(selection, len(waiting))),
        *([section(forecast_text(forecast, when_text(wanted)))] if forecast else []),
        section("\n".join(lines)),
        *_held(held),
        *_unlinked(unlinked),
        *([_include(waiting)] if waiting else []),
        *(_menu(by, counts) for by, counts in groups.items() if len(counts) > 1),
        input_block(
            NAMES,
            "Leave out models",
            long_text("test-*", NAMES_LIMIT),
            optional=True,
            hint="Names or ids, one a line or with commas; * stands for anything. The thread will have the list.",
        ),
        *reasons,
        *([context(f"{counted(more, 'model')} more fit; request them afterwards.")] if more > 0 else []),
        *notes,
        *(why_input(), later_input(wanted, zone=zone)),
    ]
    return modal(
        "Upgrade many models", blocks, callback=REQUEST, submit="Request upgrades", metadata=f"{wanted} {metadata}"
    )


def _head(selection: Selection, waiting: int) -> str:
    first = next((choice for choice in selection.choices if not choice.by_hand), selection.choices[0])
    person = f" {waiting:,} of these {'needs' if waiting == 1 else 'need'} a change by hand first." if waiting else ""
    return (
        f"*{counted(len(selection.choices), 'model')}* can be upgraded.{person} {bold(first.name, 60)} on "
        f"{code(first.instance)} goes first, unless you leave it out; when its new version is proven, the others "
        "follow in waves, a few at a time on each instance. The first failure stops everything that has not begun.\n"
        ":warning: *An upgrade cannot be undone.*"
    )


def _is_held(one: LeftOut) -> bool:
    return one.cause.kind is CauseKind.ON_HOLD


def _held(held: Sequence[LeftOut]) -> list[Block]:
    """How many are on hold, the first of them, and how to include one."""
    named = [f"{bold(one.name, 40)}{_until(one)}" for one in held]
    text = (
        f"*On hold, left out: {counted(len(held), 'model')}.* {some(named, NAMED)}. To include one, press *End hold* "
        f"on `/stt-model`, {NARROW} offers it to those who may end its hold."
    )
    return [alert(text)] if held else []


def _until(one: LeftOut) -> str:
    hold = one.cause.held[0].hold if one.cause.held else None
    return f" until {day(hold.until)} by <@{hold.author}>" if hold else ""


def _unlinked(unlinked: Sequence[LeftOut]) -> list[Block]:
    """How many wait for an answer that this form does not ask for, and where to give it."""
    named = [bold(one.name, 40) for one in unlinked]
    text = (
        f"*Trained with what? Left out: {counted(len(unlinked), 'acoustic model')}.* {some(named, NAMED)}. Press "
        f"*Trained with…* on `/stt-model`, {NARROW} asks."
    )
    return [alert(text, "info")] if unlinked else []


def _include(waiting: Sequence[Choice]) -> Block:
    """Models that need a person are in only if requested: each occupies a place until the change is made."""
    names = some([plain(choice.name, 40) for choice in waiting], NAMED)
    choice = option("Include these", INCLUDED, "Each waits until a person makes it.")
    label = f"Need a change by hand: {counted(len(waiting), 'model')}"
    hint = f"{names}. You or a colleague add or change a word, corpus or grammar of each; its thread says when."
    return input_block(INCLUDE, label, {"type": "checkboxes", "options": [choice]}, optional=True, hint=hint)


def _line(by: Group, counts: Sequence[tuple[str, int]]) -> str:
    shown = [f"{escape(name, 60)} {number:,}" for name, number in counts]
    return f"*By {_WORDS[by][0]}:* {some(shown, SHOWN)}"


def _menu(by: Group, counts: Sequence[tuple[str, int]]) -> Block:
    options = [option(f"{plain(name, 60)} ({number:,})", str(place)) for place, (name, number) in enumerate(counts)]
    menu = {"type": "multi_static_select", "placeholder": placeholder("None"), "options": options[:OPTIONS]}
    return input_block(f"{LEAVE}{by}", _WORDS[by][1], menu, optional=True)


def exceptions(selection: Selection, chosen: Mapping[Group, Sequence[int]]) -> set[tuple[Group, str]]:
    """The chosen groups, by their places in the menus."""
    found = set()
    for by, places in chosen.items():
        counts = selection.counts(by)
        found |= {(by, counts[place][0]) for place in places if place < len(counts)}
    return found


def unknown(names: Sequence[str]) -> str:
    """Names that match no model of the form. Plain text."""
    said = some([f"“{plain(name, 40)}”" for name in names], 5)
    return f"No model of this form is called {said}. Check the spelling, or use * for anything."


NOTHING_LEFT = "That leaves no model to upgrade. Leave out less, or include what needs a change by hand."
