"""The people of the soak: they ask, press what they see, press it twice, and are not always allowed to."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.freezes import Freeze
from bot.domain.plans import Plan
from bot.domain.requests import LIVE, Request, RequestState
from bot.errors import RetuneError
from tests.soak.bots import Bot
from tests.soak.faults import CLICK, Killed
from tests.soak.stage import NAMES, Stage
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI, TOMAS

APPROVERS = (GRACE, TOMAS)
TRIES = 8
"""How often somebody tries what did not work, a little later each time."""


class Team:
    """Everybody, in front of one Slack that delivers to whichever bot is there."""

    def __init__(self, stage: Stage, bots: Sequence[Bot]) -> None:
        self._stage, self._bots, self._triggers = stage, bots, itertools.count(1)
        self._random = stage.random

    def _bot(self) -> Bot | None:
        alive = [bot for bot in self._bots if bot.listens]
        return self._random.choice(alive) if alive else None

    async def wait(self, least: float, most: float) -> None:
        """Somebody does something else for a while."""
        await asyncio.sleep(self._random.uniform(least, most))

    async def through(self, what: str, work: Callable[[Bot], Awaitable[Any]]) -> Any:
        """Somebody does something that is no click, and tries again until it works; None where it never did."""
        for _ in range(TRIES):
            if (bot := self._bot()) is not None:
                starts = bot.starts
                try:
                    answer = await work(bot)
                except (RetuneError, Killed) as error:
                    self._stage.tell(f"{what}: {getattr(error, 'text', 'the bot died')[:80]}")
                else:
                    if bot.alive and bot.starts == starts:
                        self._stage.tell(f"{what} ({bot.name})")
                    return answer
            await self.wait(2, 20)
        return None

    async def ask(self, *names: str) -> Request | None:
        """Ada asks for some models; the request, also where she never heard of it."""

        async def asked(bot: Bot) -> Any:
            return self._of(names) or await _asked(bot, names)

        return await self.through(f"Ada asks for {', '.join(names)}", asked) or self._of(names)

    def _of(self, names: Sequence[str]) -> Request | None:
        found = [r for r in self._stage.store.requests.live() if {x.plan.model.name for x in r.runs} & set(names)]
        return found[0] if found else None

    def fresh(self, request: Request) -> Request:
        """A request as it is now."""
        found = self._stage.store.requests.get(request.id)
        assert found is not None
        return found

    async def press(self, user: str, action: str, value: str) -> None:
        """One click, which Slack may deliver twice, to one bot or to both."""
        body = {
            "type": "block_actions",
            "user": {"id": user, "team_id": "T1"},
            "team": {"id": "T1"},
            "container": {"type": "message", "channel_id": CHANNEL, "message_ts": "1.2"},
            "channel": {"id": CHANNEL},
            "trigger_id": f"trigger{next(self._triggers)}",
            "actions": [{"type": "button", "action_id": action, "value": value, "block_id": "b", "action_ts": "1"}],
        }
        fault = self._stage.schedule.at(CLICK)
        for _ in range(2 if fault else 1):
            if (bot := self._bot()) is not None:
                self._stage.tell(f"{user} presses {action} {value} ({bot.name}){f': {fault}' if fault else ''}")
                self._stage.spawn(self._answered(bot, user, body, twin=fault is not None))

    async def _answered(self, bot: Bot, user: str, body: dict[str, Any], *, twin: bool) -> None:
        """A click leaves something that its person can see or that is noted, if nothing is in its way."""
        stage, before, troubles, starts = self._stage, self._left(user), self._stage.noticed_troubles, bot.starts
        answer = await bot.deliver(body)
        if answer is None or twin:
            return
        await asyncio.sleep(40)
        undisturbed = bot.alive and bot.starts == starts and troubles == stage.noticed_troubles
        if undisturbed and self._left(user) == before:
            stage.fault(f"{user} pressed {body['actions'][0]['action_id']} and nothing came of it")

    def _left(self, user: str) -> tuple[int, int, int]:
        audit = sum(1 for row in self._stage.store.audit.all() if row["actor"] == user)
        return (
            audit,
            sum(1 for place, _ in self._stage.chat.whispers if place.user == user),
            len(self._stage.chat.views),
        )

    async def vote(self, user: str, request: Request) -> None:
        """Somebody presses Approve on the card, whether they may or not."""
        if user in APPROVERS:
            self._stage.approvals.add((request.id, user))
        await self.press(user, "approve", f"{request.id}:{request.digest}")

    async def approve(self, request: Request) -> None:
        """Grace or Tomas approves it in the end, after some who may not."""
        for user in self._random.sample((ADA, MEI, GUS), self._random.randint(0, 2)):
            await self.vote(user, request)
            await self.wait(0, 3)
        for _ in range(TRIES):
            if self.fresh(request).state is not RequestState.OPEN:
                return
            user = self._random.choice(APPROVERS)
            await self.vote(user, request)
            if self._random.random() < 0.3:
                await self.vote(self._random.choice(APPROVERS), request)
            await self.wait(3, 20)

    async def wish(self, request: Request) -> None:
        """Somebody wants something of it, at any time."""
        word = self._random.choice(["withdraw", "take-back", "cancel", "resume", "retry", "stop"])
        run = self._random.choice(request.runs).id
        about = f"{request.id}.{run}" if word in ("retry", "stop") else str(request.id)
        user = self._random.choice((ADA, GRACE, TOMAS, MEI))
        if word == "stop" and user in APPROVERS:
            self._stage.stopped.add(request.id)
        await self.press(user, f"wish:{word}", f"{word} {about}")

    async def freeze(self) -> None:
        """Grace freezes everything for some minutes, and may end it early."""

        async def frozen(bot: Bot) -> Any:
            until = self._stage.wall.now().replace(microsecond=0) + timedelta(minutes=self._random.randint(1, 5))
            return await bot.world.freezes.freeze("", "moving", GRACE, until)

        freeze = await self.through("Grace freezes", frozen)
        if freeze is not None and self._random.random() < 0.6:
            await self.wait(5, 60)
            await self.through("Grace ends the freeze", partial(_ended, freeze))

    async def announce(self) -> None:
        """Somebody asks for an announcement; twice with the same form says it once."""
        name = f"now-{next(self._triggers)}"
        for _ in range(self._random.randint(1, 2)):
            await self.through("Ada announces", lambda bot: bot.world.announcer.announce_now(name))

    async def close(self) -> None:
        """When nothing breaks any more: every freeze ends, and what is paused is dropped."""
        store = self._stage.store
        for freeze in store.freezes.holding():
            await self.through("Grace ends the freeze", partial(_ended, freeze))
        for request in store.requests.live():
            if request.state is RequestState.PAUSED:
                await self.press(GRACE, "wish:cancel", f"cancel {request.id}")


async def _ended(freeze: Freeze, bot: Bot) -> bool:
    return await bot.world.freezes.end(freeze, GRACE)


async def _asked(bot: Bot, names: Sequence[str]) -> Request | None:
    """As the form asks: for what can be planned now; None where that is nothing."""
    world = bot.world
    drafts = []
    for name in names:
        prepared = await world.planning.prepare((await world.inventory.find(name)).model.ref)
        if isinstance(prepared.outlook, Plan) and prepared.request is None:
            drafts.append(prepared.outlook.key)
    if not drafts:
        return None
    request = await world.requests.propose(f"V-{drafts}-{world.clock.now().isoformat()}", drafts, "misheard names", ADA)
    await world.requests.show(request)
    return request


async def upgrade(team: Team, *names: str) -> None:
    """The main job: somebody asks, others decide, and people have second thoughts."""
    random = team._random
    request = await team.ask(*names)
    if request is None:
        return
    if random.random() < 0.9:
        await team.wait(0, 15)
        await team.approve(request)
    for _ in range(random.choice([0, 0, 0, 1, 2, 3])):
        await team.wait(5, 90)
        await team.wish(team.fresh(request))
    await team.wait(60, 120)
    fresh = team.fresh(request)
    if fresh.state in (RequestState.FAILED, RequestState.PAUSED) and random.random() < 0.6:
        failed = [run for run in fresh.runs if run.bad]
        if failed:
            await team.press(TOMAS, "wish:retry", f"retry {fresh.id}.{failed[0].id}")
    elif fresh.state not in LIVE and random.random() < 0.3:
        again = await team.ask(*names)
        if again is not None:
            await team.approve(again)


def jobs(team: Team) -> list[Callable[[], Awaitable[None]]]:
    """What happens in one schedule: one to three jobs that go on at the same time."""
    random = team._random
    count = random.randint(1, 3)
    one, several = random.choice(NAMES), random.sample(NAMES, random.randint(2, 3))
    upgrades: list[list[str]] = [random.choice([[one], several])]
    if random.random() < 0.35:
        upgrades.append(["booth"])
    found: list[Callable[[], Awaitable[None]]] = [partial(upgrade, team, *names) for names in upgrades]
    found += random.sample([team.freeze, team.announce], random.randint(0, 2)) if count > 1 else []
    return found
