"""`/stt-help`: every command with an example. The one list that the manifest and the README are tested against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.messages.kit import context, section
from bot.ports import Message


@dataclass(frozen=True, slots=True)
class Usage:
    """One slash command: what it does, and what to type."""

    command: str
    does: str
    examples: tuple[str, ...]


COMMANDS = (
    Usage(
        "/stt-models",
        "lists the custom models with what is outdated, worst first",
        (
            "/stt-models",
            "/stt-models outdated",
            "/stt-models acoustic en-US",
            "/stt-models snoozed",
            "/stt-models public",
        ),
    ),
    Usage(
        "/stt-model",
        "shows one model: versions, evidence, data, what an upgrade would do, history; snooze, hold or own it",
        ("/stt-model call-center-us",),
    ),
    Usage(
        "/stt-upgrade",
        "asks for the upgrade of one model, or of all that are outdated in one request; the team decides on the card. "
        "freeze holds everything back that has not begun",
        (
            "/stt-upgrade call-center-us",
            "/stt-upgrade call-center-us at 22:00",
            "/stt-upgrade outdated",
            "/stt-upgrade outdated en-US",
            "/stt-upgrade freeze",
        ),
    ),
    Usage(
        "/stt-runs",
        "what waits, runs and ended; the whole history of one request by its number; export sends a file",
        (
            "/stt-runs",
            "/stt-runs waiting",
            "/stt-runs open mine",
            "/stt-runs failed acoustic",
            "/stt-runs 12",
            "/stt-runs export csv ended",
        ),
    ),
    Usage(
        "/stt-announce",
        "when and where announcements go; now sends one; chart shows the last weeks; snoozes lists what is left out; "
        "approvers change it",
        (
            "/stt-announce",
            "/stt-announce preview",
            "/stt-announce now",
            "/stt-announce chart",
            "/stt-announce snoozes",
            "/stt-announce at 0 9 * * mon-fri Europe/Berlin",
            "/stt-announce in #channel",
            "/stt-announce off",
            "/stt-announce default",
        ),
    ),
    Usage("/stt-help", "this list", ("/stt-help",)),
)


@cache
def help_text() -> Message:
    """Every command with examples that can be copied."""
    lines = [
        f"*{usage.command}* {usage.does}\n{'  '.join(f'`{example}`' for example in usage.examples)}"
        for usage in COMMANDS
    ]
    return Message(
        "Commands: " + ", ".join(usage.command for usage in COMMANDS),
        (
            section("*Retune keeps custom models on the newest version of their base model.*"),
            *(section(line) for line in lines),
            context(
                "Part of a name is enough. In a thread, where Slack offers no commands, mention @retune instead: "
                "`@retune models outdated`. An upgrade starts only after it was approved, and cannot be undone."
            ),
        ),
    )
