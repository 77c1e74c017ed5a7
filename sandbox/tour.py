"""The tour: the main task from the first question to the proof, played by the people of the local Slack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer

T = TypeVar("T")
ADA, GRACE, TOMAS, MEI = "U0ADA", "U0GRACE", "U0TOMAS", "U0MEI"
CHANNEL = "C0SPEECH"
NAME = "call-center-us"


class TourFailed(Exception):
    """A part of the tour failed."""


async def play(slack: SlackServer, speech: SpeechServer) -> None:
    """Play everything. Raises `TourFailed`, naming the part."""
    tour = _Tour(slack)
    before = tuple(speech.world.model(NAME).versions)
    await tour.wait("the bot is connected", lambda: slack.connections, 30)
    await tour.ask("the list names the outdated model", ADA, "/stt-models outdated", NAME)
    await slack.send(ADA, CHANNEL, f"/stt-upgrade {NAME}")
    await tour.wait("the form shows the plan", lambda: _form(slack.modal(ADA)), 15)
    why = {"why": {"v": {"type": "plain_text_input", "value": "Callers report misheard product names"}}}
    await slack.submit(ADA, why)
    card = await tour.wait("the card is in the channel", lambda: tour.message("'action_id': 'approve'"), 15)
    await tour.refused("a member without the role cannot approve", MEI, card["ts"], "can approve upgrades on")
    await tour.refused("the requester cannot approve", ADA, card["ts"], "You asked for this yourself")
    await slack.click(GRACE, CHANNEL, card["ts"], "approve")
    await tour.wait("the card lost its buttons", lambda: "actions" not in _kinds(tour.at(card["ts"])), 15)
    if "actions" in _kinds(tour.at(card["ts"])):
        raise TourFailed("the card still has buttons")
    await tour.wait("the service upgrades", lambda: speech.world.model(NAME).status == "upgrading", 30)
    await tour.wait("the thread shows progress", lambda: tour.reply(card["ts"], "Step 1 of 1"), 15)
    end = await tour.wait("the thread says that it is done", lambda: tour.reply(card["ts"], "*done*"), 120)
    after = tuple(speech.world.model(NAME).versions)
    gained = [version for version in after if version not in before]
    if len(gained) != 1 or gained[0] not in end["text"]:
        raise TourFailed(f"the proof is not what the service has: {before} became {after}")
    tour.say(f"the service itself lists {gained[0]}")
    posts = [c for c in speech.calls if c.method == "POST" and c.path.endswith("/upgrade_model")]
    if len(posts) != 1:
        raise TourFailed(f"{len(posts)} upgrade requests were sent instead of one")
    tour.say("one upgrade request was sent")
    await tour.wait(
        "the scheduled announcement is in the channel", lambda: tour.message("to act on, in the thread"), 90
    )


class _Tour:
    def __init__(self, slack: SlackServer) -> None:
        self._slack = slack

    def say(self, what: str) -> None:
        print(f"ok  {what}", flush=True)

    async def wait(self, what: str, condition: Callable[[], T | None], seconds: float) -> T:
        try:
            found = await self._slack.until(condition, within=seconds)
        except TimeoutError as error:
            raise TourFailed(f"not within {seconds:.0f} s: {what}") from error
        self.say(what)
        return found

    async def ask(self, what: str, user: str, text: str, expected: str) -> None:
        """Type a command; the first one waits until the fleet was read."""
        await self._slack.send(user, CHANNEL, text)
        await self.hears(what, user, expected, 25)

    async def refused(self, what: str, user: str, ts: str, expected: str) -> None:
        await self._slack.click(user, CHANNEL, ts, "approve")
        await self.hears(what, user, expected, 15)

    async def hears(self, what: str, user: str, expected: str, seconds: float) -> None:
        await self.wait(what, lambda: any(expected in str(m) for m in self._slack.ephemerals(user)), seconds)

    def message(self, part: str) -> dict[str, Any] | None:
        return next((m for m in self._slack.messages(ADA, CHANNEL) if part in str(m)), None)

    def at(self, ts: str) -> dict[str, Any]:
        return next(m for m in self._slack.messages(ADA, CHANNEL) if m["ts"] == ts)

    def reply(self, ts: str, part: str) -> dict[str, Any] | None:
        return next((m for m in self._slack.thread(ADA, CHANNEL, ts)[1:] if part in str(m)), None)


def _kinds(message: dict[str, Any]) -> set[str]:
    return {block["type"] for block in message.get("blocks", [])}


def _form(view: dict[str, Any] | None) -> dict[str, Any] | None:
    return view if view is not None and view["callback_id"] == "request" else None
