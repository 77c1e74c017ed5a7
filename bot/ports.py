"""Everything Retune needs from outside. One page: Slack, Speech to Text and the time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from bot.tally import Tally

if TYPE_CHECKING:  # only types of the domain are needed
    from bot.domain.authority import Person
    from bot.domain.fleet import Holdings, Kind, Listed, Model
    from bot.domain.history import Series
    from bot.domain.plans import Action
    from bot.domain.words import Word

Block = dict[str, Any]


class Newer(dict[str, Any]):
    """A block that some workspaces and clients lack; *plain* are blocks that say the same in its place."""

    def __init__(self, block: Mapping[str, Any], plain: Iterable[Block]) -> None:
        super().__init__(block)
        self.plain: tuple[Block, ...] = tuple(plain)


def plainly(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Blocks that every workspace takes: each newer one is replaced by its plain ones."""
    return tuple(part for block in blocks for part in (block.plain if isinstance(block, Newer) else (block,)))


@dataclass(frozen=True, slots=True)
class Message:
    """A Slack message: *text* is for notifications and screen readers, *blocks* is what is shown."""

    text: str
    blocks: tuple[Block, ...] = ()

    @property
    def digest(self) -> str:
        """Tells messages apart by what they show.

        It travels with each, so that Slack can be asked what it shows. It covers newer blocks and their plain ones, and
        is the same whichever are shown.
        """
        shown = [[block, block.plain] if isinstance(block, Newer) else block for block in self.blocks]
        return hashlib.sha256(json.dumps([self.text, shown], sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is, to answer them privately.

    *response_url* works in channels without the bot; without it the person must share *channel* with the bot.
    """

    user: str
    channel: str = ""
    thread: str | None = None
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A channel as Slack describes it. *member*: the bot is in it.

    *private*: joining needs an invitation. *external*: another organization is in it, or was invited.
    """

    id: str
    name: str
    member: bool
    archived: bool = False
    external: bool = False
    private: bool = False

    @property
    def closed(self) -> bool:
        """Whether everyone in it was chosen by our organization: its members may be approvers."""
        return self.private and not self.external


@dataclass(frozen=True, slots=True)
class Group:
    """A user group that is in use; *handle* is its name in a mention, without the @."""

    id: str
    handle: str
    name: str


class Chat(Protocol):
    """Messages. Raises `ChatRefused`, `ChatBusy` and, after a lost answer, `ChatOutcomeUnknown`.

    Content that Slack does not accept is sent in a shorter form. A user's id as *channel* is the direct message.
    """

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        """Post once and return the message's `ts`. *key* is sent with it, so that `find` finds it.

        Raises `MessageGone` if the thread is missing, even if the reply landed outside it.
        """

    async def edit(self, channel: str, ts: str, message: Message, *, key: str) -> None:
        """Replace a message of ours. Raises `MessageGone`."""

    async def shows(self, channel: str, ts: str, *, thread: str | None) -> str | None:
        """The digest of what a message of ours shows now, "" if it has none; None if the message is missing."""

    async def find(self, channel: str, key: str, *, thread: str | None, since: datetime) -> tuple[str, ...]:
        """The `ts` of each message with *key*, posted at *since* or later, oldest first. Raises `MessageGone`."""

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message of ours; does nothing if it is gone."""

    async def whisper(self, place: Place, message: Message) -> None:
        """Send a message that only one person sees."""

    async def respond(self, url: str, message: Message) -> None:
        """Answers a command by its `response_url`, visible to the whole channel."""

    def acknowledging(self, message: Message) -> Message | None:
        """The message as an acknowledgement may carry it: Slack shows its refusal there to the person alone.

        None while it is unknown whether Slack takes a newer block in it: such a message is sent by itself.
        """

    async def pin(self, channel: str, ts: str) -> None:
        """Pin a message of ours; does nothing if it is already pinned."""

    async def link(self, channel: str, ts: str) -> str:
        """The link to a message."""

    async def room(self, channel: str) -> Room | None:
        """A channel; None if Slack does not know it or the bot can't see it."""

    async def receive(self, channel: str, ts: str) -> None:
        """Mark a person's message as seen. Never fails; the answer matters more."""


class Windows(Protocol):
    """Modals and App Home. Raises as `Chat`."""

    async def open(self, trigger: str, view: Mapping[str, Any]) -> str:
        """Open a modal within 3 s of a click or command; returns its view id."""

    async def update(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Replace an open modal; does nothing if the person closed it."""

    def answering(self, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """The view as the answer to a form may carry it: only newer blocks that Slack is known to take."""

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Set one person's App Home."""


class People(Protocol):
    """Users and groups. Raises as `Chat`."""

    async def person(self, user: str) -> Person:
        """A user as Slack describes them now, without groups; with no team if Slack does not know them."""

    async def name(self, id: str) -> str:
        """The name of a user or user group; the id itself if Slack does not tell."""

    async def groups(self) -> tuple[Group, ...]:
        """The user groups in use; none where this plan has none."""

    async def members(self, group: str) -> frozenset[str]:
        """The user ids of a user group or private channel of ours.

        None if Slack does not know it, if this plan has no groups, and for a channel that anyone can join or that is
        shared with another organization.
        """


class Files(Protocol):
    """Files in channels, threads and direct messages. Raises as `Chat`."""

    async def upload(
        self, channel: str, name: str, content: bytes, *, title: str, alt_text: str = "", thread: str | None = None
    ) -> None:
        """Upload a file to a channel or thread; a user's id as *channel* means a direct message to that person.

        *alt_text* describes it for people who can't see it. After any error except `ChatOutcomeUnknown` no one sees a
        file.
        """


@dataclass(frozen=True, slots=True)
class Receipt:
    """The service's 200 to a request that began something; *transaction* is for IBM support."""

    transaction: str | None


class SpeechService(Protocol):
    """One Speech to Text instance. Every call raises a `ServiceError`."""

    async def models(self, kind: Kind) -> Listed[Model]:
        """All custom models of one kind."""

    async def model(self, kind: Kind, id: str) -> Model:
        """One custom model. `ModelGone`: the service says so, and its list of that kind lacks it."""

    async def bases(self) -> Listed[str]:
        """The names of the base models that this instance offers."""

    async def holdings(self, model: Model) -> Holdings:
        """A custom model's contents."""

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
        """Begin an upgrade or a training. Sent once, never repeated here: see `OutcomeUnknown`."""

    async def word(self, id: str, word: str) -> Word | None:
        """A custom word of a language model; None where the model has no such word."""

    async def add_word(self, id: str, word: Word) -> Receipt:
        """Adds a custom word to a language model, or changes it. Sent once; see `OutcomeUnknown`."""


class Probing(Protocol):
    """Observations on purpose. Every call raises a `ServiceError`."""

    async def warnings(self, model: Model) -> tuple[str, ...]:
        """Recognize one second of built-in audio with a model; returns the warnings in the answer."""

    async def create(self, kind: Kind, name: str, base: str) -> str:
        """Create an empty custom model; returns its id."""

    async def delete(self, kind: Kind, id: str) -> None:
        """Delete a custom model. Only for models that we created ourselves."""


class Charts(Protocol):
    """Pictures. Every call raises a `ChartError`."""

    async def fleet(self, series: Series) -> bytes:
        """The fleet over time as PNG; a note in words if there is too little data."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Now, aware, in UTC. The clock may be set."""

    def steady(self) -> float:
        """Monotonic seconds: not affected by setting the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside. *speech* and *probing* may be filled later: until then, answers use the last readings.

    *team* and *user* are our workspace and our own user id in Slack.
    """

    chat: Chat
    windows: Windows
    people: People
    files: Files
    charts: Charts
    clock: Clock
    speech: Mapping[str, SpeechService]
    probing: Mapping[str, Probing]
    team: str
    user: str
    tally: Tally = field(default_factory=Tally)
