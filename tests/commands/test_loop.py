"""Nothing that a person types holds the event loop, however large the fleet and however odd its names."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Slack
from tests.holds import MOST, measured
from tests.world import NEW, OLD, model

NAMES = {
    "alike": lambda number: f"{'a' * 1000}{number}",
    "nearly alike": lambda number: f"{'ab' * 400}{number:04}{'ab' * 90}",
    "piled up": lambda number: f"{number} {'o' + chr(0x300) * 40}" * 20,
    "wide": lambda number: f"{number}{chr(0xFDFA) * 900}",
}

TYPED = {
    "words": " ".join("a" * 13 for _ in range(20)),
    "other words": " ".join(f"{'ab' * 6}{number}" for number in range(20)),
    "one word": f"{'a' * 150}b{'a' * 140}",
    "piles": " ".join(("e" + chr(0x301) * 12) for _ in range(20)),
    "wide": chr(0xFDFA) * 300,
    "typo": "ab" * 90 + "x" + "ab" * 40,
}


@pytest.mark.parametrize("named", NAMES)
async def test_typed_text_holds_nobody_up(slack: Slack, named: str):
    """Every command that searches, with the longest texts that the door lets in, on a thousand models."""
    for number in range(1000):
        name = NAMES[named](number)
        slack.world.speech.add(model(name, id=f"{number:04}", versions=(OLD, NEW) if number % 2 else (OLD,)))
    await slack.world.inventory.refresh()
    await slack.command("/stt-models")
    for command in ("/stt-models", "/stt-model", "/stt-upgrade", "/stt-upgrade outdated", "/stt-runs"):
        for text in TYPED.values():
            with measured() as held:
                await slack.command(f"{command} {text[: 300 if command == '/stt-models' else 280]}")
            assert held.longest < MOST, (command, text, held.all[:3])
