"""What Slack is asked to show of runs: how often, what when it makes us wait, and that the end is the truth."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.domain.fleet import Holdings
from bot.domain.holds import Holds
from bot.domain.plans import Estimate
from bot.domain.requests import Request, RequestState
from bot.errors import ChatBusy, ChatRefused, RequestRefused
from bot.flows.planning import estimate_step
from bot.flows.rests import PACE
from bot.messages.card import Seen
from bot.ports import Message
from bot.store import Store
from tests.fakes import FakeChat, FrozenClock
from tests.world import ADA, GRACE, NEW, OLD, World, model


class Watched(FakeChat):
    """Remembers when what was shown: (when, method, key, text)."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock)
        self.log: list[tuple[datetime, str, str, str]] = []

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        ts = await super().post(channel, message, key=key, thread=thread)
        self.log.append((self.clock.at, "post", key, message.text))
        return ts

    async def edit(self, channel: str, ts: str, message: Message, *, key: str) -> None:
        await super().edit(channel, ts, message, key=key)
        key = next(said.key for said in self.said if said.ts == ts)
        self.log.append((self.clock.at, "edit", key, message.text))

    def edits(self, key: str) -> list[datetime]:
        return [at for at, method, which, _ in self.log if (method, which) == ("edit", key)]


class Strict(Watched):
    """Slack's limits as it states them: a post a second and channel, edits by method, and a wait when it is more."""

    EDITS_A_MINUTE = 50

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock)
        self.refused: Counter[str] = Counter()
        self.sent: dict[str, list[datetime]] = {}

    def _limit(self, what: str, most: int, within: timedelta) -> None:
        now = self.clock.at
        sent = self.sent[what] = [at for at in self.sent.get(what, []) if now - at < within]
        if len(sent) >= most:
            self.refused[what] += 1
            wait = max(1.0, (sent[0] + within - now).total_seconds())
            raise ChatBusy("Slack asks to wait.", retry_after=wait)
        sent.append(now)

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        self._limit(channel, 1, timedelta(seconds=1))
        return await super().post(channel, message, key=key, thread=thread)

    async def edit(self, channel: str, ts: str, message: Message, *, key: str) -> None:
        self._limit("edit", self.EDITS_A_MINUTE, timedelta(minutes=1))
        await super().edit(channel, ts, message, key=key)


def watched(world: World, chat: type[Watched] = Watched) -> Watched:
    """The world with a chat that remembers."""
    found = chat(world.clock)
    found.people = world.chat.people
    world.chat = found
    world.rebuild()
    return found


async def running(world: World, count: int = 1, *, kind: str = "language") -> list[int]:
    """That many upgrades that the service works on, one after the other asked for."""
    world.speech.add(model("sibling", kind=kind, versions=(OLD, NEW)))
    world.rebuild(parallel=count)
    ids = []
    for number in range(count):
        name = f"m{number:02}"
        held = Holdings(corpora=1, words=9) if kind == "language" else Holdings(recordings=9, audio_minutes=180)
        ref = world.speech.add(model(name, kind=kind), held).ref
        if kind == "acoustic":
            await world.inventory.refresh()
            await world.requests.link(ref, None, ADA)
        request = await world.asked(name)
        await world.approve(request, GRACE)
        await world.ring(after=1)
        ids.append(request.id)
    for _ in range(4):
        await world.ring(after=10)
    assert len(world.store.requests.in_state(RequestState.RUNNING)) == count
    return ids


async def test_calls_for_one_run(world: World):
    """One card, one progress message, one end, each posted once; nothing is edited without a change, or too fast."""
    chat = watched(world)
    world.fleet()
    request = await world.asked()
    await world.approve(request, GRACE)
    for second in range(300):
        if second == 250:
            world.speech.finish("id-call-center-us")
        await world.ring(after=1)
    assert [key for _, method, key, _ in chat.log if method == "post"] == [
        f"request:{request.id}:{what}" for what in ("card", "progress", "end")
    ]
    for what, most in (("card", 5), ("progress", 20)):
        edits = chat.edits(f"request:{request.id}:{what}")
        assert len(edits) <= most
        assert all(later - early >= PACE for early, later in pairwise(edits))
        texts = [(key, text) for _, _, key, text in chat.log if key == f"request:{request.id}:{what}"]
        assert len(texts) == len(set(texts)), "edited without a change, or back and forth"
    assert set(chat.calls) == {"post", "edit", "person", "members", "room"}
    assert chat.calls.count("room") <= 6, "once a minute"
    assert world.store.requests.untold() == []
    assert not world.teller.due(world.store)


@pytest.mark.parametrize("kind", ["language", "acoustic"])
async def test_four_hours(world: World, kind: str):
    """Polled every 10 s or every minute for four hours: at most 60 edits, and the card stays still."""
    chat = watched(world)
    [request_id] = await running(world, kind=kind)
    for _ in range(12):
        await world.ring(after=10)
    card = len(chat.edits(f"request:{request_id}:card"))
    for _ in range(4 * 360):
        await world.ring(after=10)
    edits = chat.edits(f"request:{request_id}:progress")
    assert 40 < len(edits) <= 60
    assert len(chat.edits(f"request:{request_id}:card")) == card
    assert "over 4 hours so far" in chat.keyed(f"request:{request_id}:progress").text


async def test_the_newest_state_follows_a_rate_limit(world: World):
    """Slack asks one message to wait for 40 s: it waits so long, and is then sent once, as it is then."""
    chat = watched(world)
    [request_id] = await running(world)
    key = f"request:{request_id}:progress"
    chat.fail["edit"] = [ChatBusy("429", retry_after=40)]
    chat.calls.clear()
    await world.ring(after=20)
    assert chat.calls == ["room", "edit"]
    before = chat.edits(key)
    refused_at = world.clock.at
    for _ in range(39):
        await world.ring(after=1)
    assert chat.calls == ["room", "edit"], "nothing is sent before the time is over"
    await world.ring(after=1)
    [sent] = chat.edits(key)[len(before) :]
    assert sent - refused_at == timedelta(seconds=40)
    shows = int(chat.keyed(key).text.split(" seconds so far")[0].rsplit(" ", 1)[1])
    assert shows >= 90, "it shows what is true when it is sent"


async def test_the_end_does_not_wait_for_an_edit(world: World):
    """While the edit of the progress message has to wait, the end is posted: posts have a limit of their own."""
    chat = watched(world)
    [request_id] = await running(world)
    chat.fail["edit"] = [ChatBusy("429", retry_after=60)] * 3
    await world.ring(after=20)
    world.speech.finish("id-m00")
    await world.ring(after=10)
    assert "*done*" in chat.keyed(f"request:{request_id}:end").text
    assert "Done" not in chat.keyed(f"request:{request_id}:progress").text
    for _ in range(150):
        await world.ring(after=1)
    assert "Done" in chat.keyed(f"request:{request_id}:progress").text
    assert "done" in chat.keyed(f"request:{request_id}:card").text


async def test_one_limited_message_holds_back_no_other(world: World):
    """Slack limits one message: the other runs' messages go on at once."""
    chat = watched(world)
    ids = await running(world, 3)
    chat.fail["edit"] = [ChatBusy("429", retry_after=300)]
    chat.log.clear()
    await world.ring(after=20)
    edited = {key for _, method, key, _ in chat.log if method == "edit"}
    assert len(edited) == 2
    assert edited < {f"request:{request_id}:progress" for request_id in ids}


async def test_a_limited_method_is_left_alone(world: World):
    """Two different messages refused in a row mean that all edits are: nobody else knocks until the time is over."""
    chat = watched(world)
    await running(world, 12)
    chat.fail["edit"] = [ChatBusy("429", retry_after=30)] * 99
    chat.calls.clear()
    await world.ring(after=20)
    for _ in range(25):
        await world.ring(after=1)
    assert chat.calls.count("edit") <= 5
    knocked = chat.calls.count("edit")
    chat.fail["edit"] = []
    chat.log.clear()
    for _ in range(20):
        await world.ring(after=1)
    assert len({key for _, _, key, _ in chat.log}) == 12, "then each in its turn, one a second"
    assert max(Counter(at for at, *_ in chat.log).values()) == 1
    assert chat.calls.count("edit") - knocked <= 20


async def test_a_slow_answer_holds_back_no_other(world: World):
    """One edit hangs: the other runs are told, the service is asked on time, and rings do not pile up behind it."""
    chat = watched(world)
    ids = await running(world, 3)
    hangs = asyncio.Event()
    fast = chat.edit

    async def slow(channel: str, ts: str, message: Message, *, key: str) -> None:
        if ts == chat.keyed(f"request:{ids[0]}:progress").ts:
            chat.calls.append("hangs")
            await hangs.wait()
        await fast(channel, ts, message, key=key)

    chat.edit = slow  # type: ignore[method-assign]  # one slow message
    chat.log.clear()
    world.speech.calls.clear()
    for _ in range(30):
        world.clock.advance(1)
        await world.worker.ring()
        for _ in range(60):
            await asyncio.sleep(0)
    assert chat.calls.count("hangs") == 1
    assert world.speech.calls.count("models") == 3
    assert len(chat.edits(f"request:{ids[1]}:progress")) >= 2
    world.speech.finish("id-m00")
    hangs.set()
    await world.settle()
    for _ in range(20):
        await world.ring(after=1)
    assert "Done" in chat.keyed(f"request:{ids[0]}:progress").text


async def test_what_changes_during_a_slow_answer(world: World):
    """While the card is edited, somebody cancels: the thread is never told the state from before."""
    chat = watched(world)
    world.fleet()
    request = await world.asked()
    await world.approve(request, GRACE)
    await world.ring(after=5)
    fast = chat.edit
    card = chat.keyed(f"request:{request.id}:card").ts

    async def slow(channel: str, ts: str, message: Message, *, key: str) -> None:
        await fast(channel, ts, message, key=key)
        if ts == card:
            now = world.request(request.id)
            world.store.requests.cancel_later(now, now.first, GRACE, world.clock.now())
            chat.log.clear()

    chat.edit = slow  # type: ignore[method-assign]  # the card takes its time
    await world.ring(after=10)
    chat.edit = fast  # type: ignore[method-assign]  # as it was
    for _ in range(5):
        await world.ring(after=1)
    texts = [text for _, _, key, text in chat.log if key == f"request:{request.id}:progress"]
    assert texts
    assert all("stopped the rest" in text for text in texts)


async def test_a_lost_answer_of_an_edit(world: World):
    """Nobody knows if the edit arrived: it is sent again as things are then, and posts nothing twice."""
    chat = watched(world)
    [request_id] = await running(world)
    fast, lost = chat.edit, [True]

    async def losing(channel: str, ts: str, message: Message, *, key: str) -> None:
        await fast(channel, ts, message, key=key)
        if lost:
            lost.clear()
            raise ChatBusy("Slack's answer was lost.")

    chat.edit = losing  # type: ignore[method-assign]  # the first answer is lost
    await world.ring(after=20)
    assert lost == []
    world.speech.finish("id-m00")
    for _ in range(20):
        await world.ring(after=1)
    edits = chat.edits(f"request:{request_id}:progress")
    assert all(later - early >= PACE for early, later in pairwise(edits))
    assert "Done" in chat.keyed(f"request:{request_id}:progress").text
    assert len(chat.said) == len({said.key for said in chat.said}) == 3


async def test_a_refused_message_holds_back_no_other_of_its_run(world: World):
    """Slack refuses to edit the progress message: the end is posted all the same, and the refused one is retried."""
    chat = watched(world)
    [request_id] = await running(world)
    progress = chat.keyed(f"request:{request_id}:progress").ts
    fast = chat.edit
    tries: list[datetime] = []

    async def refusing(channel: str, ts: str, message: Message, *, key: str) -> None:
        if ts == progress and len(tries) < 3:
            tries.append(world.clock.at)
            raise ChatRefused("no", code="cant_update_message")
        await fast(channel, ts, message, key=key)

    chat.edit = refusing  # type: ignore[method-assign]  # one message
    await world.ring(after=20)
    world.speech.finish("id-m00")
    await world.ring(after=10)
    assert "*done*" in chat.keyed(f"request:{request_id}:end").text
    for _ in range(120):
        await world.ring(after=1)
    assert [round((b - a).total_seconds()) for a, b in pairwise(tries)] == [30, 30]
    assert "Done" in chat.keyed(f"request:{request_id}:progress").text


async def test_posts_wait_for_their_channel(world: World):
    """A limited channel gets no other post until the time is over, and then each of them once, one a second."""
    chat = watched(world)
    world.fleet()
    world.speech.add(model("second"))
    chat.fail["post"] = [ChatBusy("429", retry_after=20)]
    await world.asked()
    await world.asked("second")
    assert chat.calls.count("post") == 1
    await world.ring(after=19)
    assert chat.calls.count("post") == 1
    await world.ring(after=1)
    assert [said.key for said in chat.said] == ["request:1:card"]
    await world.ring(after=1)
    assert [said.key for said in chat.said] == ["request:1:card", "request:2:card"]


async def test_a_card_is_paced(tmp_path: Path):
    """The first vote shows at once; what follows within three seconds is shown together, as it is then."""
    world = World(tmp_path / "paced.db", needed=3)
    chat = watched(world)
    for user in ("UA", "UB", "UC"):
        chat.people[user] = replace(chat.people[GRACE], id=user)
    world.fleet()
    request = await world.asked()
    for user in ("UA", "UB", "UC"):
        await world.approve(request, user)
        world.clock.advance(0.5)
    key = f"request:{request.id}:card"
    assert len(chat.edits(key)) == 1
    assert "needs 2 approvals" in str(chat.keyed(key).message.blocks)
    for _ in range(8):
        await world.ring(after=0.5)
    assert len(chat.edits(key)) == 2
    assert "waits for approval" not in chat.keyed(key).text
    assert chat.edits(key)[1] - chat.edits(key)[0] >= PACE
    world.close()


async def test_a_clock_that_is_set_back_holds_no_message_up(world: World):
    """A lost answer is settled, an edit is made and a limit is over at once, not a day later."""
    day, poster = 86400, world.poster
    world.chat.lose_answers = 1
    assert await poster.post("lost", "C1", Message("once", ())) is None
    world.clock.advance(-day)
    assert await poster.look("lost") == await poster.post("lost", "C1", Message("once", ()))
    world.chat.lose_answers = 1
    assert await poster.post("again", "C1", Message("once", ())) is None
    world.clock.advance(-day)
    assert await poster.post("again", "C1", Message("once", ())) is not None
    for text in ("first", "second"):
        assert await poster.keep("card", "C1", Message(text, ())) is not None
    assert await poster.keep("card", "C1", Message("third", ())) is None
    world.clock.advance(-day)
    assert await poster.keep("card", "C1", Message("third", ())) is not None
    world.chat.fail["post"] = [ChatBusy("Slack asks to wait.", retry_after=60)]
    with pytest.raises(ChatBusy):
        await poster.post("limited", "C1", Message("limited", ()))
    assert await poster.post("limited", "C1", Message("limited", ())) is None
    world.clock.advance(-day)
    assert await poster.post("limited", "C1", Message("limited", ())) is not None
    assert sorted(said.key for said in world.chat.said) == ["again", "card", "limited", "lost"]


async def test_one_broken_run_stops_no_telling(world: World, monkeypatch: pytest.MonkeyPatch, caplog):
    """A bug in telling one request is logged, once a minute, and the others are told."""
    chat = watched(world)
    ids = await running(world, 2)
    seen = world.teller.seen

    def broken(store: Store, request: Request, holds: Holds) -> Seen:
        if request.id == ids[0]:
            raise ZeroDivisionError
        return seen(store, request, holds)

    monkeypatch.setattr(world.teller, "seen", broken)
    for name in ("id-m00", "id-m01"):
        world.speech.finish(name)
    for _ in range(30):
        await world.ring(after=1)
    assert "*done*" in chat.keyed(f"request:{ids[1]}:end").text
    assert caplog.text.count(f"request {ids[0]} cannot be told") == 1
    monkeypatch.undo()
    for _ in range(60):
        await world.ring(after=1)
    assert "*done*" in chat.keyed(f"request:{ids[0]}:end").text


async def test_fifty_runs_and_a_strict_slack(tmp_path: Path):
    """50 upgrades, Slack's own limits: few calls are refused, nothing piles up, and every thread ends truthful."""
    world = World(tmp_path / "many.db")
    chat = watched(world, Strict)
    assert isinstance(chat, Strict)
    ids = await running(world, 50)
    for second in range(420):
        if second == 180:
            for number in range(50):
                world.speech.finish(f"id-m{number:02}")
        await world.ring(after=1)
    assert world.store.requests.untold() == []
    assert not world.teller.due(world.store)
    for request_id in ids:
        assert world.request(request_id).state is RequestState.DONE
        for what, said in (("card", "done"), ("progress", "Done"), ("end", "*done*")):
            assert said in chat.keyed(f"request:{request_id}:{what}").text
    assert len(chat.said) == 150
    assert chat.refused.total() < len(chat.log) / 10
    over = [at for at, method, key, _ in chat.log if method == "post" and key.endswith(":end")]
    assert max(over) - min(over) < timedelta(seconds=120), "50 ends at one a second, and what Slack asked to wait"
    served = Counter(key for at, method, key, _ in chat.log if method == "edit" and key.endswith(":progress"))
    assert min(served.values()) > 1, "no request is starved by those before it"
    world.close()


async def test_estimates_come_from_our_own_steps(world: World):
    """The second upgrade of its kind is estimated by the first; another amount of data says so."""
    chat = watched(world)
    first = await running(world)
    assert "Estimate: usually minutes (IBM)" in str(chat.keyed(f"request:{first[0]}:progress").message.blocks)
    for _ in range(24):
        await world.ring(after=10)
    world.speech.finish("id-m00")
    for _ in range(3):
        await world.ring(after=10)
    world.speech.add(model("same"), Holdings(corpora=1, words=20))
    world.speech.add(model("larger"), Holdings(corpora=9, words=9000))
    expected = (
        ("same", "about 5 minutes", "like the last one of this kind and size"),
        ("larger", "up to about 5 minutes", "like the last 2 of this kind"),
    )
    for name, span, source in expected:
        request = await world.asked(name)
        assert request.first.plan.estimate is not None
        assert request.first.plan.estimate.source == source
        await world.approve(request, GRACE)
        await world.ring()
        for _ in range(3):
            await world.ring(after=10)
        text = chat.keyed(f"request:{request.id}:progress").text
        assert f"Estimate for this step: {span} ({source}); " in text
        assert "minutes left" in text
        world.speech.finish(f"id-{name}")
        for _ in range(30):
            await world.ring(after=10)


async def test_a_refused_step_is_no_experience(world: World):
    """A request that the service refused took no time at all; only what was proven is compared with."""
    base = "en-US"
    world.speech.latest[base] = f"{base}.v2026-06-01"
    world.speech.add(model(base=base, versions=(f"{base}.v2025-01-01",)))
    world.speech.add(model("peer", base=base, versions=(f"{base}.v2026-06-01",)))
    request = await world.asked()
    await world.approve(request, GRACE)
    world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
    await world.ring()
    for _ in range(3):
        await world.ring(after=10)
    world.speech.finish("id-call-center-us")
    await world.ring(after=10)
    assert world.request(request.id).state is RequestState.DONE
    refused, trained = request.first.plan.steps
    assert estimate_step(world.store, request.first.plan, refused) is None
    assert estimate_step(world.store, request.first.plan, trained) == Estimate(
        30, 30, "like the last one of this kind and size"
    )
