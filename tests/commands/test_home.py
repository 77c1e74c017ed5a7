"""App Home by role and situation: what stands there, and that no button of it refuses whoever sees it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.authority import Person
from bot.domain.fleet import Holdings
from bot.domain.owners import OwnerRule
from bot.domain.requests import Request, RequestState
from bot.errors import ChatBusy, OutcomeUnknown, RequestRefused
from bot.messages.counts import fleet_text
from bot.ports import Newer
from sandbox.slack.blockkit import check_view
from tests.commands.conftest import Slack
from tests.flows.acting import on_a_cluster
from tests.world import ADA, GRACE, GUS, MEI, OLD, TOMAS, World, model

REF = "stt/language/id-call-center-us"


async def opened(slack: Slack, user: str) -> Mapping[str, Any]:
    """App Home as Slack shows it; Slack takes it, with tables and without."""
    await slack.event({"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"})
    home = slack.world.chat.homes[user]
    plain = [part for block in home["blocks"] for part in (block.plain if isinstance(block, Newer) else [block])]
    for blocks in (home["blocks"], plain):
        assert check_view(json.loads(json.dumps({**home, "blocks": blocks}))) == []
    return home


def headings(home: Mapping[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in home["blocks"] if block["type"] == "header"]


def under(home: Mapping[str, Any], heading: str) -> list[Any]:
    """The blocks below one heading, up to the next."""
    found: list[Any] = []
    inside = False
    for block in home["blocks"]:
        if block["type"] == "header":
            inside = block["text"]["text"] == heading
        elif inside:
            found.append(block)
    return found


def buttons(blocks: Any) -> Iterator[dict[str, Any]]:
    if isinstance(blocks, Mapping):
        if blocks.get("type") == "button":
            yield dict(blocks)
        blocks = list(blocks.values())
    if isinstance(blocks, list | tuple):
        for each in blocks:
            yield from buttons(each)


def words(blocks: Any) -> list[str]:
    return [button["text"]["text"] for button in buttons(blocks)]


async def nothing(world: World) -> None:
    await world.inventory.refresh()


async def waits(world: World) -> Request:
    return await world.asked()


async def paused(world: World) -> Request:
    world.speech.add(model("other"), Holdings(corpora=1))
    request = await world.approved("call-center-us", "other")
    world.speech.fail["begin"] = [RequestRefused("refused.", instance="stt", status=400)]
    await world.ring()
    assert world.request(request.id).state is RequestState.PAUSED
    return request


async def unclear(world: World) -> Request:
    request = await world.approved()
    world.speech.fail["begin"] = [OutcomeUnknown("lost", instance="stt"), OutcomeUnknown("lost", instance="stt")]
    for _ in range(17):
        await world.ring(after=10)
    assert world.request(request.id).first.unclear
    return request


async def runs(world: World) -> Request:
    request = await world.approved()
    await world.ring()
    return request


async def changes(world: World) -> Request:
    on_a_cluster(world, "cluster")
    request = await world.approved("cluster")
    await world.ring()
    return request


async def changes_for_its_owner(world: World) -> Request:
    world.store.owners.assign("stt/language/id-cluster", MEI, ADA, world.clock.now())
    return await changes(world)


async def doubt(world: World) -> None:
    for name in "abcd":
        world.speech.add(model(name))
    await world.inventory.refresh()
    world.speech.kept.clear()
    for after in (0, 60, 120):
        world.clock.advance(after)
        await world.inventory.refresh()


Situation = Callable[[World], Awaitable[Any]]

NEEDS: list[tuple[Situation, str, list[str]]] = [
    (nothing, ADA, []),
    (nothing, GRACE, []),
    (waits, ADA, []),
    (waits, MEI, []),
    (waits, GRACE, ["Details", "Approve", "Reject"]),
    (paused, ADA, []),
    (paused, GRACE, ["Details", "Resume", "Drop the rest"]),
    (unclear, ADA, []),
    (unclear, GRACE, ["Details", "Send again…", "Mark as failed"]),
    (runs, ADA, []),
    (runs, GRACE, []),
    (changes, ADA, ["Add a word…"]),
    (changes, GRACE, []),
    (changes, MEI, []),
    (changes_for_its_owner, MEI, ["Add a word…"]),
    (changes_for_its_owner, ADA, []),
    (doubt, GRACE, ["It is right"]),
    (doubt, ADA, []),
]


@pytest.mark.parametrize(("happens", "user", "offers"), NEEDS)
async def test_needs_you(slack: Slack, world: World, happens: Situation, user: str, offers: list[str]):
    """What this person can decide or is asked to change, with its buttons; else one line that says what comes here."""
    await happens(world)
    needs = under(await opened(slack, user), "Needs you")
    assert words(needs) == offers
    if not offers:
        assert "Nothing. Requests to decide and models to change appear here." in str(needs)


@pytest.mark.parametrize("happens", [waits, paused, unclear, runs, changes, doubt])
@pytest.mark.parametrize("user", [ADA, GRACE, MEI, GUS])
async def test_no_button_refuses(slack: Slack, world: World, user: str, happens: Situation):
    """Whoever presses anything that App Home shows them is not told that they may not."""
    world.desk.electorate.authority = replace(world.desk.electorate.authority, guests_read=True)
    await happens(world)
    home = await opened(slack, user)
    offered = [*buttons(home["blocks"])]
    assert offered
    for button in offered:
        await slack.press(button, user=user, view={"id": "V9", "type": "home"})
    details = [row["detail"] for row in world.store.audit.all() if (row["actor"], row["action"]) == (user, "denied")]
    decided = ("already decided", "not unclear", "not paused", "started")  # by the press before
    assert [detail for detail in details if not detail.endswith(decided)] == []


async def test_an_approver_who_asked(slack: Slack, world: World):
    """Their own request is not theirs to approve: of what is unclear they can only mark it as failed."""
    world.chat.people[ADA] = Person(ADA, "Ada", "T1", groups=frozenset({"SAPPROVE"}))
    await unclear(world)
    assert words(under(await opened(slack, ADA), "Needs you")) == ["Details", "Mark as failed"]


async def test_where_requests_stand(slack: Slack, world: World):
    """Each once: with whoever it needs, under who asked, or under what runs."""
    request = await waits(world)
    place = {user: await opened(slack, user) for user in (ADA, GRACE, MEI)}
    assert headings(place[ADA])[:2] == ["Needs you", "My requests"]
    for user, heading in ((ADA, "My requests"), (GRACE, "Needs you"), (MEI, "Waiting for approval")):
        assert f"request {request.id}" in str(under(place[user], heading))
        assert str(place[user]).count(f"request {request.id}:") == 1


async def test_a_guest_reads(slack: Slack, world: World):
    """Where guests may read: no buttons but those that show something."""
    world.desk.electorate.authority = replace(world.desk.electorate.authority, guests_read=True)
    await waits(world)
    home = await opened(slack, GUS)
    assert "Needs you" not in headings(home)
    assert set(words(home["blocks"])) == {"Details", "Refresh"}
    assert "You can read here" in str(home["blocks"][0])


# My models


async def test_my_models(slack: Slack, world: World):
    """By hand, by rule, and through a group; what was given to somebody else is not mine."""
    world.desk.viewers.owned.rules = (OwnerRule("call-*", MEI), OwnerRule("team-*", "SSPEECH"))
    world.chat.people[MEI] = Person(MEI, "Mei", "T1", groups=frozenset({"SSPEECH"}))
    for name in ("call-two", "call-given", "team-one", "mine-by-hand", "of-nobody"):
        world.speech.add(model(name))
    await world.inventory.refresh()
    assign = world.store.owners.assign
    assign("stt/language/id-call-given", TOMAS, ADA, world.clock.now())
    assign("stt/language/id-mine-by-hand", MEI, ADA, world.clock.now())
    assign("stt/language/id-gone", MEI, ADA, world.clock.now())
    mine = str(under(await opened(slack, MEI), "My models"))
    for name in ("call-center-us", "call-two", "team-one", "mine-by-hand"):
        assert f"*{name}*" in mine
    for name in ("call-given", "of-nobody", "support-desk-us"):
        assert name not in mine
    assert "*4 models: 4 outdated*" in mine
    assert "call-given" in str(under(await opened(slack, TOMAS), "My models"))
    assert "My models" not in headings(await opened(slack, ADA))
    world.speech.add(replace(world.speech.kept["id-call-two"], name="renamed"))
    await world.inventory.refresh()
    assert "*3 models: 3 outdated*" in str(under(await opened(slack, MEI), "My models"))


async def test_a_group_that_slack_does_not_tell(slack: Slack, world: World):
    """App Home is shown all the same, with what is known."""
    world.chat.people[MEI] = Person(MEI, "Mei", "T1", groups=frozenset({"SSPEECH"}))
    await world.inventory.refresh()
    world.store.owners.assign(REF, "SSPEECH", ADA, world.clock.now())
    await opened(slack, MEI)
    world.clock.advance(61)
    world.chat.fail["members"] = [ChatBusy("busy", retry_after=1.0)] * 3
    assert "What is worst" in headings(await opened(slack, MEI))


# What is worst


async def test_what_is_worst(slack: Slack, world: World):
    """Retired models and those to be created again, too; the buttons open the forms that the commands open."""
    world.speech.served = {"en-US_NarrowbandModel"}
    world.speech.add(model("old-base", base="de-DE_BroadbandModel", language="de-DE"))
    await world.inventory.refresh()
    worst = under(await opened(slack, ADA), "What is worst")
    for name in ("old-base", "call-center-us"):
        assert name in str(worst)
    assert words(worst) == ["Upgrade a model…", "Upgrade all outdated…", "Refresh"]
    button = next(one for one in buttons(worst) if one["text"]["text"] == "Upgrade all outdated…")
    said = await slack.press(button, view={"id": "V9", "type": "home"})
    assert "request" in said
    assert "call-center-us" in said
    menu = next(
        part for block in worst if block["type"] == "actions" for part in block["elements"] if "options" in part
    )
    chosen = {**menu, "selected_option": menu["options"][0]}
    assert "old-base" in await slack.press(chosen, view={"id": "V9", "type": "home"})


async def test_nothing_is_outdated(slack: Slack, world: World):
    """It says so, and what would appear there; nothing offers to upgrade all."""
    world.speech.kept = {"id-support-desk-us": world.speech.kept["id-support-desk-us"]}
    await world.inventory.refresh()
    worst = under(await opened(slack, ADA), "What is worst")
    assert "Nothing is outdated. When IBM releases a newer version" in str(worst)
    assert words(worst) == ["Upgrade a model…", "Refresh"]


async def test_nothing_was_read_yet(slack: Slack):
    """The first view says what comes."""
    home = await opened(slack, ADA)
    assert "Models appear here once the instances are read" in str(home["blocks"])
    assert "Being read for the first time" in str(home["blocks"])
    assert "Upgrade a model…" not in words(home["blocks"])


async def test_no_models_at_all(slack: Slack, world: World):
    """An instance without custom models: what to do."""
    world.speech.kept.clear()
    await world.inventory.refresh()
    assert "No custom models yet. Make one in Speech to Text" in str((await opened(slack, ADA))["blocks"])


async def test_the_counts_are_the_same_everywhere(slack: Slack, world: World):
    """List, announcement and App Home say one sentence for one fleet."""
    world.speech.served = {"en-US_NarrowbandModel"}
    world.speech.add(model("old-base", base="de-DE_BroadbandModel", language="de-DE"))
    world.speech.add(model("busy", status="training"))
    world.speech.add(model("broken", status="failed", versions=(OLD,)))
    world.speech.add(model("hollow", status="pending", versions=None), Holdings())
    await world.inventory.refresh()
    counts = (await world.viewers.seen(ADA)).counts
    assert counts.total == 6
    home, listed = str(await opened(slack, ADA)), await slack.command("/stt-models")
    assert fleet_text(counts) in home
    assert fleet_text(counts) in listed
