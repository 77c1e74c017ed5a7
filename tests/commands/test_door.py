"""The door: everything comes in once, capped, from members only, within a budget; each refusal leaves one row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.authority import Authority, Person
from bot.errors import ChatBusy, ChatRefused
from bot.flows.budgets import LIMITS, Cost
from bot.store.database import Database
from commands.surface import ACTIONS
from tests.commands.conftest import Slack
from tests.world import ADA, CHANNEL, GRACE, GUS, MEI, TOMAS, World

REF = "stt/language/id-call-center-us"

STRANGER, LEFT, ROBOT, GRID = "UERIN", "UOTTO", "UROBOT", "UINES"
OUTSIDE = {
    STRANGER: Person(STRANGER, "Erin", "T9"),
    LEFT: Person(LEFT, "Otto", "T1", deactivated=True),
    ROBOT: Person(ROBOT, "Robot", "T1", is_bot=True),
    GUS: Person(GUS, "Gus", "T1", is_guest=True),
}


@pytest.fixture
async def slack(slack: Slack) -> Slack:
    """The fleet is read, and people of every kind are there."""
    slack.world.chat.people.update(OUTSIDE)
    slack.world.chat.people[GRID] = Person(GRID, "Inés", "T2", teams=frozenset({"T2", "T1"}))
    await slack.world.inventory.refresh()
    return slack


def rows(slack: Slack) -> list[tuple[str, str, str]]:
    """Who did what, as the audit has it."""
    return [(row["actor"], row["action"], row["detail"]) for row in slack.world.store.audit.all()]


async def mention(slack: Slack, text: str, user: str = ADA, **over: Any) -> str:
    event = {"type": "app_mention", "user": user, "channel": CHANNEL, "ts": "9.1", "text": f"<@UBOT> {text}", **over}
    return await slack.event(event)


async def requested(slack: Slack) -> str:
    """Somebody asked; the value of the buttons on the card."""
    request = await slack.world.asked()
    return f"{request.id}:{request.digest}"


# Once


async def test_delivered_again(slack: Slack):
    """Slack delivers an event, a command, a click and a form again: nothing is done or said twice."""
    event = {"type": "app_mention", "user": ADA, "channel": CHANNEL, "ts": "9.1", "text": "<@UBOT> models"}
    body = {"type": "event_callback", "team_id": "T1", "event_id": "Ev0", "event": event, "authorizations": []}
    for _ in range(4):
        await slack.dispatch(body)
        await slack.world.settle()
    assert len(slack.world.chat.whispers) == 1
    typed = slack.typed("/stt-announce now", trigger="T0")
    for _ in range(3):
        await slack.dispatch(typed)
        await slack.world.settle()
    assert [said.key for said in slack.world.chat.said if said.thread is None] == [f"announcement:{CHANNEL}:now:T0"]


async def test_delivered_to_another_process(slack: Slack, world: World):
    """Whichever process gets it first takes it: the store knows."""
    with Database(world.path) as other:
        assert await other.write(lambda store: store.deliveries.take("Ev7", world.clock.now()))
    event = {"type": "app_mention", "user": ADA, "channel": CHANNEL, "ts": "9.1", "text": "<@UBOT> models"}
    await slack.dispatch({"type": "event_callback", "event_id": "Ev7", "event": event, "authorizations": []})
    await world.settle()
    assert world.chat.whispers == []
    world.clock.advance(3 * 86400)
    assert await world.db.write(lambda store: store.deliveries.take("Ev7", world.clock.now()))


# Capped


@pytest.mark.parametrize("text", ["x" * 301, "e " * 21, "e " * 2000])
@pytest.mark.parametrize("command", ["/stt-models", "/stt-model", "/stt-upgrade", "/stt-runs", "/stt-announce"])
async def test_too_much_typed(slack: Slack, command: str, text: str, monkeypatch: pytest.MonkeyPatch):
    """Advice, before anything searches with it; a mention too."""

    async def judged() -> None:
        raise AssertionError("searched")

    monkeypatch.setattr(slack.world.inventory, "judged", judged)
    assert "up to 300 characters and 20 words" in await slack.command(f"{command} {text}")
    assert "up to 300 characters and 20 words" in await mention(slack, f"{command.removeprefix('/stt-')} {text}")
    assert [row[:2] for row in rows(slack)] == [(ADA, "refused")] * 2


async def test_half_a_character(slack: Slack):
    """JSON can hold what no database stores: it is answered like any other text."""
    assert "No custom model is called" in await slack.command("/stt-model x\ud800y")
    await slack.click("reject", await requested(slack), user=GRACE)
    view_id, view = list(slack.world.chat.views.items())[-1]
    half = {"why": {"v": {"type": "plain_text_input", "value": "not \udfff now"}}}
    assert await slack.submit(view, half, user=GRACE, view_id=view_id) is None
    assert slack.world.request(1).rejection is not None


async def test_too_much_in_a_form(slack: Slack):
    """Slack holds people to a form's limits; so do we, at the input."""
    await slack.click("reject", await requested(slack), user=GRACE)
    view_id, view = list(slack.world.chat.views.items())[-1]
    long = {"why": {"v": {"type": "plain_text_input", "value": "x" * 501}}}
    answer = await slack.submit(view, long, user=GRACE, view_id=view_id)
    assert answer == {"response_action": "errors", "errors": {"why": "That is too long: at most 500 characters."}}


# Members only

WAYS: dict[str, Callable[[Slack, str], Awaitable[Any]]] = {
    "a command": lambda slack, user: slack.command("/stt-models", user=user),
    "help": lambda slack, user: slack.command("/stt-help", user=user),
    "a mention": lambda slack, user: mention(slack, "models", user),
    "a direct message": lambda slack, user: slack.event(
        {"type": "message", "channel_type": "im", "channel": "D1", "user": user, "ts": "9.1", "text": "models"}
    ),
    "a command without a name": lambda slack, user: slack.command("/stt-model", user=user),
    "a click": lambda slack, user: slack.click("model", REF, user=user),
    "a click that opens a window": lambda slack, user: slack.click("ask", REF, user=user),
    "a form": lambda slack, user: slack.submit(
        {"callback_id": "owner", "private_metadata": REF},
        {"user": {"v": {"type": "users_select", "selected_user": MEI}}},
        user=user,
    ),
}


@pytest.mark.parametrize("user", sorted(OUTSIDE))
@pytest.mark.parametrize("way", WAYS)
async def test_who_does_not_come_in(slack: Slack, way: str, user: str):
    """Nothing of the fleet for them, in no way: one private answer, one row."""
    heard = str(await WAYS[way](slack, user))
    other = "Only members of this workspace can use Retune."
    assert (other if user == STRANGER else "Guests, bots and deactivated people can't use Retune.") in heard
    assert "call-center-us" not in heard
    assert [(actor, action) for actor, action, _ in rows(slack)] == [(user, "denied")]
    assert slack.world.chat.said == []


@pytest.mark.parametrize("way", WAYS)
async def test_who_comes_in(slack: Slack, way: str):
    """A colleague of another workspace of the Grid is one of ours."""
    heard = str(await WAYS[way](slack, GRID))
    assert "members of this workspace" not in heard
    assert not [row for row in rows(slack) if row[1] == "denied"]


@pytest.mark.parametrize("user", sorted(OUTSIDE))
@pytest.mark.parametrize("typed", ["", "call", "call-center-us"])
async def test_who_gets_no_options(slack: Slack, typed: str, user: str):
    """A menu that is filled while somebody types is a way in as well: nothing for them, and one row."""
    assert await slack.look_up(typed, user=user) == {"options": []}
    assert [(actor, action) for actor, action, _ in rows(slack)] == [(user, "denied")]


@pytest.mark.parametrize("user", [ADA, GRID])
async def test_who_gets_options(slack: Slack, user: str):
    """Members do, also those of another workspace of the Grid; guests where they may read."""
    assert "call-center-us" in str(await slack.look_up("call", user=user))
    slack.world.desk.electorate.authority = replace(slack.world.desk.authority, guests_read=True)
    slack.world.clock.advance(61)
    assert "call-center-us" in str(await slack.look_up("call", user=GUS))
    assert rows(slack) == []


async def test_no_options_while_slack_does_not_say_who_it_is(slack: Slack):
    """Fails closed, says so in the menu, and is no refusal."""
    slack.world.chat.fail["person"] = [ChatBusy("Slack asks to wait.")]
    answer = await slack.look_up("call")
    assert "Slack asks to wait." in str(answer)
    assert "call-center-us" not in str(answer)
    assert rows(slack) == []


async def test_options_come_in_time(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """However slow Slack is with people: a menu is answered within the three seconds."""
    never = asyncio.Event()

    async def slow(user: str) -> Person:
        await never.wait()
        raise AssertionError

    slack.world.chat.person = slow  # type: ignore[method-assign]  # Slack takes its time
    monkeypatch.setattr("commands.door.QUICK", 0.05)
    assert "Slack does not answer just now" in str(await slack.look_up("call"))


@pytest.mark.parametrize("typed", ["x" * 301, "e " * 21, "e " * 2000])
async def test_too_much_typed_into_a_menu(slack: Slack, typed: str):
    """Advice in the menu, before anything searches with it."""
    assert "That is too long" in str(await slack.look_up(typed))
    assert [row[:2] for row in rows(slack)] == [(ADA, "refused")]


async def test_too_many_look_ups(slack: Slack):
    """A key that is held down has its own budget: clicks are still taken."""
    for _ in range(LIMITS[Cost.LOOK_UPS][0]):
        await slack.look_up("call")
    assert "That is a lot at once" in str(await slack.look_up("call"))
    assert "call-center-us" in await slack.click("model", REF)
    assert rows(slack) == []


async def test_a_menu_that_breaks(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """It says so, with a reference, and the log has the rest."""

    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(slack.world.inventory, "judged", broken)
    assert "Something broke on our side" in str(await slack.look_up("call"))


@pytest.mark.parametrize("odd", [None, 7, ["call"], {"a": 1}, "x\ud800y", "\u202e", "&amp;&lt;!channel&gt;"])
async def test_a_menu_is_asked_oddly(slack: Slack, odd: Any):
    """Whatever is typed, or comes in place of it: the menu is answered."""
    assert "options" in await slack.look_up(odd)
    assert await slack.look_up("call", block=odd) == {"options": []}
    assert "options" in await slack.look_up("call", user=odd) if odd else True


async def test_nobody_comes_in_while_slack_does_not_say_who_it_is(slack: Slack):
    """Fails closed; it is trouble, and no refusal."""
    slack.world.chat.fail["person"] = [ChatBusy("Slack asks to wait.")]
    heard = await slack.command("/stt-models")
    assert "Slack asks to wait. Try again in a moment." in heard
    assert "call-center-us" not in heard
    assert rows(slack) == []
    assert "call-center-us" in await slack.command("/stt-models")


async def test_app_home_of_others(slack: Slack):
    """A locked page, also when it is drawn again; one row."""
    for user in OUTSIDE:
        await slack.event({"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"})
        assert ":lock:" in str(slack.world.chat.homes[user])
    assert len(rows(slack)) == len(OUTSIDE)
    await slack.event({"type": "app_home_opened", "user": MEI, "tab": "home", "channel": "D1"})
    slack.world.chat.people[MEI] = Person(MEI, "Mei", "T1", deactivated=True)
    await slack.world.asked()
    await slack.world.ring(after=61)
    assert ":lock:" in str(slack.world.chat.homes[MEI])


async def test_guests_may_read(slack: Slack):
    """With the setting they read; everything else stays closed."""
    slack.world.desk.electorate.authority = replace(slack.world.desk.authority, guests_read=True)
    assert "call-center-us" in await slack.command("/stt-models", user=GUS)
    assert "can't request upgrades" in await slack.click("ask", REF, user=GUS)
    assert "can't export requests" in await slack.command("/stt-runs export", user=GUS)
    assert "use Retune" in await slack.command("/stt-models", user=STRANGER)


async def test_bots_are_not_answered(slack: Slack):
    """Two bots that answer each other never end."""
    assert await mention(slack, "models", bot_id="B1") == ""
    assert await mention(slack, "models", user="UBOT") == ""
    assert await mention(slack, "models", subtype="bot_message") == ""
    assert rows(slack) == []


async def test_groups_are_asked_of_members_only(slack: Slack):
    """Whoever does not come in costs one look-up."""
    value = await requested(slack)
    slack.world.clock.advance(400)
    slack.world.chat.calls.clear()
    await slack.click("approve", value, user=STRANGER)
    assert [call for call in slack.world.chat.calls if call != "whisper"] == ["person"]


async def test_a_burst_of_clicks_looks_somebody_up_once(slack: Slack):
    """Twenty at once: one look-up, one approval, and everybody is told the truth."""
    value = await requested(slack)
    slack.world.clock.advance(400)
    slack.world.chat.calls.clear()
    await asyncio.gather(*(slack.click("approve", value, user=GRACE) for _ in range(20)))
    assert slack.world.chat.calls.count("person") == 1
    assert slack.world.chat.calls.count("members") == 1
    request = slack.world.request(int(value.partition(":")[0]))
    assert request.approved_by == (GRACE,)


# Budgets


async def test_a_budget(slack: Slack):
    """Charts cost others: the sixth has to wait, and what was refused is one row when the time is over."""
    most, span = LIMITS[Cost.CHARTS]
    for _ in range(most):
        assert "chart of the last weeks" in await slack.command("/stt-announce chart")
    for _ in range(7):
        assert f"up to {most} charts for one person; go on <!date" in await slack.command("/stt-announce chart")
    assert "chart of the last weeks" in await slack.command("/stt-announce chart", user=MEI)
    assert [row[:2] for row in rows(slack)] == [(ADA, "chart")] * most + [(MEI, "chart")]
    await slack.world.ring(after=span.total_seconds())
    assert rows(slack)[most + 1 :] == [(ADA, "denied", "over budget: charts, 7 times")]
    assert "chart of the last weeks" in await slack.command("/stt-announce chart")


async def test_very_many_refusals_are_counted(slack: Slack):
    """A stranger who goes on and on fills no audit."""
    most, _ = LIMITS[Cost.REFUSALS]
    for _ in range(most + 9):
        await slack.command("/stt-models", user=STRANGER)
    assert len(rows(slack)) == most
    await slack.world.desk.budgets.close()
    assert rows(slack)[-1] == (STRANGER, "denied", "over budget: refusals, 9 times")


async def test_too_many_clicks(slack: Slack):
    """Clicks are looked up in Slack: a person who holds a key down waits for a moment, others do not."""
    value = await requested(slack)
    for _ in range(LIMITS[Cost.CLICKS][0]):
        await slack.click("approve", value, user=MEI)
    assert "clicks, forms and mentions for one person; go on <!date" in await slack.click("approve", value, user=MEI)
    assert await slack.click("approve", value, user=GRACE) == ""


# Windows

OPENING = sorted(name for name, way in ACTIONS.items() if way.opens)


@pytest.mark.parametrize("action", OPENING)
async def test_a_window_opens_before_anybody_is_looked_up(slack: Slack, action: str):
    """However slow Slack is with people: the trigger is used at once, and the answer comes into the window."""
    value = {"reject": await requested(slack), "details": "1", "freeze": "new"}.get(action, REF)
    slack.world.clock.advance(400)
    slack.world.chat.calls.clear()
    asked, answered, person = asyncio.Event(), asyncio.Event(), slack.world.chat.person

    async def slow(user: str) -> Person:
        asked.set()
        await answered.wait()
        return await person(user)

    slack.world.chat.person = slow  # type: ignore[method-assign]  # Slack takes its time
    clicking = asyncio.create_task(slack.click(action, value, user=GRACE))
    await asked.wait()
    assert list(slack.world.chat.views.values())[-1]["callback_id"] == "reading"
    answered.set()
    await clicking
    assert list(slack.world.chat.views.values())[-1]["callback_id"] != "reading"


@pytest.mark.parametrize("action", OPENING)
async def test_slack_took_too_long_for_a_window(slack: Slack, action: str):
    """No bare name of an error: what to do."""
    slack.world.chat.fail["open"] = [ChatRefused("expired", code="expired_trigger_id")]
    assert "That took too long to open a window. Try again." in await slack.click(action, REF, user=GRACE)


# Refusals


@pytest.mark.parametrize(
    ("command", "heard"),
    [
        ("/stt-model nothing-like-it", "No custom model is called"),
        ("/stt-upgrade call-center-us at 25:00", "valid future time"),
        ("/stt-announce whatever", "Type /stt-announce"),
        ("/stt-announce in nowhere", "Name a channel"),
        ("/stt-announce off", "Only <!subteam^SAPPROVE>"),
        ("/stt-runs export failed", "nothing to export"),
    ],
)
async def test_each_refusal_is_one_answer_and_one_row(slack: Slack, command: str, heard: str):
    """Whatever was wrong with it."""
    assert heard in await slack.command(command, user=MEI)
    assert [row[0] for row in rows(slack)] == [MEI]
    assert rows(slack)[0][1] in ("denied", "refused")


async def test_a_click_on_what_is_not_there(slack: Slack):
    """A request that nobody knows: one row too."""
    assert "no such request" in await slack.click("approve", "77:abc", user=GRACE)
    assert "no such request" in await slack.click("wish:cancel", "cancel 77", user=GRACE)
    assert rows(slack) == [(GRACE, "denied", "approve: no request 77"), (GRACE, "denied", "cancel: no request 77")]


async def test_what_breaks_gets_a_reference(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """In the window where one is open, else as a message."""

    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(slack.world.inventory, "judged", broken)
    for heard in (await slack.command("/stt-models"), await slack.click("snooze", REF)):
        assert "Something broke on our side" in heard
        assert "reference" in heard


async def test_no_workspace_no_entry(slack: Slack):
    """A bot that does not know its own workspace lets nobody in."""
    slack.world.desk.electorate.authority = Authority("", slack.world.policies)
    assert "Only members of this workspace" in await slack.command("/stt-models", user=TOMAS)


# A database in trouble


@pytest.mark.parametrize(
    ("trouble", "why"),
    [("query_only = ON", "because the disk or the file is read-only; nothing was changed")],
)
async def test_a_database_in_trouble(slack: Slack, world: World, trouble: str, why: str):
    """Commands and clicks are answered with what is wrong and that nothing was changed."""
    request = await world.asked()
    world.store.pragma(trouble)
    assert why in await slack.command("/stt-models")
    assert why in await slack.click("approve", f"{request.id}:{request.digest}", user=GRACE)
    world.store.pragma("query_only = OFF")
    assert why not in await slack.command("/stt-models")
    assert not world.request(request.id).votes


# What an attack found


async def test_nothing_long_is_kept_of_a_stranger(slack: Slack):
    """The first word of a mention counts too; what is noted of it is short."""
    await mention(slack, "x" * 40_000, user=STRANGER)
    assert "up to 300 characters" in await mention(slack, "x" * 40_000)
    assert all(len(row[2]) < 400 for row in rows(slack))


async def test_words_that_nothing_shows_between(slack: Slack):
    """Zero-width spaces separate words as well."""
    assert "20 words" in await slack.command("/stt-models " + "e​" * 150)


async def test_a_window_that_slack_does_not_fill(slack: Slack):
    """Nothing says *Looking* for ever: the person hears the answer, or what to do, as a message."""
    value = await requested(slack)
    slack.world.chat.fail["update"] = [ChatBusy("busy")] * 2
    assert "Only <!subteam^SAPPROVE> can approve upgrades" in await slack.click("reject", value, user=MEI)
    assert "press the button again" in await slack.click("reject", value, user=GRACE)


async def test_eyes_are_for_members(slack: Slack):
    """On a message that is taken and whose author comes in; once."""
    await mention(slack, "models", user=STRANGER)
    assert slack.world.chat.received == []
    await mention(slack, "models")
    assert slack.world.chat.received == [(CHANNEL, "9.1")]


async def test_a_bug_in_app_home(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """Opened, or a click there: a reference, and no silence."""

    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(slack.world.desk.viewers, "seen", broken)
    await slack.event({"type": "app_home_opened", "user": MEI, "tab": "home", "channel": "D1"})
    assert "reference" in str(slack.world.chat.homes[MEI])
    monkeypatch.setattr(slack.world.desk.viewers, "opened", broken)
    assert "reference" in await slack.click("home:refresh", "now", user=MEI, view={"id": "V9", "type": "home"})


async def test_strangers_are_no_viewers(slack: Slack):
    """A click in App Home of somebody who does not come in leaves nothing to draw."""
    await slack.click("home:refresh", "now", user=STRANGER, view={"id": "V9", "type": "home"})
    assert not slack.world.viewers.awake()


async def test_a_form_delivered_again_while_it_is_answered(slack: Slack):
    """Both deliveries are told the same: an empty one would close the window over the answer."""
    await slack.click("reject", await requested(slack), user=GRACE)
    view_id, view = list(slack.world.chat.views.items())[-1]
    body = {
        "type": "view_submission",
        "user": {"id": MEI},
        "trigger_id": "T77",
        "view": {**view, "id": view_id, "state": {"values": {"why": {"v": {"value": "no"}}}}},
    }
    first, second = await asyncio.gather(slack.dispatch(body), slack.dispatch(body))
    assert first.body == second.body
    assert "can approve upgrades" in first.body


async def test_a_form_without_an_id(slack: Slack):
    """It identifies a request: two without one are not the same."""
    view = {"callback_id": "request", "private_metadata": "- - - x"}
    answer = await slack.submit(view, {}, view_id="")
    assert "without its id" in answer["errors"]["why"]


async def test_readings_have_a_budget(slack: Slack):
    """Asking for many reads many models: that is counted as well, once for each time."""
    most, _ = LIMITS[Cost.READINGS]
    for _ in range(most):
        await slack.command("/stt-upgrade outdated")
    assert "readings of Speech to Text for one person" in await slack.command("/stt-upgrade outdated")
    assert "readings of Speech to Text" in await slack.command("/stt-model call-center-us")


async def test_a_link_to_what_is_not_there(slack: Slack):
    """Only an acoustic model, and a language model on its base in its instance."""
    for ref, chosen in ((REF, "none"), ("stt/acoustic/id-none", "none"), ("", "../x")):
        form = {"callback_id": "link", "private_metadata": f"- - - {ref}"}
        option = {"language": {"v": {"selected_option": {"value": chosen}}}}
        assert "errors" in await slack.submit(form, option)
    assert not [row for row in rows(slack) if row[1] == "link"]


async def test_retried_by_somebody_who_left_meanwhile(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """Whether a model can be tried again is read for seconds: who decides is looked up after it."""
    world = slack.world
    request = await world.approved()
    await world.ring()
    await world.wish("stop", request, GRACE)
    world.speech.finish("id-call-center-us", grow=False)
    holds = world.planning.still_holds

    async def slow(run: Any) -> Any:
        found = await holds(run)
        world.clock.advance(30)
        world.chat.people[TOMAS] = Person(TOMAS, "Tomás", "T1", deactivated=True)
        return found

    monkeypatch.setattr(world.planning, "still_holds", slow)
    assert not (await world.wish("retry", request, TOMAS)).allowed


async def test_public_that_comes_late(slack: Slack, monkeypatch: pytest.MonkeyPatch):
    """Said privately, it says so."""
    assert "Only you see this" in await mention(slack, "models public")
