"""`/stt-help`: every command with an example. The one list that the manifest and the README are tested against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from bot.messages.kit import actions, button, context, section
from bot.messages.text import code
from bot.ports import Message


@dataclass(frozen=True, slots=True)
class Usage:
    """One slash command: what it does, and what can be typed after it."""

    command: str
    does: str
    examples: tuple[str, ...]


FOR = {
    "You ask": "`/stt-upgrade` lets you pick a model and posts a card; its thread says how the upgrade goes.",
    "You approve": "press *Approve* or *Reject* on the card; *Details* has the plan and the risk.",
    "You run it": "`python -m bot check` tests tokens, channel, approvers and every instance.",
}
"""A line for each kind of person."""

COMMANDS = (
    Usage(
        "/stt-models",
        "lists the models, worst first",
        ("", "outdated", "acoustic en-US", "snoozed", "public", "export risky"),
    ),
    Usage("/stt-model", "shows one model and what an upgrade would do; snooze, hold or own it", ("", "call-center-us")),
    Usage(
        "/stt-upgrade",
        "requests the upgrade of one model or of up to 1,000; freeze stops new starts",
        ("", "call-center-us", "call-center-us at 22:00", "outdated", "outdated en-US", "freeze"),
    ),
    Usage(
        "/stt-runs",
        "lists the requests; a number shows all of one",
        ("", "waiting", "open mine", "failed acoustic", "12", "export csv ended"),
    ),
    Usage(
        "/stt-announce",
        "shows when and where announcements go; approvers change it",
        (
            *("", "preview", "now", "chart", "snoozes"),
            *("at 0 9 * * mon-fri Europe/Berlin", "in #channel", "off", "default"),
        ),
    ),
    Usage("/stt-help", "this list", ("",)),
)


@cache
def help_text() -> Message:
    """A line for each kind of person, then every command with examples that can be copied."""
    first = "\n".join(f"*{who}:* {what}" for who, what in FOR.items())
    shown = [section(f"*Retune keeps custom models on the newest version of their base model.*\n{first}")]
    for usage in COMMANDS:
        typed = "  ".join(f"`{f'{usage.command} {example}'.strip()}`" for example in usage.examples)
        shown.append(section(f"*{usage.command}* {usage.does}\n{typed}"))
    small = context(
        "Part of a name is enough. In a thread, where Slack has no commands, mention @retune: `@retune models "
        "outdated`. An upgrade cannot be undone, and starts only after approval."
    )
    return Message("Commands: " + ", ".join(usage.command for usage in COMMANDS), (*shown, small))


def no_command(word: str, rest: str) -> Message:
    """The same for an unknown command: the nearest one comes first, with its *rest*."""
    if not word:
        return help_text()
    near = _nearest(word[:40])
    said, every = f"There is no command {code(word, 40)}.", help_text()
    if near is None:
        return replace(every, text=f"{said} {every.text}", blocks=(section(said), *every.blocks))
    meant = f"{near} {rest}".strip()
    said = f"{said} Did you mean {code(meant)}?"
    run = actions([button(meant, "run", meant, label=f"Run {meant}")])
    return replace(every, text=f"{said} {every.text}", blocks=(section(said), run, *every.blocks))


def _nearest(word: str) -> str | None:
    from rapidfuzz import process  # only a typo needs it, not the first answer

    names = [usage.command.removeprefix("/stt-") for usage in COMMANDS]
    found = process.extractOne(word, names, score_cutoff=60)
    return None if found is None else str(found[0])
