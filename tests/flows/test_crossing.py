"""What crosses: edits of two processes, a stop and a proof, a write and a lock, an instance that goes meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.authority import Reason
from bot.domain.fleet import Holdings
from bot.domain.requests import RequestState
from bot.errors import ChatBusy
from bot.ports import Message
from tests.fakes import FakeSpeech
from tests.flows.acting import US, approved
from tests.flows.test_several import proposed, states
from tests.world import ADA, CHANNEL, GRACE, NEW, OLD, World, model


async def test_two_processes_edit_one_card(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The edit that left first comes last: the card shows the present state in the end all the same."""
    world.fleet()
    request = await world.asked()
    other = World(tmp_path / "other.db", clock=world.clock, holder="other:1")
    other.path, other.chat, other.speech = world.path, world.chat, world.speech
    other.start()
    edit, first, late = world.chat.edit, asyncio.Event(), asyncio.Event()

    async def held(*args: Any, **named: Any) -> None:
        if not first.is_set():
            first.set()
            await late.wait()
        await edit(*args, **named)

    monkeypatch.setattr(world.chat, "edit", held)
    await world.freezes.freeze("", "moving", GRACE, world.clock.now() + timedelta(hours=1))
    telling = asyncio.create_task(world.teller.tell(request.id))
    await first.wait()
    world.clock.advance(4)
    assert (await other.decisions.wish("withdraw", request.id, ADA)).decision.allowed
    await other.teller.tell(request.id)
    late.set()
    await telling
    for one in (other, world):
        await one.ring(after=20)
        await one.ring(after=20)
    card = world.chat.keyed(f"request:{request.id}:card")
    assert card.text.startswith("Request withdrawn")
    assert card.buttons == []
    other.close()


async def test_two_processes_look_for_one_message(pair: tuple[World, World], monkeypatch: pytest.MonkeyPatch):
    """A post was cut off. Both look for it; one posts it while the other still waits to hear that it is not there."""
    first, second = pair
    message = Message("hello")
    first.store.messages.intend("hello", CHANNEL, None, "", first.clock.now())
    first.clock.advance(20)
    find, looks, late = first.chat.find, asyncio.Event(), asyncio.Event()

    async def slow(*args: Any, **named: Any) -> tuple[str, ...]:
        answer = await find(*args, **named)
        if not looks.is_set():
            looks.set()
            await late.wait()
        return answer

    monkeypatch.setattr(first.chat, "find", slow)
    post, arrives = first.chat.post, asyncio.Event()

    async def posts(*args: Any, **named: Any) -> str:
        ts = await post(*args, **named)
        late.set()
        await arrives.wait()
        return ts

    looking = asyncio.create_task(first.poster.post("hello", CHANNEL, message))
    await looks.wait()
    monkeypatch.setattr(first.chat, "post", posts)
    posting = asyncio.create_task(second.poster.post("hello", CHANNEL, message))
    await late.wait()
    await looking
    arrives.set()
    assert await posting == first.chat.keyed("hello").ts
    assert await first.poster.post("hello", CHANNEL, message) == first.chat.keyed("hello").ts


async def test_stopped_while_its_proof_is_written(world: World, monkeypatch: pytest.MonkeyPatch):
    """Who comes first has it: a run that somebody ended has no step that is done, and the audit says one end."""
    request = await approved(world)
    await world.ring()
    world.speech.finish(US)
    done = world.sender.done

    async def crossed(*args: Any) -> bool:
        assert (await world.wish("stop", request, GRACE)).allowed
        return await done(*args)

    monkeypatch.setattr(world.sender, "done", crossed)
    for _ in range(3):
        await world.ring(after=10)
    now = world.request(request.id)
    assert (now.state, now.first.done) == (RequestState.FAILED, 0)
    assert "stopped watching" in world.chat.keyed(f"request:{request.id}:card").text
    assert not world.rows("SELECT id FROM audit WHERE action = 'proven'")


async def test_an_instance_that_went_locks_nothing(world: World):
    """Its model cannot be decided on any more; an approver of another one drops the rest, and everything is free."""
    cloud, gone = world.speech, FakeSpeech(clock=world.clock, latest=dict(world.speech.latest))
    world.rebuild(services={"stt": cloud, "eu": gone})
    for service, instance, names in ((cloud, "stt", "ab"), (gone, "eu", "c")):
        service.add(model("newer", instance=instance, versions=(OLD, NEW)))
        for name in names:
            service.add(model(name, instance=instance), Holdings(corpora=1, words=ord(name)))
    request = await world.asked("a", "b", "c")
    assert (await world.approve(request)).allowed
    await world.ring(after=4)
    for id in [one.id for one in cloud.kept.values() if one.status == "upgrading"]:
        cloud.finish(id, grow=False)
    for _ in range(3):
        await world.ring(after=120)
    assert world.request(request.id).state is RequestState.PAUSED
    world.rebuild(services={"stt": cloud})
    assert (await world.wish("resume", request, GRACE)).reason is Reason.NOT_AN_APPROVER
    assert (await world.wish("cancel", request, GRACE)).allowed
    assert states(world, request) == ["failed", "stopped", "stopped"]
    assert world.store.requests.holding("stt/language/id-b") is None


async def test_one_of_two_failures_is_tried_again(world: World):
    """Of a request that ended: it is sent again although the other failure stays."""
    request = await proposed(world, 2)
    assert (await world.approve(request)).allowed
    for _ in range(2):
        await world.ring(after=5)
        for id in [one.id for one in world.speech.kept.values() if one.status == "upgrading"]:
            world.speech.finish(id, grow=False)
        for _ in range(3):
            await world.ring(after=120)
        if world.request(request.id).state is RequestState.PAUSED:
            assert (await world.wish("resume", request, GRACE)).allowed
    now = world.request(request.id)
    assert (now.state, states(world, request)) == (RequestState.FAILED, ["failed", "failed"])
    begun = len(world.speech.begun)
    assert (await world.wish("retry", request, GRACE, now.runs[1].id)).allowed
    await world.ring(after=5)
    assert len(world.speech.begun) == begun + 1


async def test_a_card_names_what_is_still_meant(world: World):
    """One of three was deleted before anybody approved: neither the title nor the dialog counts it any more."""
    request = await proposed(world, 3)
    await world.ring(after=5)
    del world.speech.kept["id-m0"]
    await world.inventory.refresh()
    await world.noticer.ring()
    await world.ring(after=5)
    card = world.chat.keyed(f"request:{request.id}:card")
    assert card.text.startswith("*Approval needed: upgrade of 2 models*.")
    assert "Changed for good: m1 and m2." in card.text
    assert "Upgrade 2 models?" in str(card.message.blocks)
    assert "m0, m1" not in str(card.message.blocks)


async def test_a_reminder_that_slack_did_not_take(world: World):
    """Slack is busy from its hour on until the night: nobody is woken, and no later hour is day before it expires."""
    world.fleet()
    request = await world.asked()
    due = world.request(request.id).remind_at
    assert due is not None
    world.clock.at = due
    world.chat.fail["post"] = [ChatBusy("busy", retry_after=30)] * 400
    for _ in range(60):
        await world.ring(after=180)
    world.chat.fail["post"] = []
    for _ in range(220):
        await world.ring(after=225)
    assert not [said for said in world.chat.said if said.key.endswith(":remind")]
    assert world.request(request.id).state is RequestState.EXPIRED
