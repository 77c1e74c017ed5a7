"""The log says which request, run and instance a record is about, whoever writes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import ChatBusy, ServiceUnavailable
from bot.log_context import subject
from tests.world import World


class Subjects(logging.Handler):
    """Keeps what each record is about."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append((record.getMessage(), dict(subject())))

    def about(self, words: str) -> list[dict[str, Any]]:
        return [about for said, about in self.seen if words in said]


@pytest.fixture
def log() -> Iterator[Subjects]:
    handler, root = Subjects(), logging.getLogger("bot")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


async def test_a_run_that_breaks(world: World, log: Subjects, monkeypatch: pytest.MonkeyPatch):
    """Its request, its run and its instance."""
    world.fleet()
    request = await world.approved()

    async def broken(*_: object, **__: object) -> bool:
        raise RuntimeError("a bug")

    monkeypatch.setattr(world.runner.sender, "begin", broken)
    await world.ring()
    (about,) = log.about("it is taken up again")
    assert about == {"instance": "stt", "run": request.first.id, "request": request.id}


async def test_an_instance_in_trouble(world: World, log: Subjects):
    """The instance alone; nothing of the request that came before."""
    world.fleet()
    await world.approved()
    world.speech.fail["models"] = [ServiceUnavailable("stt cannot answer now (503).", instance="stt")]
    world.background.spawn(world.inventory.refresh(), "inventory")
    await world.settle()
    (about,) = log.about("cannot be read")
    assert about == {"instance": "stt"}


async def test_a_request_that_slack_does_not_show(world: World, log: Subjects):
    """The request."""
    world.fleet()
    request = await world.asked()
    world.chat.fail["edit"] = [ChatBusy("Slack is busy.")]
    await world.approve(request)
    found = log.about("Slack does not show")
    assert found
    assert all(about["request"] == request.id for about in found)


async def test_a_trouble_is_logged_when_it_begins_and_when_it_ends(world: World, log: Subjects):
    """Not with each attempt, for whatever Retune tries again by itself."""
    world.fleet()
    request = await world.asked()
    world.chat.fail["edit"] = [ChatBusy("Slack is busy.") for _ in range(5)]
    await world.approve(request)
    for _ in range(5):
        await world.ring(after=60)
    assert world.chat.calls.count("edit") >= 5
    key = f"request:{request.id}:card"
    assert len(log.about(f"Slack does not show {key}")) == 1
    assert len(log.about(f"Slack shows {key} now")) == 1


async def test_an_announcement_that_slack_does_not_take(world: World, log: Subjects):
    """One line at the first attempt, one when it is posted."""
    world.fleet()
    await world.inventory.refresh()
    await world.announce()
    world.chat.fail["post"] = [ChatBusy("Slack is busy.") for _ in range(3)]
    world.clock.advance(4 * 86400)
    for _ in range(6):
        await world.announce(after=60)
    assert len(log.about("cannot be posted")) == 1
    assert len(log.about("is posted now")) == 1
