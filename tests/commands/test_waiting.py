"""Commands that have to wait: for the first reading of the fleet, or for a database that somebody else holds."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bot.domain.fleet import Kind, Listed, Model
from bot.domain.requests import RequestState
from bot.store import Store
from commands import desk, surface
from tests.commands.conftest import Slack
from tests.world import ADA, GRACE, MEI

REF = "stt/language/id-call-center-us"


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """One try at a lock holds the loop for a moment only."""
    monkeypatch.setattr(Store, "BUSY", 0.01)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("/stt-models", "2 custom models: 1 outdated"),
        ("/stt-model call-center-us", "*Steps:*"),
        ("/stt-upgrade call-center-us", "cannot be undone"),
        ("/stt-announce preview", "call-center-us"),
    ],
)
async def test_the_first_reading(slack: Slack, monkeypatch: pytest.MonkeyPatch, command: str, answer: str):
    """Acknowledged in time, and answered when the fleet was read."""
    read, models = asyncio.Event(), slack.world.speech.models

    async def slow(kind: Kind) -> Listed[Model]:
        await read.wait()
        return await models(kind)

    monkeypatch.setattr(slack.world.speech, "models", slow)
    monkeypatch.setattr(surface, "AT_ONCE", 0.01)
    acknowledged = await slack.dispatch(slack.typed(command))
    assert (acknowledged.status, acknowledged.body) == (200, "")
    assert slack.world.chat.whispers == []
    assert slack.world.chat.views == {}
    read.set()
    await slack.world.settle()
    assert answer in str([*slack.world.chat.whispers, *slack.world.chat.views.values()])


async def test_too_late_for_a_window(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """Slack opens none three seconds after the command: a button that can is shown instead, or what to do."""
    await slack.world.inventory.refresh()
    monkeypatch.setattr(desk, "OPENS", 0.0)
    assert "Upgrade…" in await slack.command("/stt-upgrade call-center-us")
    for action in ("owner", "snooze", "hold"):
        assert "too long to open a window" in await slack.click(action, REF)
    assert slack.world.chat.views == {}


async def test_the_database_is_locked(slack: Slack):
    """By another process, for longer than anybody waits: acknowledged, and told that nothing was changed."""
    with sqlite3.connect(slack.world.path, isolation_level=None) as other:
        await slack.world.inventory.refresh()
        await slack.click("owner", REF)
        view_id, view = list(slack.world.chat.views.items())[-1]
        other.execute("BEGIN IMMEDIATE")
        person: dict[str, Any] = {"user": {"v": {"type": "users_select", "selected_user": MEI}}}
        told, refused = await asyncio.gather(slack.click("probe", REF), slack.submit(view, person, view_id=view_id))
        other.execute("ROLLBACK")
    other.close()
    said = "The database does not answer; nothing was changed."
    assert said in told
    assert said in refused["errors"]["user"]
    assert slack.world.store.owners.of(REF) is None


@pytest.mark.parametrize("wish", ["approve", "withdraw"])
async def test_what_counts_is_never_called_unchanged(
    slack: Slack,
    monkeypatch: pytest.MonkeyPatch,
    wish: str,
):
    """The database is locked right after the decision: whoever clicked hears of no failure."""
    world, edit = slack.world, slack.world.chat.edit
    request = await world.asked()
    with closing(sqlite3.connect(world.path, isolation_level=None)) as lock:

        async def locked(*args: Any, **named: Any) -> None:
            await edit(*args, **named)
            if not lock.in_transaction:
                lock.execute("BEGIN IMMEDIATE")

        monkeypatch.setattr(world.chat, "edit", locked)
        if wish == "approve":
            heard = await slack.click("approve", f"{request.id}:{request.digest}", user=GRACE)
        else:
            heard = await slack.click("wish:withdraw", f"withdraw {request.id}", user=ADA)
    assert "nothing was changed" not in heard
    assert world.request(request.id).state is not RequestState.OPEN


async def test_an_announcement_that_could_not_be_noted(
    slack: Slack,
    monkeypatch: pytest.MonkeyPatch,
):
    """It is in the channel and the database is locked right after: nobody is told to send it once more."""
    world, post = slack.world, slack.world.chat.post
    world.fleet()
    await world.inventory.refresh()
    with closing(sqlite3.connect(world.path, isolation_level=None)) as lock:

        async def locked(*args: Any, **more: Any) -> str:
            ts = await post(*args, **more)
            lock.execute("BEGIN IMMEDIATE")
            return ts

        monkeypatch.setattr(world.chat, "post", locked)
        heard = await slack.command("/stt-announce now", user=GRACE)
    assert "it is done, but not recorded" in heard
    assert len(world.chat.said) == 1
