"""Hand-written stand-ins behind `bot.ports`; `tests/contract` holds them to what the real adapters do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.authority import Person
from bot.domain.fleet import Holdings, Kind, Listed, Model, Unreadable
from bot.domain.history import Series
from bot.domain.plans import Action
from bot.errors import MessageGone, ModelBusy, ModelGone, RecordUnreadable, RequestRefused, RetuneError
from bot.ports import Message, Newer, Place, Receipt, Room, plainly

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class FrozenClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now
        self.set_by = 0.0

    def now(self) -> datetime:
        return self.at

    def steady(self) -> float:
        return self.at.timestamp() - self.set_by

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def set(self, seconds: float) -> None:
        """Somebody sets the clock; no time passes."""
        self.at += timedelta(seconds=seconds)
        self.set_by += seconds


@dataclass
class Said:
    """One message in the fake workspace."""

    channel: str
    ts: str
    thread: str | None
    key: str
    message: Message
    edits: int = 0

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def buttons(self) -> list[str]:
        return [
            element["text"]["text"]
            for block in self.message.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        ]


class FakeChat:
    """`Chat`, `Windows` and `People` in memory. Faults in `fail` are raised once each, by method name."""

    def __init__(self, clock: FrozenClock) -> None:
        self.clock = clock
        self.said: list[Said] = []
        self.whispers: list[tuple[Place, Message]] = []
        self.views: dict[str, Mapping[str, Any]] = {}
        self.homes: dict[str, Mapping[str, Any]] = {}
        self.people: dict[str, Person] = {}
        self.fail: dict[str, list[RetuneError]] = {}
        self.lose_answers = 0
        self.posts = 0
        self.calls: list[str] = []
        self.responses: list[tuple[str, Message]] = []
        self.unsure = False
        """Whether nobody knows yet which newer blocks Slack takes."""
        self.received: list[tuple[str, str]] = []
        self.pinned: list[tuple[str, str]] = []
        self.rooms: dict[str, Room] = {}

    def _call(self, method: str) -> None:
        self.calls.append(method)
        if self.fail.get(method):
            raise self.fail[method].pop(0)

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        self._call("post")
        if thread is not None and not self._has_thread(thread):
            raise MessageGone("gone", code="thread_not_found")
        self.posts += 1
        ts = f"{self.clock.at.timestamp():.0f}.{self.posts:06d}"
        self.said.append(Said(channel, ts, thread, key, message))
        if self.lose_answers:
            self.lose_answers -= 1
            from bot.errors import ChatOutcomeUnknown

            raise ChatOutcomeUnknown("lost")
        return ts

    async def edit(self, channel: str, ts: str, message: Message, *, key: str) -> None:
        self._call("edit")
        said = self.at(channel, ts)
        if said is None:
            raise MessageGone("gone")
        said.message = message
        said.edits += 1

    async def shows(self, channel: str, ts: str, *, thread: str | None) -> str | None:
        self._call("shows")
        said = self.at(channel, ts)
        return None if said is None else said.message.digest

    async def find(self, channel: str, key: str, *, thread: str | None, since: datetime) -> tuple[str, ...]:
        self._call("find")
        if thread is not None and not self._has_thread(thread):
            raise MessageGone("gone", code="thread_not_found")
        found = [s for s in self.said if (s.channel, s.key, s.thread) == (channel, key, thread)]
        return tuple(s.ts for s in found if float(s.ts) >= since.timestamp())

    async def delete(self, channel: str, ts: str) -> None:
        self._call("delete")
        self.said = [s for s in self.said if (s.channel, s.ts) != (channel, ts)]

    def _has_thread(self, ts: str) -> bool:
        """A parent that was deleted leaves a tombstone while it has replies."""
        return any(ts in (said.ts, said.thread) for said in self.said)

    def at(self, channel: str, ts: str) -> Said | None:
        """The message at that place."""
        return next((s for s in self.said if (s.channel, s.ts) == (channel, ts)), None)

    async def whisper(self, place: Place, message: Message) -> None:
        self._call("whisper")
        self.whispers.append((place, message))

    async def respond(self, url: str, message: Message) -> None:
        self._call("respond")
        self.responses.append((url, message))

    def acknowledging(self, message: Message) -> Message | None:
        return None if self.unsure and any(isinstance(block, Newer) for block in message.blocks) else message

    def answering(self, view: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**view, "blocks": list(plainly(view["blocks"]))} if self.unsure else view

    async def open(self, trigger: str, view: Mapping[str, Any]) -> str:
        self._call("open")
        view_id = f"V{len(self.views)}"
        self.views[view_id] = view
        return view_id

    async def update(self, view_id: str, view: Mapping[str, Any]) -> None:
        self._call("update")
        self.views[view_id] = view

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        self._call("publish_home")
        self.homes[user] = view

    async def person(self, user: str) -> Person:
        self._call("person")
        return replace(self.people.get(user) or Person(user, user.title(), "T1"), groups=frozenset())

    async def members(self, group: str) -> frozenset[str]:
        self._call("members")
        if not group.startswith("S") and not ((room := self.rooms.get(group)) and room.closed):
            return frozenset()
        return frozenset(person.id for person in self.people.values() if group in person.groups)

    async def pin(self, channel: str, ts: str) -> None:
        self._call("pin")
        if (channel, ts) not in self.pinned:
            self.pinned.append((channel, ts))

    async def link(self, channel: str, ts: str) -> str:
        self._call("link")
        return f"https://acme.slack.com/archives/{channel}/p{ts.replace('.', '')}"

    async def room(self, channel: str) -> Room | None:
        self._call("room")
        return self.rooms.get(channel)

    async def name(self, id: str) -> str:
        self._call("name")
        return self.people[id].name if id in self.people else id

    async def receive(self, channel: str, ts: str) -> None:
        self._call("receive")
        self.received.append((channel, ts))

    def keyed(self, key: str) -> Said:
        """The one message with that key."""
        found = [s for s in self.said if s.key == key]
        assert len(found) == 1, f"{key}: {len(found)} messages"
        return found[0]


@dataclass(frozen=True)
class Uploaded:
    """One file in the fake workspace."""

    channel: str
    name: str
    content: bytes
    title: str
    alt_text: str
    thread: str | None


class FakeFiles:
    """`Files` in memory. Faults in `fail` are raised once each."""

    def __init__(self) -> None:
        self.uploaded: list[Uploaded] = []
        self.fail: list[RetuneError] = []

    async def upload(
        self, channel: str, name: str, content: bytes, *, title: str, alt_text: str = "", thread: str | None = None
    ) -> None:
        if self.fail:
            raise self.fail.pop(0)
        self.uploaded.append(Uploaded(channel, name, content, title, alt_text, thread))


class FakeCharts:
    """`Charts`: nothing is drawn, what was asked for is kept."""

    def __init__(self) -> None:
        self.drawn: list[Series] = []

    async def fleet(self, series: Series) -> bytes:
        self.drawn.append(series)
        return b"PNG"


@dataclass
class FakeSpeech:
    """`SpeechService` in memory: an upgrade begins at once and ends when `finish` is called."""

    name: str = "stt"
    clock: FrozenClock = field(default_factory=FrozenClock)
    latest: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Model] = field(default_factory=dict)
    held: dict[str, Holdings] = field(default_factory=dict)
    served: set[str] | None = None
    fail: dict[str, list[RetuneError]] = field(default_factory=dict)
    begun: list[tuple[str, str, bool]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    lose_answers: int = 0
    warned: dict[str, tuple[str, ...]] = field(default_factory=dict)
    odd: set[str] = field(default_factory=set)
    """The ids of models whose records make no sense."""
    record: int = 0
    """Bytes of one record, where lists say how large they are."""

    def _call(self, method: str) -> None:
        self.calls.append(method)
        if self.fail.get(method):
            raise self.fail[method].pop(0)

    def add(self, model: Model, holdings: Holdings | None = None) -> Model:
        self.kept[model.id] = model
        self.held[model.id] = holdings or Holdings(corpora=1, words=3)
        return model

    async def models(self, kind: Kind) -> Listed[Model]:
        self._call("models")
        of_kind = [model for model in self.kept.values() if model.kind == kind]
        odd = [Unreadable(f"{kind} model", model.id, "makes no sense") for model in of_kind if model.id in self.odd]
        sound = tuple(model for model in of_kind if model.id not in self.odd)
        return Listed(sound, tuple(odd), self.record * len(of_kind))

    async def model(self, kind: Kind, id: str) -> Model:
        self._call("model")
        if id not in self.kept:
            gone = ModelGone("gone", instance=self.name, status=401)
            gone.listed = frozenset(model.id for model in self.kept.values() if model.kind == kind)
            raise gone
        if id in self.odd:
            raise RecordUnreadable("makes no sense", instance=self.name)
        return self.kept[id]

    async def bases(self) -> Listed[str]:
        self._call("bases")
        return Listed(tuple(self.served if self.served is not None else {m.base for m in self.kept.values()}))

    async def holdings(self, model: Model) -> Holdings:
        self._call("holdings")
        return self.held[model.id]

    async def begin(
        self,
        action: Action,
        kind: Kind,
        id: str,
        *,
        language_id: str | None = None,
        force: bool = False,
        lenient: bool = False,
    ) -> Receipt:
        self._call("begin")
        model = self.kept[id]
        if model.status in ("upgrading", "training"):
            raise ModelBusy("busy", instance=self.name, status=409)
        if model.status not in ("ready", "available"):
            raise RequestRefused("refused", instance=self.name, status=400)
        self.begun.append((action.value, id, force))
        training = action in (Action.TRAIN, Action.FORCE_TRAIN)
        self.before[id] = "available" if training else model.status
        self.kept[id] = replace(model, status="training" if training else "upgrading")
        if self.lose_answers:
            self.lose_answers -= 1
            from bot.errors import OutcomeUnknown

            raise OutcomeUnknown("lost", instance=self.name)
        return Receipt("tx-1")

    async def warnings(self, model: Model) -> tuple[str, ...]:
        self._call("warnings")
        return self.warned.get(model.id, ())

    async def create(self, kind: Kind, name: str, base: str) -> str:
        self._call("create")
        id = f"made-{len(self.kept)}"
        newest = self.latest.get(base)
        like = next(model for model in self.kept.values() if model.base == base)
        self.kept[id] = replace(
            like, id=id, name=name, kind=kind, status="pending", versions=(newest,) if newest else None
        )
        return id

    async def delete(self, kind: Kind, id: str) -> None:
        self._call("delete")
        del self.kept[id]

    def finish(self, id: str, *, status: str | None = None, grow: bool = True) -> None:
        """Ends what was begun, as the service would."""
        model = self.kept[id]
        versions = model.versions or ()
        newest = self.latest.get(model.base)
        if grow and newest is not None and newest not in versions:
            versions = (*versions, newest)
        self.kept[id] = replace(model, status=status or self.before[id], versions=versions, updated=self.clock.now())
