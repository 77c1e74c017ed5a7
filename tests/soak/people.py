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
from bot.domain.runs import Run
from bot.domain.snoozes import Reach, SnoozeKind
from bot.domain.snoozes import Wish as Snoozing
from bot.errors import RetuneError
from bot.messages.request_form import WHY
from tests.soak.bots import Bot
from tests.soak.faults import CLICK, Killed
from tests.soak.stage import NAMES, Stage
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI, TOMAS

APPROVERS = (GRACE, TOMAS)
SIMPLE = ("withdraw", "take-back", "cancel", "resume")
OF_ONE = ("retry", "stop", "send-again", "mark-as-failed")
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
        self._deliver(user, f"presses {action} {value}", body)

    def _deliver(self, user: str, what: str, body: dict[str, Any]) -> int:
        """Slack delivers something, perhaps twice; to how many bots."""
        fault, delivered = self._stage.schedule.at(CLICK), 0
        for _ in range(2 if fault else 1):
            if (bot := self._bot()) is not None:
                self._stage.tell(f"{user} {what} ({bot.name}){f': {fault}' if fault else ''}")
                self._stage.spawn(self._answered(bot, user, what, body, twin=fault is not None))
                delivered += 1
        return delivered

    async def _answered(self, bot: Bot, user: str, what: str, body: dict[str, Any], *, twin: bool) -> None:
        """A click leaves something that its person can see or that is noted, if nothing is in its way."""
        stage, before, troubles, starts = self._stage, self._left(user), self._stage.noticed_troubles, bot.starts
        answer = await bot.deliver(body)
        if answer is None or twin:
            return
        await asyncio.sleep(40)
        undisturbed = bot.alive and bot.starts == starts and troubles == stage.noticed_troubles
        if undisturbed and not answer.body and self._left(user) == before:
            stage.fault(f"{user} {what} and nothing came of it")

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
        rejects = self._random.random() < 0.12
        for _ in range(TRIES):
            if self.fresh(request).state is not RequestState.OPEN:
                return
            user = self._random.choice(APPROVERS)
            if rejects:
                await self.reject(user, request)
                continue
            await self.vote(user, request)
            if self._random.random() < 0.3:
                await self.vote(self._random.choice(APPROVERS), request)
            await self.wait(3, 20)

    async def wish(self, request: Request) -> None:
        """Somebody wants something of it, at any time."""
        word = self._random.choice([*SIMPLE, *OF_ONE])
        run = self._random.choice(request.runs).id
        about = f"{request.id}.{run}" if word in OF_ONE else str(request.id)
        user = self._random.choice((ADA, GRACE, TOMAS, MEI))
        if word in ("stop", "send-again", "mark-as-failed") and user in APPROVERS:
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
        """Ada types the command that says it now."""
        trigger = f"trigger{next(self._triggers)}"
        body = {
            **{"command": "/stt-announce", "text": "now", "user_id": ADA, "channel_id": CHANNEL, "team_id": "T1"},
            **{"trigger_id": trigger, "response_url": "https://hooks.slack.com/commands/1"},
        }
        before, began = self._announced(), self._stage.noticed_troubles
        delivered = self._deliver(ADA, "types /stt-announce now", body)
        await asyncio.sleep(60)
        if delivered and began == self._stage.noticed_troubles and self._announced() - before > 1:
            self._stage.fault("one command, and more than one announcement")

    def _announced(self) -> int:
        said = [one for one in self._stage.chat.said if one.key.startswith("announcement:") and ":more:" not in one.key]
        return sum(1 for one in said if "T" not in one.key.rpartition(f"{CHANNEL}:")[2][:11])

    async def snooze(self) -> None:
        """Mei keeps a model out of announcements for a day or two, and may end that early."""
        ref = f"stt/language/id-{self._random.choice(NAMES)}"
        form = f"V{next(self._triggers)}"

        async def snoozed(bot: Bot) -> Any:
            until = self._stage.wall.now().date() + timedelta(days=self._random.randint(1, 2))
            wish = Snoozing(SnoozeKind.HOLD, Reach.MODEL, ref, until, by_version=False, reason="later")
            return await bot.world.snoozer.snooze(wish, MEI, form)

        snooze = await self.through(f"Mei holds {ref}", snoozed)
        if snooze is not None and self._random.random() < 0.4:
            await self.wait(5, 60)
            await self.through("Mei ends the hold", partial(_unsnoozed, snooze.id))

    async def reject(self, user: str, request: Request) -> None:
        """Somebody presses Reject and says why in the form that opens."""
        await self.press(user, "reject", f"{request.id}:{request.digest}")
        await self.wait(3, 8)
        views = [view for view in self._stage.chat.views.values() if view.get("callback_id") == "reject"]
        if views:
            body = {
                "type": "view_submission",
                "user": {"id": user, "team_id": "T1"},
                "team": {"id": "T1"},
                "trigger_id": f"trigger{next(self._triggers)}",
                "view": {
                    **{"id": "V0", "type": "modal", "callback_id": "reject"},
                    "private_metadata": views[-1]["private_metadata"],
                    "state": {"values": {WHY: {WHY: {"type": "plain_text_input", "value": "not now"}}}},
                },
            }
            self._deliver(user, "says why not", body)

    async def close(self) -> None:
        """When nothing breaks any more: every freeze ends, what is paused is dropped, what is unclear is decided."""
        store = self._stage.store
        for freeze in store.freezes.holding():
            await self.through("Grace ends the freeze", partial(_ended, freeze))
        for request in store.requests.live():
            if request.state is RequestState.PAUSED:
                await self.press(GRACE, "wish:cancel", f"cancel {request.id}")
            for run in request.runs:
                if run.unclear and run.current is not None:
                    await self._decide(request, run, run.current.step.ref)

    async def _decide(self, request: Request, run: Run, ref: str) -> None:
        """Grace looks at the service: what it never took is sent again, perhaps; what it took is marked as failed."""
        sent = [one for one in self._stage.sent if one.request == request.id and ref.endswith(f"/{one.id}")]
        never = all(not one.standing for one in sent)
        word = "send-again" if never and self._random.random() < 0.5 else "mark-as-failed"
        if word == "mark-as-failed":
            self._stage.stopped.add(request.id)
        self._stage.approvals.add((request.id, GRACE))
        await self.press(GRACE, f"wish:{word}", f"{word} {request.id}.{run.id}")


async def _ended(freeze: Freeze, bot: Bot) -> bool:
    return await bot.world.freezes.end(freeze, GRACE)


async def _unsnoozed(id: int, bot: Bot) -> Any:
    return await bot.world.snoozer.end(id, MEI)


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
    found += random.sample([team.freeze, team.announce, team.snooze], random.randint(0, 3)) if count > 1 else []
    return found
