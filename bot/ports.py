"""All that Retune asks of the world, and of its operator. One page: Slack, Speech to Text, the time, and the terms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # what is asked has types of the domain, and needs none of it
    from bot.domain.authority import Person
    from bot.domain.fleet import Holdings, Kind, Listed, Model
    from bot.domain.history import Series
    from bot.domain.hours import Window
    from bot.domain.owners import OwnerRule
    from bot.domain.plans import Action
    from bot.domain.policies import Policy
    from bot.domain.timing import Schedule

Block = dict[str, Any]


class Newer(dict[str, Any]):
    """A block that some workspaces and clients lack; *plain* are the blocks that say the same in its place."""

    def __init__(self, block: Mapping[str, Any], plain: Iterable[Block]) -> None:
        super().__init__(block)
        self.plain: tuple[Block, ...] = tuple(plain)


def plainly(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Blocks that every workspace takes: each newer one is replaced by its plain ones."""
    return tuple(part for block in blocks for part in (block.plain if isinstance(block, Newer) else (block,)))


@dataclass(frozen=True, slots=True)
class Message:
    """A Slack message: *text* is what notifications and screen readers get, *blocks* what is shown."""

    text: str
    blocks: tuple[Block, ...] = ()

    @property
    def digest(self) -> str:
        """Tells messages apart by what they show. It travels with each, so that Slack can be asked what it shows.

        It is the same whether newer blocks or their plain ones are shown, and covers both.
        """
        shown = [[block, block.plain] if isinstance(block, Newer) else block for block in self.blocks]
        return hashlib.sha256(json.dumps([self.text, shown], sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one person is, so that they can be answered privately.

    *response_url* answers in channels the bot is not in; without it the person must share *channel* with the bot.
    """

    user: str
    channel: str = ""
    thread: str | None = None
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A channel as Slack describes it. *member*: the bot is in it.

    *private*: nobody joins it without an invitation. *external*: another organization is in it, or was invited.
    """

    id: str
    name: str
    member: bool
    archived: bool = False
    external: bool = False
    private: bool = False

    @property
    def closed(self) -> bool:
        """Whether only people whom our organization chose are in it: its members may be approvers."""
        return self.private and not self.external


class Chat(Protocol):
    """Messages. Raises `ChatRefused`, `ChatBusy` and, after a request whose answer was lost, `ChatOutcomeUnknown`.

    Content that Slack does not take is sent in a shorter form. A user's id as *channel* is the direct message.
    """

    async def post(self, channel: str, message: Message, *, key: str, thread: str | None = None) -> str:
        """Posts once and gives the message's `ts`. *key* travels with it, so that `find` knows it again.

        Raises `MessageGone` where the thread is not there, also when the reply landed outside it.
        """

    async def edit(self, channel: str, ts: str, message: Message, *, key: str) -> None:
        """Replaces a message of ours. Raises `MessageGone`."""

    async def shows(self, channel: str, ts: str, *, thread: str | None) -> str | None:
        """The digest of what a message of ours shows now, "" where it carries none; None if it is not there."""

    async def find(self, channel: str, key: str, *, thread: str | None, since: datetime) -> tuple[str, ...]:
        """The `ts` of each message with *key*, posted at *since* or later, oldest first. Raises `MessageGone`."""

    async def delete(self, channel: str, ts: str) -> None:
        """Deletes a message of ours; quietly does nothing when it is gone."""

    async def whisper(self, place: Place, message: Message) -> None:
        """Says something that only one person sees."""

    async def respond(self, url: str, message: Message) -> None:
        """Answers a command by its `response_url`, in view of the whole channel."""

    def acknowledging(self, message: Message) -> Message | None:
        """The message as an acknowledgement may carry it: what Slack refuses there, it refuses to the person alone.

        None while nobody knows whether Slack takes a newer block that it holds: it is sent by itself then.
        """

    async def pin(self, channel: str, ts: str) -> None:
        """Pins a message of ours; quietly does nothing when it is pinned already."""

    async def link(self, channel: str, ts: str) -> str:
        """The address of a message."""

    async def room(self, channel: str) -> Room | None:
        """A channel; None where Slack does not know it or the bot cannot see it."""

    async def receive(self, channel: str, ts: str) -> None:
        """Puts a sign on somebody's message: it was seen. Never fails; the answer is what matters."""


class Windows(Protocol):
    """Modals and App Home. Raises as `Chat`."""

    async def open(self, trigger: str, view: Mapping[str, Any]) -> str:
        """Opens a modal within 3 s of a click or command and gives its view id."""

    async def update(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Replaces an open modal; quietly does nothing when the person has closed it."""

    def answering(self, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """The view as the answer to a form may carry it: only newer blocks that Slack is known to take."""

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Sets one person's App Home."""


class People(Protocol):
    """Who somebody is. Raises as `Chat`."""

    async def person(self, user: str) -> Person:
        """A user as Slack describes it now, without groups; somebody of no team where Slack does not know them."""

    async def name(self, id: str) -> str:
        """What a user or user group is called; the id itself where Slack does not tell."""

    async def members(self, group: str) -> frozenset[str]:
        """The user ids of a user group or private channel of ours.

        None where Slack does not know it, where this plan has no groups, and for a channel that anybody can join or
        that is shared with another organization.
        """


class Files(Protocol):
    """Files in channels, threads and direct messages. Raises as `Chat`."""

    async def upload(
        self, channel: str, name: str, content: bytes, *, title: str, alt_text: str = "", thread: str | None = None
    ) -> None:
        """Puts a file into a channel or thread; a user's id as *channel* means a direct message to that person.

        *alt_text* says what is in it, for people who cannot see it. After any error but `ChatOutcomeUnknown` nobody
        sees a file.
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
        """The names of the base models that this instance serves."""

    async def holdings(self, model: Model) -> Holdings:
        """What a custom model holds."""

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
        """Begins an upgrade or a training. Sent once, never repeated here: see `OutcomeUnknown`."""


class Probing(Protocol):
    """What observing on purpose asks of an instance. Every call raises a `ServiceError`."""

    async def warnings(self, model: Model) -> tuple[str, ...]:
        """Recognizes one second of built-in audio with a model and gives the warnings of the answer."""

    async def create(self, kind: Kind, name: str, base: str) -> str:
        """Creates an empty custom model and gives its id."""

    async def delete(self, kind: Kind, id: str) -> None:
        """Deletes a custom model. Only ever one that we created ourselves."""


class Charts(Protocol):
    """Pictures. Every call raises a `ChartError`."""

    async def fleet(self, series: Series) -> bytes:
        """The fleet over time as PNG; a note in words where there is too little to draw."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Now, aware, in UTC. Somebody may set the clock."""

    def steady(self) -> float:
        """Seconds since some moment, which go on at the same pace whenever the clock is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside. *speech* and *probing* may be filled later: until then answers are what was read last.

    *team* and *user* are our workspace and our own user id, as Slack says.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator chose, as far as flows go by it. *schedule* is in the operator's time zone."""

    channel: str
    policies: Mapping[str, Policy]
    hours: Mapping[str, Window | None]
    """The hours in which upgrades of an instance may start."""
    schedule: Schedule
    owners: tuple[OwnerRule, ...] = ()
    guests_read: bool = False
    """Whether guests of the workspace may read; they can do nothing else."""
    shared_channel: bool = False
    """Whether channels that are shared with another organization may show the fleet."""
    parallel: int = 2
    poll_language: float = 10.0
    poll_acoustic: float = 60.0
    """Seconds between two looks at a model that the service works on."""
    probe_every: timedelta | None = None
    canary_every: timedelta | None = None
