"""What an acoustic model was trained with: a form of its own, and the menu in a form for several models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.fleet import Model
from bot.domain.links import ALONE, LinkChoice
from bot.domain.offers import ref_of
from bot.messages.kit import input_block, modal, option, placeholder, section
from bot.messages.request_form import Wanted
from bot.messages.text import bold, listed, plain
from bot.ports import Block

LINK, LANGUAGE = "link", "language"

LINKED = "link:"
"""Prefix of the ids of the menus in a form for several models; the acoustic model's reference follows."""

NONE = "none"

OPTIONS = 100
"""Slack's limit for the choices of one menu, and of one group in it."""

GROUPED = 900
"""Choices of a menu with groups: a window with more exceeds Slack's 250 KB."""

GUESS = "guess from the description"


def ask_link(choice: LinkChoice, wanted: Wanted) -> Mapping[str, Any]:
    """Asks for the language model that an acoustic model was trained with; the service does not tell."""
    text = (
        f"Which language model was {bold(choice.model.name)} trained with? The service does not tell, and the order of "
        "the upgrade depends on it. Retune remembers the answer."
    )
    options = _options(choice, GROUPED, versions=True)
    menu: Block = {"type": "static_select", "placeholder": placeholder("Choose one, or None")}
    if len(options) > OPTIONS:
        menu["option_groups"] = _groups(options)
    else:
        menu["options"] = options
    question = input_block(LANGUAGE, "Language model", menu | _said(choice, options), hint=_guesses(choice))
    metadata = f"{wanted} {choice.model.ref}"
    return modal("Trained with?", [section(text), question], callback=LINK, submit="Next", metadata=metadata)


def link_input(choice: LinkChoice) -> Block:
    """The menu for one acoustic model of a form for several. Optional for Slack: only a ticked model needs it."""
    options = _options(choice, OPTIONS, versions=False)
    menu = {"type": "static_select", "placeholder": placeholder("Choose one, or None"), "options": options}
    hidden = len(choice.candidates) + 1 - len(options)
    more = f"{hidden} more are under Trained with… on /stt-model." if hidden > 0 else ""
    needed = "" if choice.said is not None else "Needed where the model is ticked."
    hint = " ".join(filter(None, (needed, _guesses(choice), more)))
    label = f"What {plain(choice.model.name, 60)} was trained with"
    return input_block(f"{LINKED}{choice.model.ref}", label, menu | _said(choice, options), optional=True, hint=hint)


def _options(choice: LinkChoice, most: int, *, versions: bool) -> list[Block]:
    """None, the answer given before, the guesses, and as many others as there is room for."""
    first = {choice.said, *choice.guessed}
    ordered = sorted(choice.candidates, key=lambda one: one.id not in first)
    return [
        option("None: it was trained alone", NONE),
        *(option(one.name, one.id, _described(choice, one, versions=versions)) for one in ordered[: most - 1]),
    ]


def _described(choice: LinkChoice, one: Model, *, versions: bool) -> str:
    guess = GUESS if one.id in choice.guessed else ""
    return " · ".join(filter(None, (guess, plain(one.newest or "", 40) if versions else "")))


def _said(choice: LinkChoice, options: Sequence[Block]) -> Block:
    """Only a person's answer is preselected: a guess may be wrong, and an upgrade can't be undone."""
    if choice.said is None:
        return {}
    value = NONE if choice.said == ALONE else choice.said
    found = next((one for one in options if one["value"] == value), None)
    return {"initial_option": found} if found else {}


def _guesses(choice: LinkChoice) -> str:
    """What the description names, while nobody has answered. Plain text."""
    named = [plain(one.name, 60) for one in choice.candidates if one.id in choice.guessed][:3]
    return f"A {GUESS}: {listed(named, 'or')}. Choose it only if that is so." if named and choice.said is None else ""


def _groups(options: Sequence[Block]) -> list[Block]:
    """More choices than one menu takes, in groups named after their first and last."""
    parts = [options[start : start + OPTIONS] for start in range(0, len(options), OPTIONS)]
    names = [[plain(part[at]["text"]["text"], 30) for at in (0, -1)] for part in parts]
    return [
        {"label": placeholder(f"{first} – {last}"), "options": list(part)}
        for (first, last), part in zip(names, parts, strict=True)
    ]


def not_said(key: str, names: Mapping[str, str]) -> str:
    """At the menu of a ticked model with nothing chosen. Plain text."""
    name = plain(names.get(ref_of(key), "it"), 40)
    return f"Choose what {name} was trained with, or None. Or untick {name}."
