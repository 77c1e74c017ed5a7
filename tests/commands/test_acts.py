"""Each act, played by each kind of person as in Slack: it happens for those who may, and for no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.authority import Act, Person
from bot.domain.fleet import Holdings
from bot.domain.policies import Policy
from bot.domain.requests import RequestState
from bot.domain.runs import RunState
from bot.domain.snoozes import Reach, SnoozeKind, Wish
from bot.errors import OutcomeUnknown, RequestRefused
from tests.commands.conftest import Slack
from tests.fakes import FakeSpeech
from tests.flows.acting import on_a_cluster
from tests.world import ADA, CHANNEL, GRACE, NEW, OLD, TOMAS, World, model

REF = "stt/language/id-call-center-us"
BOOTH = "stt/acoustic/id-booth"

PEOPLE = {
    "requester": Person(ADA, "Ada", "T1"),
    "approver who asked": Person(ADA, "Ada", "T1", groups=frozenset({"SAPPROVE"})),
    "approver": Person(GRACE, "Grace", "T1", groups=frozenset({"SAPPROVE"})),
    "approver of another instance": Person("UPER", "Per", "T1", groups=frozenset({"SPROD"})),
    "member": Person("UMEI", "Mei", "T1"),
    "Grid colleague": Person("UINES", "Inés", "T2", teams=frozenset({"T1", "T2"})),
    "guest": Person("UGUS", "Gus", "T1", is_guest=True, groups=frozenset({"SAPPROVE"})),
    "stranger": Person("UERIN", "Erin", "T9", is_stranger=True, groups=frozenset({"SAPPROVE"})),
    "deactivated": Person("UOTTO", "Otto", "T1", deactivated=True, groups=frozenset({"SAPPROVE"})),
    "bot": Person("UROBOT", "Robot", "T1", is_bot=True, groups=frozenset({"SAPPROVE"})),
}
"""All that are kept out are members of the approvers' group: that must not help them."""

MEMBERS = frozenset(list(PEOPLE)[:6])
APPROVERS = frozenset({"approver", "approver who asked"})
OTHERS = frozenset({"approver"})
ASKED = frozenset({"requester", "approver who asked"})


def chosen(**inputs: str) -> dict[str, Any]:
    """What a form sends."""
    kinds = {"scope": "selected_option", "until": "selected_option", "language": "selected_option"}
    fields: dict[str, Any] = {}
    for block, value in inputs.items():
        if block in kinds:
            fields[block] = {"v": {kinds[block]: {"value": value}}}
        elif block == "at":
            fields["until"] = {"v": {"selected_date_time": int(value)}}
        else:
            key = {"date": "selected_date", "user": "selected_user"}.get(block, "value")
            fields[block] = {"v": {key: value}}
    return fields


@dataclass
class Stage:
    """The bot, and who does it."""

    slack: Slack
    user: str

    @property
    def world(self) -> World:
        return self.slack.world

    async def click(self, action: str, value: str) -> str:
        return await self.slack.click(action, value, user=self.user)

    async def send(self, callback: str, metadata: str, values: dict[str, Any]) -> Any:
        view = {"callback_id": callback, "private_metadata": metadata}
        return await self.slack.submit(view, values, user=self.user, view_id=f"V-{callback}")

    async def typed(self, command: str) -> str:
        return await self.slack.command(command, user=self.user)


Play = Callable[[Stage], Awaitable[bool]]


async def read(on: Stage) -> bool:
    return "call-center-us" in await on.typed("/stt-models")


async def request(on: Stage) -> bool:
    await on.click("ask", REF)
    view = list(on.world.chat.views.values())[-1]
    if view["callback_id"] != "request":
        return False
    await on.slack.submit(view, chosen(why="names"), user=on.user)
    return bool(on.world.store.requests.in_state(RequestState.OPEN))


async def link(on: Stage) -> bool:
    await on.send("link", f"- - - {BOOTH}", chosen(language="none"))
    return on.world.store.observed.linked(BOOTH)[0]


async def own(on: Stage) -> bool:
    await on.send("owner", REF, chosen(user=TOMAS))
    return on.world.store.owners.of(REF) is not None


async def probe(on: Stage) -> bool:
    await on.click("probe", REF)
    return "warnings" in on.world.speech.calls


def snoozing(kind: SnoozeKind, reach: Reach) -> Play:
    async def play(on: Stage) -> bool:
        scope = {} if kind is SnoozeKind.HOLD else {"scope": reach.value, "until": "date"}
        await on.send("snooze", f"{kind} {REF}", chosen(**scope, date="2026-12-03", why="later"))
        subject = REF if reach is Reach.MODEL else "stt"
        return on.world.store.snoozes.of(reach, subject) is not None

    return play


async def end(on: Stage) -> bool:
    until = on.world.clock.now().date() + timedelta(days=9)
    wish = Wish(SnoozeKind.HOLD, Reach.MODEL, REF, until, by_version=False, reason="later")
    held = await on.world.snoozer.snooze(wish, ADA, "V1")
    await on.click("unsnooze", str(held.id))
    return on.world.store.snoozes.of(Reach.MODEL, REF) is None


async def preview(on: Stage) -> bool:
    return "call-center-us" in await on.typed("/stt-announce preview")


async def announce(on: Stage) -> bool:
    await on.typed("/stt-announce now")
    return any("call-center-us" in str(said.message) for said in on.world.chat.said)


async def chart(on: Stage) -> bool:
    await on.typed("/stt-announce chart")
    return bool(on.world.files.uploaded)


async def change(on: Stage) -> bool:
    await on.typed("/stt-announce off")
    return not (await on.world.timetable.now()).on


async def export(on: Stage) -> bool:
    await on.world.asked()
    await on.typed("/stt-runs export")
    return bool(on.world.files.uploaded)


async def approve(on: Stage) -> bool:
    asked = await on.world.asked()
    await on.click("approve", f"{asked.id}:{asked.digest}")
    return on.world.request(asked.id).state is RequestState.SCHEDULED


async def reject(on: Stage) -> bool:
    asked = await on.world.asked()
    await on.send("reject", f"{asked.id}:{asked.digest}", chosen(why="no"))
    return on.world.request(asked.id).state in (RequestState.REJECTED, RequestState.WITHDRAWN)


def wishing(word: str, before: RequestState, after: RequestState) -> Play:
    async def play(on: Stage) -> bool:
        asked = await on.world.asked()
        if before is RequestState.FAILED:
            on.world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
        if before is not RequestState.OPEN:
            await on.world.approve(asked, TOMAS)
        if before is not RequestState.SCHEDULED and before is not RequestState.OPEN:
            await on.world.ring()
        assert on.world.request(asked.id).state is before
        about = f"{asked.id}.{asked.first.id}" if word in ("retry", "stop") else str(asked.id)
        await on.click("wish:x", f"{word} {about}")
        return on.world.request(asked.id).state is after

    return play


async def take_back(on: Stage) -> bool:
    asked = await on.world.asked()
    await on.world.approve(asked, GRACE)
    await on.click("wish:x", f"take-back {asked.id}")
    return on.world.request(asked.id).state is RequestState.OPEN


def pausing(word: str, waits: bool) -> Play:
    """The first of two failed; then somebody goes on, or leaves the rest."""

    async def play(on: Stage) -> bool:
        on.world.speech.add(model("other"), Holdings(corpora=1))
        asked = await on.world.asked("call-center-us", "other")
        await on.world.approve(asked, TOMAS)
        on.world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
        await on.world.ring()
        assert on.world.request(asked.id).state is RequestState.PAUSED
        await on.click("wish:x", f"{word} {asked.id}")
        now = on.world.request(asked.id)
        return now.state is not RequestState.PAUSED and (now.count(RunState.QUEUED) > 0) is waits

    return play


def unclear(word: str) -> Play:
    """No answer came, twice, and nothing shows that it began; then somebody decides."""

    async def play(on: Stage) -> bool:
        asked = await on.world.asked()
        await on.world.approve(asked, TOMAS)
        on.world.speech.fail["begin"] = [OutcomeUnknown("lost", instance="stt"), OutcomeUnknown("lost", instance="stt")]
        await on.world.ring()
        for _ in range(16):
            await on.world.ring(after=10)
        run = on.world.request(asked.id).first
        assert run.unclear
        await on.click("wish:x", f"{word} {asked.id}.{run.id}")
        await on.world.ring(after=1)
        return len(on.world.speech.begun) == 1 if word == "send-again" else on.world.request(asked.id).first.bad

    return play


async def accept(on: Stage) -> bool:
    on.world.speech.kept.clear()
    for after in (0, 60, 120):
        on.world.clock.advance(after)
        await on.world.inventory.refresh()
    doubt = (await on.world.inventory.judged()).snapshot.instances["stt"].doubt
    assert doubt is not None
    await on.click("accept", f"{doubt.shape} stt")
    return not (await on.world.inventory.judged()).snapshot.models


async def freeze(on: Stage) -> bool:
    at = on.world.clock.now() + timedelta(days=1)
    await on.send("freeze", CHANNEL, chosen(scope="stt", at=str(int(at.timestamp())), why="fair"))
    return bool(await on.world.freezes.holding())


async def add_word(on: Stage) -> bool:
    on_a_cluster(on.world, "cluster")
    asked = await on.world.asked("cluster")
    await on.world.approve(asked, TOMAS)
    await on.world.ring()
    about = f"{asked.id}.{asked.first.id}"
    await on.click(f"word:{asked.first.id}", about)
    await on.send("word", about, chosen(word="AFC"))
    return "AFC" in on.world.speech.words.get("id-cluster", {})


async def unfreeze(on: Stage) -> bool:
    held = await on.world.freezes.freeze("stt", "fair", TOMAS, on.world.clock.now() + timedelta(days=1))
    await on.click("unfreeze", str(held.id))
    return not await on.world.freezes.holding()


ACTS: dict[Act, tuple[Play, frozenset[str]]] = {
    Act.READ: (read, MEMBERS),
    Act.REQUEST: (request, MEMBERS),
    Act.LINK: (link, MEMBERS),
    Act.OWN: (own, MEMBERS),
    Act.PROBE: (probe, MEMBERS),
    Act.SNOOZE: (snoozing(SnoozeKind.SNOOZE, Reach.MODEL), MEMBERS),
    Act.HOLD: (snoozing(SnoozeKind.HOLD, Reach.MODEL), MEMBERS),
    Act.SNOOZE_ALL: (snoozing(SnoozeKind.SNOOZE, Reach.INSTANCE), APPROVERS),
    Act.END: (end, APPROVERS | ASKED),
    Act.PREVIEW: (preview, MEMBERS),
    Act.ANNOUNCE: (announce, MEMBERS),
    Act.CHART: (chart, MEMBERS),
    Act.CHANGE: (change, APPROVERS),
    Act.EXPORT: (export, MEMBERS),
    Act.APPROVE: (approve, OTHERS),
    Act.REJECT: (reject, OTHERS | ASKED),
    Act.WITHDRAW: (wishing("withdraw", RequestState.OPEN, RequestState.WITHDRAWN), ASKED),
    Act.TAKE_BACK: (take_back, OTHERS),
    Act.CANCEL: (wishing("cancel", RequestState.OPEN, RequestState.CANCELLED), APPROVERS),
    Act.DROP: (pausing("cancel", waits=False), APPROVERS),
    Act.RESUME: (pausing("resume", waits=True), OTHERS),
    Act.RETRY: (wishing("retry", RequestState.FAILED, RequestState.SCHEDULED), OTHERS),
    Act.STOP: (wishing("stop", RequestState.RUNNING, RequestState.FAILED), APPROVERS),
    Act.SEND_AGAIN: (unclear("send-again"), OTHERS),
    Act.MARK_AS_FAILED: (unclear("mark-as-failed"), APPROVERS),
    Act.ACCEPT: (accept, APPROVERS),
    Act.ADD_WORD: (add_word, APPROVERS | ASKED),
    Act.FREEZE: (freeze, APPROVERS),
    Act.UNFREEZE: (unfreeze, APPROVERS),
}
"""How each is done, and who may."""

PRESSES = {Act.ADD_WORD: 2}
"""How many presses an act takes, each of them judged, where it is more than one."""


@pytest.fixture
def two(world: World) -> World:
    """Two instances; approvers of the first decide on both, others only on the second."""
    world.rebuild(
        services={"stt": world.speech, "prod": FakeSpeech("prod", world.clock, {"en-US_NarrowbandModel": NEW})}
    )
    world.policies["prod"] = Policy(("SPROD", "SAPPROVE"), 1, False, 86400.0)
    return world


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("kind", PEOPLE)
async def test_who_may_do_what(two: World, slack: Slack, kind: str, act: Act):
    """It happens, or there is one private answer and one row in the audit."""
    who, (play, allowed) = PEOPLE[kind], ACTS[act]
    two.speech.add(replace(model("booth"), kind="acoustic", versions=(OLD,)), Holdings(recordings=1, audio_minutes=9))
    two.chat.people[who.id] = who
    await two.inventory.refresh()
    on = Stage(slack, who.id)
    assert await play(on) is (kind in allowed)
    refused = [row for row in two.store.audit.all() if (row["actor"], row["action"]) == (who.id, "denied")]
    assert len(refused) == (0 if kind in allowed else PRESSES.get(act, 1))
