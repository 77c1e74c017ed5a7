"""Trouble with Slack, kind by kind, for each kind of message: in the end Slack shows the truth, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.errors import ChannelClosed, ChatOutcomeUnknown, MessageGone
from bot.flows.living import living_key
from bot.ports import Message
from tests.fakes import FakeChat, FrozenClock, Said
from tests.flows.test_snoozes import snoozed
from tests.world import ADA, CHANNEL, NEW, World, model

CARD, PROGRESS, END = "request:1:card", "request:1:progress", "request:1:end"
LIVING, ANNOUNCED = living_key(CHANNEL), "announcement"
KEYS = (CARD, PROGRESS, END, ANNOUNCED, LIVING)


class Moody(FakeChat):
    """A chat that does to the next call about a key what it was told to."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock)
        self.lost: set[tuple[str, str]] = set()
        """Methods and keys whose next answer is lost, though it is done."""
        self.late: set[tuple[str, str]] = set()
        """Those whose next call is done only when it arrives."""
        self.waiting: list[Callable[[], None]] = []
        self.closed: ChannelClosed | None = None
        self.strays = False
        """A reply without a thread lands in the channel."""

    def _struck(self, which: set[tuple[str, str]], method: str, key: str) -> bool:
        found = next((one for one in which if one[0] == method and key.startswith(one[1])), None)
        which.discard(found or ("", ""))
        return found is not None

    def arrive(self) -> None:
        """What was late arrives."""
        for work in self.waiting:
            work()
        self.waiting.clear()

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        if self.closed is not None and channel == CHANNEL:
            self.calls.append("post")
            raise self.closed
        if self.strays and thread is not None and not self._has_thread(thread):
            ts = await super().post(channel, message, key=key)
            raise MessageGone("outside", stray=ts)
        if self._struck(self.late, "post", key):
            self.waiting.append(lambda: self._put(channel, message, key, thread))
            raise ChatOutcomeUnknown("lost")
        ts = await super().post(channel, message, key=key, thread=thread)
        if self._struck(self.lost, "post", key):
            raise ChatOutcomeUnknown("lost")
        return ts

    def _put(self, channel: str, message: Message, key: str, thread: str | None) -> None:
        self.posts += 1
        ts = f"{self.clock.at.timestamp():.0f}.{self.posts:06d}"
        self.said.append(Said(channel, ts, thread, key, message))

    async def edit(self, channel: str, ts: str, message: Message, *, key: str) -> None:
        if self.closed is not None and channel == CHANNEL:
            self.calls.append("edit")
            raise self.closed
        if self._struck(self.late, "edit", key):
            self.waiting.append(lambda: self._put_over(channel, ts, message))
            raise ChatOutcomeUnknown("lost")
        await super().edit(channel, ts, message, key=key)
        if self._struck(self.lost, "edit", key):
            raise ChatOutcomeUnknown("lost")

    def _put_over(self, channel: str, ts: str, message: Message) -> None:
        if said := self.at(channel, ts):
            said.message = message

    def remove(self, key: str, *, replies: bool = False) -> None:
        """Somebody deletes it; retention takes the replies too."""
        gone = [said.ts for said in self.said if said.key.startswith(key)]
        self.said = [s for s in self.said if s.ts not in gone and not (replies and s.thread in gone)]

    def keyed(self, key: str) -> Said:
        """The one message whose key begins so; what goes on in a thread is left out."""
        found = [said for said in self.said if said.key.startswith(key) and ":more:" not in said.key]
        assert len(found) == 1, f"{key}: {[said.text for said in found]}"
        return found[0]


def moody(world: World) -> Moody:
    """The world with a chat that has moods."""
    chat = Moody(world.clock)
    chat.people, chat.rooms = world.chat.people, world.chat.rooms
    world.chat = chat
    world.rebuild()
    return chat


async def rings(world: World, count: int, each: float = 5) -> None:
    for _ in range(count):
        await world.ring(after=each)
        await world.announce()


async def story(world: World, between: Callable[[str], None], *, pause: int = 6) -> None:
    """An announcement, a request, its approval, the upgrade, the end; *between* is told before each part."""
    world.speech.add(model("call-center-us"))
    world.speech.add(model("newer", versions=("x", NEW)))
    between("announcement")
    while not await world.announcer.announce_now("said"):
        await rings(world, 1)
    await rings(world, pause)
    between("card")
    request = await world.asked()
    await rings(world, pause)
    between("approval")
    assert (await world.approve(request)).allowed
    await rings(world, pause, each=21)
    between("end")
    world.speech.finish("id-call-center-us")
    await rings(world, pause, each=61)
    between("after")
    await rings(world, pause * 2, each=61)


def told(world: World, chat: Moody) -> None:
    """Every message is there once, shows the end, and hangs where people look."""
    card = chat.keyed(CARD)
    assert card.text.startswith("Upgrade done")
    assert card.buttons == []
    for key in (PROGRESS, END):
        assert chat.keyed(key).thread == card.ts
    assert "Done" in chat.keyed(PROGRESS).text
    assert "*done*" in chat.keyed(END).text
    assert chat.keyed(ANNOUNCED).thread is None
    assert chat.keyed(LIVING).text == "Now: All 2 models are on the newest known version."
    assert world.store.requests.untold() == []
    assert not world.teller.due(world.store)
    assert not world.rows("SELECT key FROM messages WHERE doubt_at IS NOT NULL OR twin_at IS NOT NULL OR ts IS NULL")


async def test_no_trouble(world: World):
    """A healthy run looks nothing up and deletes nothing."""
    chat = moody(world)
    await story(world, lambda part: None)
    told(world, chat)
    assert not {"find", "shows", "delete"} & set(chat.calls)
    assert chat.calls.count("post") == 6


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("method", ["post", "edit"])
async def test_a_lost_answer(world: World, key: str, method: str):
    """It was done and nobody heard: it is found, or read back, and nothing is there twice."""
    chat = moody(world)
    chat.lost = {(method, key)}
    await story(world, lambda part: None)
    told(world, chat)
    assert "delete" not in chat.calls


@pytest.mark.parametrize("key", KEYS)
async def test_a_post_that_arrives_after_we_looked(world: World, key: str):
    """It was posted again meanwhile: the late one goes, the one that was edited since stays."""
    chat = moody(world)
    chat.late = {("post", key)}
    arrived: list[int] = []

    def between(part: str) -> None:
        if chat.waiting and any(said.key.startswith(key) for said in chat.said):
            chat.arrive()
            arrived.append(len(chat.said))

    await story(world, between)
    assert arrived
    told(world, chat)
    assert chat.calls.count("delete") == 1


@pytest.mark.parametrize("key", [CARD, PROGRESS, LIVING])
@pytest.mark.parametrize("late", [1, 2, 4, 9, 40])
async def test_an_edit_that_overtakes_a_newer_one(world: World, key: str, late: int):
    """It arrives some time later, over what was sent after it: that is noticed, and what is true is sent again."""
    chat = moody(world)
    chat.late = {("edit", key)}
    world.speech.add(model("call-center-us"))
    world.speech.add(model("newer", versions=("x", NEW)))
    await world.announcer.announce_now("said")
    await rings(world, 4, each=21)
    request = await world.asked()
    await world.approve(request)
    await rings(world, 2)
    world.speech.finish("id-call-center-us")
    for _ in range(60):
        await rings(world, 1)
        if chat.waiting:
            break
    assert chat.waiting
    await rings(world, late)
    chat.arrive()
    await rings(world, 70, each=11)
    told(world, chat)


async def test_a_crash_between_an_edit_and_its_answer(world: World):
    """Nobody wanted it edited again after the start: that nobody knows what it shows is reason enough to look."""
    chat = moody(world)
    world.fleet()
    request = await world.asked()
    await rings(world, 3)
    posted = world.store.messages.get(CARD)
    assert posted is not None
    world.store.messages.begin_edit(posted, world.clock.now())
    chat.keyed(CARD).message = Message("nonsense")
    world.start()
    assert world.store.requests.untold() == []
    await rings(world, 30)
    assert chat.keyed(CARD).text.startswith("Approval needed")
    assert world.request(request.id).state == "open"


async def test_what_never_agrees(world: World):
    """Slack goes on to show something else, whatever is sent: it is edited ever more rarely, and nothing else waits."""
    chat = moody(world)
    world.fleet()
    chat.lost = {("edit", CARD)}
    await world.approved()

    async def other(channel: str, ts: str, *, thread: str | None) -> str | None:
        chat.calls.append("shows")
        return "other"

    chat.shows = other  # type: ignore[method-assign]  # it shows what it likes
    await rings(world, 3)
    world.speech.finish("id-call-center-us")
    chat.calls.clear()
    await rings(world, 720)
    assert "*done*" in chat.keyed(END).text
    assert chat.calls.count("shows") < 30
    assert chat.calls.count("edit") < 40


@pytest.mark.parametrize("part", ["card", "approval", "end"])
@pytest.mark.parametrize("key", [CARD, PROGRESS, LIVING])
async def test_a_message_that_somebody_deleted(world: World, key: str, part: str):
    """It is posted again when there is something new to show; card and progress say that they go on from one before."""
    chat = moody(world)

    def between(now: str) -> None:
        if now == part:
            chat.remove(key)

    await story(world, between)
    if part == "card" or (part == "approval" and key == PROGRESS):
        assert not chat.keyed(key).text.count("Continued")
    elif key != LIVING:
        assert "Continued: the message before this one is gone." in chat.keyed(key).text
        assert "Continued" in str(chat.keyed(key).message.blocks)
    if key == CARD and part == "end":  # the progress message stays in the old thread, which lives on
        assert chat.keyed(END).thread == chat.keyed(CARD).ts
        return
    told(world, chat)


@pytest.mark.parametrize("strays", [False, True])
async def test_a_thread_that_is_gone(world: World, strays: bool, caplog: pytest.LogCaptureFixture):
    """Slack refuses the reply, or puts it into the channel: the card comes anew, then the reply; none is astray."""
    chat = moody(world)
    chat.strays = strays

    def between(part: str) -> None:
        if part == "end":
            chat.remove(CARD, replies=True)

    await story(world, between)
    told(world, chat)
    assert "Continued" in chat.keyed(CARD).text
    assert caplog.text.count(f"{CARD} is gone") == 1


@pytest.mark.parametrize("strays", [False, True])
async def test_a_reminder_to_a_thread_that_is_gone(world: World, strays: bool):
    """Nothing on the card changed: the reply is what notices it."""
    chat = moody(world)
    chat.strays = strays
    world.fleet()
    request = await world.asked()
    await rings(world, 3)
    chat.remove(CARD)
    due = world.request(request.id).remind_at
    assert due is not None
    world.clock.at = due
    await rings(world, 12)
    card = chat.keyed(CARD)
    assert "Approve" in card.buttons[0]
    assert "Continued" in card.text
    assert chat.keyed("request:1:remind").thread == card.ts
    assert [said.key for said in chat.said if said.thread is None and said.key.startswith("request")] == [CARD]


async def test_a_stray_that_cannot_be_deleted_at_once(world: World):
    """It is deleted before the reply is posted again."""
    chat = moody(world)
    chat.strays = True

    def between(part: str) -> None:
        if part == "end":
            chat.remove(CARD, replies=True)
            chat.fail["delete"] = [ChatOutcomeUnknown("lost")] * 2

    # Only the reply finds out: the card shows what it should.
    await story(world, between, pause=9)
    told(world, chat)


def archived() -> ChannelClosed:
    return ChannelClosed("Slack refuses: is_archived, take it out of the archive.", code="is_archived")


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "channel_not_found"])
async def test_a_channel_that_is_closed(world: World, code: str, caplog: pytest.LogCaptureFixture):
    """Said once in the log and once to the requester, who gets the end too; when it is back, everything follows."""
    chat = moody(world)

    def between(part: str) -> None:
        if part == "approval":
            chat.closed = ChannelClosed(f"Slack refuses: {code}.", code=code)
        elif part == "after":
            assert [said.key for said in chat.said if said.channel == ADA] == [
                "request:1:direct",
                "request:1:direct:end",
            ]
            chat.closed = None

    await story(world, between)
    told(world, chat)
    assert caplog.text.count("nothing can be posted in CSPEECH") == 1
    assert caplog.text.count("CSPEECH takes messages again") == 1
    why, end = (said for said in chat.said if said.channel == ADA)
    assert f"<#{CHANNEL}> is archived" in why.text or "/invite @retune" in why.text
    assert "`/stt-runs 1` shows it" in why.text
    assert "*done*" in end.text


async def test_a_closed_channel_is_tried_rarely(world: World):
    """One message in half a minute finds out whether it is back."""
    chat = moody(world)
    world.fleet()
    chat.closed = archived()
    await world.asked()
    chat.calls.clear()
    await rings(world, 600, each=1)
    assert 10 <= chat.calls.count("post") <= 21
    assert [said.key for said in chat.said] == ["request:1:direct"]


async def test_several_of_one_requester(world: World):
    """Each request is said once, whatever else there is."""
    chat = moody(world)
    world.fleet()
    world.speech.add(model("other"))
    chat.closed = archived()
    await world.asked()
    await world.asked("other")
    await rings(world, 50)
    world.start()
    await rings(world, 50)
    assert sorted(said.key for said in chat.said) == ["request:1:direct", "request:2:direct"]


@pytest.mark.parametrize("strays", [False, True])
async def test_the_end_of_a_snooze_whose_thread_is_gone(world: World, strays: bool):
    """The announcement was deleted: it is said in the channel, once."""
    chat = moody(world)
    chat.strays = strays
    world.fleet()
    made = await snoozed(world)
    await world.announcer.announce_now("said")
    chat.remove(ANNOUNCED)
    await rings(world, 5, each=86400)
    assert chat.keyed(f"snooze:{made.id}:over").thread is None
