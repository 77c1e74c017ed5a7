"""Each act of a person leaves one row, however often Slack delivers it or a finger presses; so does each refusal."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.authority import Act, Person
from bot.domain.fleet import Holdings
from bot.domain.policies import Policy
from bot.domain.requests import RequestState
from bot.domain.snoozes import Reach, SnoozeKind, Wish
from bot.errors import ServiceUnavailable
from tests.commands.conftest import Slack
from tests.commands.test_acts import ACTS, PEOPLE, PRESSES, REF, Stage, chosen
from tests.fakes import FakeSpeech
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI, NEW, OLD, TOMAS, World, model

ROWS: Mapping[Act, tuple[str, ...]] = {
    Act.READ: (),
    Act.REQUEST: ("request",),
    Act.LINK: ("link",),
    Act.OWN: ("owner",),
    Act.PROBE: ("probe",),
    Act.SNOOZE: ("snooze",),
    Act.HOLD: ("hold",),
    Act.SNOOZE_ALL: ("snooze",),
    Act.END: ("end of hold",),
    Act.PREVIEW: ("preview",),
    Act.ANNOUNCE: ("announcement",),
    Act.CHART: ("chart",),
    Act.CHANGE: ("announce",),
    Act.EXPORT: ("export",),
    Act.APPROVE: ("approve", "scheduled"),
    Act.REJECT: ("reject", "rejected"),
    Act.WITHDRAW: ("withdrawn",),
    Act.TAKE_BACK: ("vote void", "open"),
    Act.CANCEL: ("stopped",),
    Act.DROP: ("cancel the rest", "stopped"),
    Act.RESUME: ("resume", "running"),
    Act.RETRY: ("retry", "scheduled"),
    Act.STOP: ("stop watching",),
    Act.SEND_AGAIN: ("send again",),
    Act.MARK_AS_FAILED: ("mark as failed",),
    Act.ACCEPT: ("accept",),
    Act.ADD_WORD: ("add word",),
    Act.FREEZE: ("freeze",),
    Act.UNFREEZE: ("freeze ended",),
}
"""The row of each act, then that of the state which follows from it, where it changes one."""

BEFORE: Mapping[Act, tuple[str, ...]] = {Act.WITHDRAW: ("request",), Act.TAKE_BACK: ("approve", "scheduled")}
"""What the same person did to get there."""

ANEW = frozenset({Act.PROBE, Act.PREVIEW, Act.ANNOUNCE, Act.CHART, Act.CHANGE, Act.EXPORT})
"""Done again when somebody does it again: each has its own row."""


@pytest.fixture
def two(world: World) -> World:
    """Two instances, so that some approvers decide on one of them only."""
    world.rebuild(
        services={"stt": world.speech, "prod": FakeSpeech("prod", world.clock, {"en-US_NarrowbandModel": NEW})}
    )
    world.policies["prod"] = Policy(("SPROD", "SAPPROVE"), 1, False, 86400.0)
    return world


def rows(world: World, user: str) -> list[str]:
    """What one person did, oldest first, as the audit has it."""
    return [row["action"] for row in world.store.audit.all() if row["actor"] == user]


def who_may(act: Act) -> Person:
    _, allowed = ACTS[act]
    return PEOPLE["requester" if act is Act.WITHDRAW else "approver" if "approver" in allowed else "member"]


async def set_stage(world: World, slack: Slack, who: Person) -> Stage:
    world.speech.add(replace(model("booth"), kind="acoustic", versions=(OLD,)), Holdings(recordings=1, audio_minutes=9))
    world.chat.people[who.id] = who
    await world.inventory.refresh()
    return Stage(slack, who.id)


Dispatch = Callable[[dict[str, Any]], Awaitable[Any]]


def again(slack: Slack, *, anew: bool = False) -> Dispatch:
    """Slack delivers everything twice, one after the other; *anew*: the second is another press of the finger."""
    dispatch, number = slack.dispatch, itertools.count()

    async def twice(body: dict[str, Any]) -> Any:
        answer = await dispatch(body)
        await slack.world.settle()
        await dispatch({**body, "trigger_id": f"again{next(number)}"} if anew else body)
        return answer

    return twice


def at_once(slack: Slack) -> Dispatch:
    dispatch = slack.dispatch

    async def both(body: dict[str, Any]) -> Any:
        answer, _ = await asyncio.gather(dispatch(body), dispatch(body))
        return answer

    return both


def as_it_is(slack: Slack) -> Dispatch:
    return slack.dispatch


def test_every_act_is_in_the_table():
    """Whoever adds an act says which row it leaves."""
    assert set(ROWS) == set(Act)


@pytest.mark.parametrize("deliver", [as_it_is, again, at_once])
@pytest.mark.parametrize("act", list(Act))
async def test_one_row_for_each_act(two: World, slack: Slack, act: Act, deliver: Callable[[Slack], Dispatch]):
    """Once, delivered twice, and delivered twice at the same time."""
    who = who_may(act)
    on = await set_stage(two, slack, who)
    slack.dispatch = deliver(slack)
    assert await ACTS[act][0](on)
    assert rows(two, who.id) == [*BEFORE.get(act, ()), *ROWS[act]]
    assert two.store.audit.verify() is None


@pytest.mark.parametrize("act", [act for act in Act if act not in ANEW])
async def test_a_double_click(two: World, slack: Slack, act: Act):
    """The second press does nothing, so it leaves no second row of the act: at most one that it was refused."""
    who = who_may(act)
    on = await set_stage(two, slack, who)
    slack.dispatch = again(slack, anew=True)
    assert await ACTS[act][0](on)
    found = Counter(rows(two, who.id))
    refused = found.pop("denied", 0) + found.pop("refused", 0)
    assert found == Counter([*BEFORE.get(act, ()), *ROWS[act]])
    assert refused <= 1


@pytest.mark.parametrize("act", [act for act in Act if "member" not in ACTS[act][1]])
async def test_one_row_for_each_refused_act(two: World, slack: Slack, act: Act):
    """Denied to a member who may not, delivered twice: one row that says what."""
    who = PEOPLE["member"]
    on = await set_stage(two, slack, who)
    slack.dispatch = again(slack)
    assert not await ACTS[act][0](on)
    assert rows(two, who.id) == ["denied"] * PRESSES.get(act, 1)


# What people do beside that


async def clear_owner(on: Stage) -> None:
    await on.send("owner", REF, chosen(user=TOMAS))
    await on.slack.click("disown", REF, user=on.user, view={"id": "V9", "type": "modal"})


async def change_when(on: Stage) -> None:
    await on.typed("/stt-announce at 0 8 * * mon-fri Europe/Berlin")


async def change_where(on: Stage) -> None:
    await on.typed(f"/stt-announce in <#{CHANNEL}|speech-models>")


async def turn_on(on: Stage) -> None:
    await on.typed("/stt-announce on")


async def default(on: Stage) -> None:
    await on.typed("/stt-announce default")


async def freeze_each(on: Stage, which: str) -> None:
    at = on.world.clock.now() + timedelta(days=1)
    await on.send("freeze", CHANNEL, chosen(scope=which, at=str(int(at.timestamp())), why="fair"))


async def snooze_anew(on: Stage) -> None:
    for number in range(2):
        view = {"callback_id": "snooze", "private_metadata": f"snooze {REF}"}
        inputs = chosen(scope="model", until="date", date=f"2026-12-0{3 + number}", why="later")
        await on.slack.submit(view, inputs, user=on.user, view_id=f"V{number}")


async def request_several(on: Stage) -> None:
    on.world.speech.add(model("other"), Holdings(corpora=1))
    await on.world.inventory.refresh()
    await on.typed("/stt-upgrade outdated")
    id, view = list(on.world.chat.views.items())[-1]
    found = [block for block in view["blocks"] if block.get("element", {}).get("type") == "checkboxes"]
    ticked = {
        block["block_id"]: {block["element"]["action_id"]: {"selected_options": block["element"]["options"]}}
        for block in found
    }
    alone = {f"link:{one}": {"v": {"selected_option": {"value": "none"}}} for one in ("stt/acoustic/id-booth",)}
    await on.slack.submit(view, {**ticked, **alone, **chosen(why="all of them")}, user=on.user, view_id=id)
    assert on.world.store.requests.in_state(RequestState.OPEN)


async def request_with_a_hold(on: Stage) -> None:
    wish = Wish(SnoozeKind.HOLD, Reach.MODEL, REF, date(2026, 12, 3), by_version=False, reason="later")
    await on.world.snoozer.snooze(wish, ADA, "V0")
    await on.click("ask", REF)
    id, view = list(on.world.chat.views.items())[-1]
    await on.slack.submit(view, chosen(why="names"), user=on.user, view_id=id)


async def probe_that_fails(on: Stage) -> None:
    on.world.speech.fail["warnings"] = [ServiceUnavailable("503", instance="stt")]
    await on.click("probe", REF)


async def look_only(on: Stage) -> None:
    await on.typed("/stt-models outdated")
    await on.typed("/stt-model call-center-us")
    await on.typed("/stt-runs")
    await on.typed("/stt-announce")
    await on.typed("/stt-help")
    await on.slack.event({"type": "app_home_opened", "user": on.user, "tab": "home", "channel": "D1"})


OTHERS: Mapping[str, tuple[Callable[[Stage], Awaitable[None]], list[str]]] = {
    "an owner, and none any more": (clear_owner, ["owner", "owner"]),
    "when announcements go": (change_when, ["announce"]),
    "where they go": (change_where, ["announce"]),
    "that they go": (turn_on, ["announce"]),
    "the operator's settings again": (default, ["announce"]),
    "a snooze in place of another": (snooze_anew, ["snooze", "end of snooze", "snooze"]),
    "several models in one request": (request_several, ["link", "request"]),
    "a request that ends a hold": (request_with_a_hold, ["request", "end of hold"]),
    "a check for a warning that failed": (probe_that_fails, ["probe failed"]),
    "nothing but looking": (look_only, []),
}


@pytest.mark.parametrize("what", OTHERS)
async def test_what_else_people_do(world: World, slack: Slack, what: str):
    """By an approver, and delivered twice."""
    play, wanted = OTHERS[what]
    on = await set_stage(world, slack, PEOPLE["approver"])
    slack.dispatch = again(slack)
    await play(on)
    assert rows(world, GRACE) == wanted


async def test_an_instance_or_all_of_them(two: World, slack: Slack):
    """A freeze has a row for each instance that it names."""
    on = await set_stage(two, slack, PEOPLE["approver"])
    slack.dispatch = again(slack)
    await freeze_each(on, "*")
    await freeze_each(on, "*mine")
    found = [(row["action"], row["instance"]) for row in two.store.audit.all() if row["actor"] == GRACE]
    assert found == [("freeze", None), ("freeze", "prod"), ("freeze", "stt")]


REFUSED: Mapping[str, Callable[[Stage], Awaitable[Any]]] = {
    "no such model": lambda on: on.typed("/stt-model nothing-like-it"),
    "no such request": lambda on: on.typed("/stt-runs 999"),
    "not typed well": lambda on: on.typed("/stt-announce at whatever"),
    "too long": lambda on: on.typed("/stt-models " + "x" * 400),
    "nothing to export": lambda on: on.typed("/stt-runs export failed"),
    "a form with a wrong day": lambda on: on.send(
        "snooze", f"snooze {REF}", chosen(scope="model", until="date", date="2020-01-01", why="later")
    ),
    "an owner who is not here": lambda on: on.send("owner", REF, chosen(user=GUS)),
    "a button of an old card": lambda on: on.click("approve", "77:abc"),
    "a model that is gone": lambda on: on.click("ask", "stt/language/gone"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_cannot_be(world: World, slack: Slack, what: str):
    """One row for each, also where it was delivered twice."""
    world.chat.people[GUS] = Person(GUS, "Gus", "T1", deactivated=True)
    on = await set_stage(world, slack, PEOPLE["member"])
    slack.dispatch = again(slack)
    await REFUSED[what](on)
    assert len(rows(world, MEI)) == 1
    assert rows(world, MEI)[0] in ("denied", "refused")
