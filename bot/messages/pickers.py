"""Pickers: the window in which a person types a name and chooses a model, and the choices in its menu."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.domain.fleet import Snapshot
from bot.domain.typed_values import exact
from bot.domain.untrusted_text import matching
from bot.domain.verdicts import Judgement
from bot.messages.fitting import portion
from bot.messages.fleet import age
from bot.messages.kit import Options, actions, button, input_block, modal, option, option_group, placeholder, section
from bot.messages.request_form import Wanted
from bot.messages.text import code, plain
from bot.ports import Block, Message

MODEL, UPGRADE = "pick", "pick-upgrade"
"""The input of each window."""

VALUE_LIMIT = 150
"""Slack's limit for the value of an option, in characters; a reference has about 60."""

ROOM = 8_000
"""Characters of block JSON for the menu of a message: about 30 models."""

NO_CHOICE = "-"
"""The value of an option that is only a message."""

CHOOSE = "Choose a model from the list. Type part of its name to search."
SLOW = "Slack does not answer just now. Type again in a moment."

NOTHING: Options = {"options": []}

Action = Literal["model", "ask"]
"""What happens to the chosen model: it is shown, or an upgrade of it is requested."""

_ASKS: Mapping[Action, tuple[str, str, str]] = {
    "model": ("Show a model", "Show", MODEL),
    "ask": ("Upgrade a model", "Next", UPGRADE),
}
"""The title, the button and the input of the window."""


def ask(action: Action, what: Wanted, snapshot: Snapshot, now: datetime) -> Mapping[str, Any]:
    """The window."""
    title, submit, input = _ASKS[action]
    menu: Block = {
        "type": "external_select",
        "min_query_length": 0,
        "placeholder": placeholder("Type part of a name"),
        "focus_on_load": True,
    }
    hint = "Part of a name, an id, or words such as outdated, acoustic, en-US or an instance."
    blocks = [input_block(input, "Which model?", menu, hint=hint), *age(snapshot, now)]
    return modal(title, blocks, callback=f"pick-{action}", submit=submit, metadata=str(what))


def which(
    action: Action, found: Sequence[Judgement], total: int, what: Wanted, zone: ZoneInfo, *, command: bool = False
) -> Message:
    """The answer where no window can open: a menu of the worst models, and a button that opens the window.

    *zone* is the person's. *command*: a slash command was typed.
    """
    also, at = after_name(what.later), f" at {what.later.astimezone(zone):%Y-%m-%d %H:%M}" if what.later else ""
    verb = "model" if action == "model" else "upgrade"
    example = f"{'/stt-' if command else ''}{verb} call-center-us{at}"
    text = f"Which model? Choose one, or type its name or id, for example {code(example)}"
    fitting = [judgement for judgement in found if len(f"{judgement.model.ref}{also}") <= VALUE_LIMIT]
    shown = portion(fitting, lambda some: [_menu(action, some, also)], len(fitting), ROOM) if fitting else []
    search = button("Search all…", "pick", f"{action} {what}", label="Search all custom models")
    more = f"\nThe menu has the first {len(shown)} of {total:,} models." if total > len(shown) else ""
    row = [*([_menu(action, shown, also)] if shown else []), search]
    return Message(f"{text}{more}", (section(f"{text}{more}"), actions(row)))


def _menu(action: Action, found: Sequence[Judgement], also: str) -> Block:
    menu: Block = {"type": "static_select", "action_id": action, "placeholder": placeholder("Choose a model")}
    return {**menu, **_offer(found, also)}


def after_name(later: datetime | None) -> str:
    """Follows a reference in a button's value, so that its click asks for the same time, no matter who clicks."""
    return "" if later is None else f" at {exact(later)}"


def offer(found: Iterable[Judgement]) -> Options:
    """The models to choose from, grouped by instance where there are several."""
    return _offer(found, "")


def _offer(found: Iterable[Judgement], also: str) -> Options:
    groups: dict[str, list[Judgement]] = {}
    for judgement in found:
        if len(judgement.model.ref + also) <= VALUE_LIMIT:
            groups.setdefault(judgement.model.instance, []).append(judgement)
    if len(groups) > 1:
        return {"option_groups": [option_group(name, _options(some, also)) for name, some in groups.items()]}
    return {"options": [each for some in groups.values() for each in _options(some, also)]}


def _options(found: Sequence[Judgement], also: str) -> list[Block]:
    """An option for each model of one instance; equal names have their ids."""
    count = Counter(matching(judgement.model.name) for judgement in found)
    options = []
    for judgement in found:
        model = judgement.model
        name = model.name if count[matching(model.name)] == 1 else f"{plain(model.name, 30)} ({model.id})"
        about = f"{judgement.verdict.value} · {model.kind} · {model.base}"
        options.append(option(name, f"{model.ref}{also}", about))
    return options


def told(text: str) -> Options:
    """A menu that says why it has no choices. Plain text."""
    return {"options": [option(text, NO_CHOICE)]}
