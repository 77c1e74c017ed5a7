"""The lines from one bot to Slack and to the service: every call goes through the schedule of faults."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from bot.errors import (
    AnswerUnreadable,
    ChatBusy,
    ChatOutcomeUnknown,
    ChatRefused,
    OutcomeUnknown,
    ServiceError,
    ServiceUnavailable,
)
from tests.soak.faults import BEGIN, PLACES, POST, SERVICE, SLACK, Fault
from tests.soak.invariants import may_send
from tests.soak.stage import Sent, Stage

Call = Callable[[], Awaitable[Any]]

LATEST = 12.0
"""Seconds after which a request whose answer was lost has its effect at the latest; Retune looks for longer."""


class Line(ABC):
    """What a bot sees of one thing outside: its calls take a little time, and end when the bot does."""

    def __init__(self, stage: Stage, bot: Any, target: Any, calls: frozenset[str]) -> None:
        self._stage, self._bot, self._target, self._calls = stage, bot, target, calls
        self._start = bot.starts

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        return partial(self._through, name, found) if name in self._calls else found

    async def _through(self, name: str, method: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        self._bot.lives(self._start)
        call = partial(method, *args, **named)
        sent = self._leaves(name, call)
        try:
            await asyncio.sleep(self._stage.random.uniform(0.01, 0.3))
            self._bot.lives(self._start)
        except BaseException:  # the process ended while it was on its way
            if sent is not None:
                sent.end = "never came"
            raise
        answer = await self._called(name, call, sent)
        self._bot.lives(self._start)
        await asyncio.sleep(self._stage.random.uniform(0.01, 0.1))
        self._bot.lives(self._start)
        return answer

    def _leaves(self, name: str, call: partial[Awaitable[Any]]) -> Sent | None:
        """A call leaves the bot; what can be said against a request that begins something is said now."""
        return None

    @abstractmethod
    async def _called(self, name: str, call: partial[Awaitable[Any]], sent: Sent | None) -> Any:
        """What the thing outside answers, or what becomes of the call on its way."""


class ServiceLine(Line):
    """To Speech to Text."""

    def __init__(self, stage: Stage, bot: Any) -> None:
        super().__init__(stage, bot, stage.speech, frozenset({"models", "model", "bases", "holdings", "begin"}))

    def _leaves(self, name: str, call: partial[Awaitable[Any]]) -> Sent | None:
        if name != "begin":
            return None
        action, _, id = call.args
        sent = Sent(str(action), id, bool(call.keywords.get("force")))
        may_send(self._stage, self._bot.name, sent)
        self._stage.sent.append(sent)
        return sent

    async def _called(self, name: str, call: partial[Awaitable[Any]], sent: Sent | None) -> Any:
        stage, about = self._stage, f"{self._bot.name}: service {name} {' '.join(map(str, call.args))}"[:100]
        if stage.service_down:
            if sent is not None:
                sent.end = "never came"
            raise ServiceUnavailable("down.", instance="stt", retry_after=5)
        reading = [fault for fault in PLACES[SERVICE] if name == "models" or fault is not Fault.SERVICE_DOUBLED]
        fault = stage.schedule.at(BEGIN) if sent is not None else stage.schedule.at(SERVICE, reading)
        if fault is not None:
            stage.tell(f"{about}: {fault}")
        if sent is not None and fault in (Fault.KILLED_BEFORE_SERVICE, Fault.SERVICE_BUSY, Fault.SERVICE_UNHEARD):
            sent.end = "never came"
        effect = call if sent is None else partial(self._begun, call, sent)
        match fault:
            case None:
                return await effect()
            case Fault.KILLED_BEFORE_SERVICE:
                self._bot.die()
            case Fault.KILLED_AFTER_SERVICE:
                await effect()
                self._bot.die()
            case Fault.SERVICE_BUSY:
                raise ServiceUnavailable("busy.", instance="stt", status=503, retry_after=stage.random.choice([1, 30]))
            case Fault.SERVICE_SLOW:
                answer = await effect()
                await asyncio.sleep(stage.random.uniform(1, 25))
                return answer
            case Fault.SERVICE_WRONG:
                raise AnswerUnreadable("nonsense.", instance="stt", status=200)
            case Fault.SERVICE_DOUBLED:
                listed = await effect()
                return replace(listed, items=tuple(model for model in listed.items for _ in range(2)))
            case Fault.SERVICE_LOST:
                await effect()
                raise OutcomeUnknown("lost.", instance="stt")
            case Fault.SERVICE_UNHEARD:
                raise OutcomeUnknown("lost.", instance="stt")
            case Fault.SERVICE_LATE:
                stage.spawn(self._later(effect))
                raise OutcomeUnknown("lost.", instance="stt")
            case Fault.SERVICE_ODD:
                await effect()
                raise AnswerUnreadable("nonsense.", instance="stt", status=200)
        raise AssertionError(fault)

    async def _later(self, effect: Call) -> None:
        await asyncio.sleep(self._stage.random.uniform(0.5, LATEST))
        try:
            await effect()
        except ServiceError:
            self._stage.tell("service: the late request had no effect")

    async def _begun(self, call: Call, sent: Sent) -> Any:
        """It arrives at the service."""
        told = f"service: {sent.action} of {sent.id} arrives"
        try:
            receipt = await call()
        except ServiceError as error:
            sent.end = f"refused: {error.text}"
            self._stage.tell(f"{told}: {error.text}")
            raise
        self._stage.tell(told)
        self._stage.work(sent)
        return receipt


class SlackLine(Line):
    """To Slack."""

    def __init__(self, stage: Stage, bot: Any) -> None:
        calls = ("post", "edit", "find", "whisper", "open", "update", "publish_home", "person", "members", "room")
        super().__init__(stage, bot, stage.chat, frozenset({*calls, "pin", "link"}))

    async def _called(self, name: str, call: partial[Awaitable[Any]], sent: Sent | None) -> Any:
        stage = self._stage
        if name == "post":
            stage.tell(f"{self._bot.name}: Slack post {call.keywords.get('key')}")
        if stage.slack_down:
            stage.noticed_troubles += 1
            raise ChatBusy("down.", retry_after=2)
        fault = stage.schedule.at(POST if name == "post" else SLACK)
        if fault is None:
            return await call()
        stage.noticed_troubles += 1
        stage.tell(f"{self._bot.name}: Slack {name}: {fault}")
        match fault:
            case Fault.KILLED_BEFORE_SLACK:
                self._bot.die()
            case Fault.KILLED_AFTER_SLACK:
                await call()
                self._bot.die()
            case Fault.SLACK_BUSY:
                raise ChatBusy("busy.", code="ratelimited", retry_after=stage.random.choice([1, 30]))
            case Fault.SLACK_SLOW:
                answer = await call()
                await asyncio.sleep(stage.random.uniform(1, 20))
                return answer
            case Fault.SLACK_WRONG:
                raise ChatRefused("nobody knows that.", code="team_added_to_org")
            case Fault.SLACK_LOST:
                await call()
                raise ChatOutcomeUnknown("lost.")
            case Fault.SLACK_UNHEARD:
                raise ChatOutcomeUnknown("lost.")
        raise AssertionError(fault)
