"""Rooms: nothing of the fleet goes into a channel that is shared with another organization."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.requests import RequestState
from bot.errors import ChannelShared, ChatBusy, ChatRefused, Refusal, ServiceUnavailable
from bot.messages.rooms import SHARED, UNKNOWN
from bot.ports import Room
from tests.world import CHANNEL, GRACE, World, model


def share(world: World, *, external: bool = True) -> None:
    """Slack says of the channel of cards that another organization is in it, or that none is."""
    world.chat.rooms[CHANNEL] = replace(world.chat.rooms[CHANNEL], external=external)


async def test_no_card_in_a_shared_channel(world: World, caplog: pytest.LogCaptureFixture):
    """However often it is tried: said once, asked once a minute. The request is kept; the card follows."""
    world.fleet()
    share(world)
    request = await world.asked()
    for _ in range(100):
        await world.ring(after=3)
    assert world.chat.said == []
    assert world.chat.calls.count("room") <= 6
    assert caplog.text.count("is shared with another organization, which would read") == 1
    assert "set RETUNE_SHARED_CHANNEL=yes" in caplog.text
    assert "does not show" not in caplog.text
    share(world, external=False)
    for _ in range(4):
        await world.ring(after=30)
    assert "Approve" in world.chat.keyed(f"request:{request.id}:card").buttons[0]
    assert caplog.text.count("is no longer shared with another organization") == 1


async def test_a_channel_that_gets_shared_meanwhile(world: World):
    """The upgrade goes on; card and thread stand still, and show the newest state once nobody else reads there."""
    world.fleet()
    request = await world.approved()
    await world.ring()
    share(world)
    await world.ring(after=61)
    before = [(said.key, said.text) for said in world.chat.said]
    world.speech.finish("id-call-center-us")
    for _ in range(20):
        await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    assert [(said.key, said.text) for said in world.chat.said] == before
    share(world, external=False)
    for _ in range(5):
        await world.ring(after=30)
    assert "done" in world.chat.keyed(f"request:{request.id}:card").text.casefold()
    assert world.chat.keyed(f"request:{request.id}:end").thread == world.chat.keyed(f"request:{request.id}:card").ts


async def test_the_operator_wants_it_so(world: World):
    """Everything is posted, and Slack is not even asked."""
    world.rebuild(shared_channel=True)
    world.fleet()
    share(world)
    request = await world.asked()
    assert world.chat.keyed(f"request:{request.id}:card")
    assert "room" not in world.chat.calls
    assert await world.rooms.why_private(CHANNEL) is None


async def test_slack_does_not_say_now(world: World):
    """Nothing is posted until it can be asked, and it is not asked by each message anew."""
    world.fleet()
    world.chat.fail["room"] = [ChatBusy("Slack cannot be reached.") for _ in range(3)]
    await world.asked("call-center-us")
    for _ in range(5):
        await world.ring(after=1)
    assert (world.chat.said, world.chat.calls.count("room")) == ([], 2)
    for _ in range(10):
        await world.ring(after=3)
    assert [said.key for said in world.chat.said] == ["request:1:card"]


async def test_slack_will_not_say(world: World):
    """The app lacks the scope, say: nothing is posted on the chance that the channel is ours alone."""
    world.fleet()
    world.chat.fail["room"] = [ChatRefused("missing_scope", code="missing_scope") for _ in range(100)]
    await world.asked()
    await world.ring(after=60)
    assert world.chat.said == []
    assert await world.rooms.why_private(CHANNEL) == UNKNOWN
    assert not await world.rooms.withholds(CHANNEL)


async def test_a_channel_that_slack_does_not_show(world: World):
    """A post meets Slack's own refusal, which says what to do; an answer stays private."""
    world.fleet()
    del world.chat.rooms[CHANNEL]
    await world.asked()
    assert len(world.chat.said) == 1
    assert await world.rooms.why_private(CHANNEL) == UNKNOWN


async def test_announcements(world: World, caplog: pytest.LogCaptureFixture):
    """Neither announcement nor living card nor chart; whoever asks for one is told; all of it comes later."""
    world.fleet()
    await world.announce()
    share(world)
    await world.announce(after=86400)
    await world.ring(after=61)
    with pytest.raises(ChannelShared, match="RETUNE_SHARED_CHANNEL=yes"):
        await world.announcer.announce_now("asked")
    assert (world.chat.said, world.files.uploaded) == ([], [])
    assert caplog.text.count("shared with another organization") == 1
    share(world, external=False)
    await world.announce(after=61)
    await world.ring(after=61)
    assert {said.key.split(":")[0] for said in world.chat.said} == {"announcement", "living"}


async def test_the_living_card_and_the_chart(world: World):
    """They are not brought up to date in a channel that got shared."""
    world.fleet()
    await world.announce()
    await world.announcer.announce_now("first")
    await world.ring(after=61)
    card = world.chat.keyed(f"living:{CHANNEL}")
    share(world)
    world.speech.add(model("new-one"))
    await world.ring(after=960)
    await world.ring(after=61)
    assert card.edits == 0
    with pytest.raises(ChannelShared):
        await world.charter.post(CHANNEL)
    assert not await world.charter.accompany(CHANNEL)
    assert world.files.uploaded == []
    await world.charter.post(GRACE)
    assert [sent.channel for sent in world.files.uploaded] == [GRACE]


async def test_changes_elsewhere(world: World):
    """They are said once the channel is ours alone again."""
    world.fleet()
    await world.ring()
    share(world)
    world.speech.fail["models"] = [ServiceUnavailable("down", instance="stt") for _ in range(8)]
    for _ in range(4):
        await world.ring(after=900)
    assert world.chat.said == []
    share(world, external=False)
    for _ in range(4):
        await world.ring(after=150)
    assert {said.key.split(":")[0] for said in world.chat.said} == {"changes"}


async def test_many_ask_at_once(world: World):
    """Slack hears one question a minute about a channel; after that what counts is what it says then."""
    share(world)
    told = await asyncio.gather(*(world.rooms.withholds(CHANNEL) for _ in range(50)))
    assert (set(told), world.chat.calls.count("room")) == ({True}, 1)
    share(world, external=False)
    world.clock.advance(30)
    assert await world.rooms.withholds(CHANNEL)
    world.clock.advance(31)
    assert not await world.rooms.withholds(CHANNEL)
    world.clock.advance(-3600)
    share(world)
    assert await world.rooms.withholds(CHANNEL)


async def test_a_public_answer_asks_each_time(world: World):
    """What one person wants everybody to see is rare enough; those who ask at once share the answer."""
    share(world, external=False)
    assert await world.rooms.why_private(CHANNEL) is None
    share(world)
    told = await asyncio.gather(*(world.rooms.why_private(CHANNEL) for _ in range(50)))
    assert (set(told), world.chat.calls.count("room")) == ({SHARED}, 2)


async def test_direct_messages(world: World):
    """Are with somebody who was judged: nobody is asked about them."""
    for place in ("D1", "U1", "W1"):
        await world.rooms.admit(place)
    assert world.chat.calls == []


@pytest.mark.parametrize("shared", [False, True])
async def test_announcements_cannot_move_there(world: World, *, shared: bool):
    """Unless the operator wants it so; the channel is looked at as it is at that moment."""
    world.rebuild(shared_channel=shared)
    assert await world.rooms.why_private("CNEW") == (None if shared else UNKNOWN)
    world.chat.rooms["CNEW"] = Room("CNEW", "new", member=True, external=True)
    if shared:
        assert (await world.timetable.set_channel("CNEW", GRACE)).channel == "CNEW"
        return
    with pytest.raises(Refusal, match="RETUNE_SHARED_CHANNEL=yes"):
        await world.timetable.set_channel("CNEW", GRACE)
    world.chat.rooms["CNEW"] = Room("CNEW", "new", member=True)
    assert (await world.timetable.set_channel("CNEW", GRACE)).channel == "CNEW"
