"""Answers to what was mistyped: a filter that nothing matches, an unknown model or command, and what may be meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.domain.advice import LONGEST, Advice, Role, Word
from bot.domain.fleet import Model
from bot.messages.kit import button, paragraph
from bot.messages.refusals import labels
from bot.messages.text import code, counted, escape, listed
from bot.ports import Block, Message

OF_MODELS = (
    "Filters are words: `outdated`, `risky`, `snoozed`, `language`, `acoustic`, an instance, a language such as "
    "`en-US`, a base model, part of a name."
)
OF_REQUESTS = (
    "Filters are words: `open`, `waiting`, `ended`, `mine`, a state such as `failed`, `language`, `acoustic`, an "
    "instance, part of a model's name."
)


Before = Literal["models", "models export", "runs", "runs export csv", "runs export json", "upgrade outdated"]
"""The command before a filter, as it is typed."""

VALUE_LIMIT = 2000
"""Slack's limit for the value of a button, in characters."""


def no_model(filters: str, advice: Advice, *, before: Before = "models", export: bool = False) -> Message:
    """No model matches *filters*; with *export*, the file would be empty."""
    return _advised(
        f"No model matches “{escape(filters)}”{_then(export)}.", _no_models(advice.words), OF_MODELS, advice, before
    )


def no_request(filters: str, advice: Advice, *, before: Before = "runs", export: bool = False) -> Message:
    """The same for requests."""
    said = f"No request matches “{escape(filters)}”{_then(export)}."
    return _advised(said, _no_requests(advice.words), OF_REQUESTS, advice, before)


def _then(export: bool) -> str:
    return ", so there is nothing to export" if export else ""


def none_upgradable(filters: str, count: int, outdated: int, advice: Advice) -> Message:
    """*count* models match, *outdated* of them are outdated, and none can be upgraded."""
    one = "it" if count == 1 else "none of them"
    cannot = f"{one} {'cannot' if count == 1 else 'can'} be upgraded"
    is_not = f"{one} {'is not' if count == 1 else 'is'} outdated"
    if not filters:
        said = "No model can be upgraded" if outdated else "No custom model is outdated"
        return paragraph(f"{said}. `/stt-models` shows the verdict on each.")
    said = f"{counted(count, 'model')} match{'es' if count == 1 else ''} “{escape(filters)}”; "
    shows = button("Show", "run:shows", f"models {filters}"[:VALUE_LIMIT], label="Show the models that match")
    return paragraph(f"{said}{cannot if outdated else is_not}.", "", shows, *_buttons(advice, "upgrade outdated"))


def _advised(said: str, known: str, usage: str, advice: Advice, before: Before) -> Message:
    buttons = _buttons(advice, before)
    if not advice.unknown:
        return paragraph(f"{said} {known}", "", *buttons)
    if not buttons:
        return paragraph(f"{said} {usage}", "")
    near = listed([code(one.filters) for one in advice.instead], "or")
    return paragraph(f"{said} Did you mean {near}?", "", *buttons)


def _buttons(advice: Advice, before: Before) -> list[Block]:
    return [
        button(
            one.filters if one.count is None else f"{one.filters} ({one.count:,})",
            f"run:{number}",
            f"{before} {one.filters}",
            label=f"Filter by {one.filters} instead",
        )
        for number, one in enumerate(advice.instead)
        if len(one.filters) <= LONGEST
    ]


def _no_models(words: Sequence[Word]) -> str:
    """There are no outdated acoustic models on `en-US`."""
    before = [escape(word.text, 60) for word in words if word.role in (Role.STATE, Role.KIND)]
    return f"There are no {' '.join([*before, 'models'])}{_where(words)}."


def _no_requests(words: Sequence[Word]) -> str:
    """There are no failed requests of yours for acoustic models on `emea`."""
    states, kinds = _of(words, Role.STATE), _of(words, Role.KIND)
    mine = " of yours" if _of(words, Role.MINE) else ""
    models = f" for {listed(kinds, 'or')} models" if kinds else ""
    of_state = f"{listed(states, 'or')} " if states else ""
    return f"There are no {of_state}requests{mine}{models}{_where(words)}."


def _where(words: Sequence[Word]) -> str:
    on = [code(word.text) for word in words if word.role in (Role.LANGUAGE, Role.BASE, Role.INSTANCE)]
    named = [f"“{text}”" for text in _of(words, Role.NAME)]
    return f"{f' on {listed(on)}' if on else ''}{f' with {listed(named)} in the name' if named else ''}"


def _of(words: Sequence[Word], role: Role) -> list[str]:
    return list(dict.fromkeys(escape(word.text, 60) for word in words if word.role is role))


def did_you_mean(typed: str, models: Sequence[Model], action: str, also: str = "") -> Message:
    """No model has this name: a button for each of the nearest. *also* follows the references in their values."""
    verb = "Upgrade" if action == "ask" else "Show"
    buttons = [
        button(name, f"{action}:{number}", f"{model.ref}{also}"[:VALUE_LIMIT], label=f"{verb} {model.name}")
        for number, (model, name) in enumerate(zip(models, labels(models), strict=True))
    ]
    near = listed([escape(model.name, 60) for model in models], "or")
    hint = f" Did you mean {near}?" if models else ""
    text = f"No custom model is called “{escape(typed)}”.{hint} `/stt-models` lists all of them."
    return paragraph(text, ":warning:", *buttons)
