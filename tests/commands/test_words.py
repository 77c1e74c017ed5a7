"""*Add a word…*: who is asked for a change, the form, and every way in which it can end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.authority import Person
from bot.domain.requests import Request, RequestState
from bot.domain.snoozes import Reach, SnoozeKind, Wish
from bot.domain.words import Word
from bot.errors import ModelBusy, ModelGone, OutcomeUnknown, RequestRefused, ServiceUnavailable
from tests.commands.conftest import Slack
from tests.flows.acting import on_a_cluster
from tests.world import ADA, GRACE, MEI, TOMAS, World

ID, REF = "id-cluster", "stt/language/id-cluster"


async def waiting(world: World, *names: str) -> Request:
    """A request that Ada made and Grace approved; its model waits for a change."""
    on_a_cluster(world, *(names or ("cluster",)))
    request = await world.approved(*(names or ("cluster",)))
    await world.ring()
    await world.ring(after=4)
    return world.request(request.id)


def inputs(word: str = "AFC", sounds: str = "", display: str = "") -> dict[str, Any]:
    typed = {"word": word, "sounds": sounds, "display": display}
    return {block: {"v": {"value": value}} for block, value in typed.items()}


async def add(slack: Slack, request: Request, user: str = ADA, **typed: str) -> tuple[Any, str]:
    """Fills the form in; the acknowledgement, and what its window shows in the end."""
    about = f"{request.id}.{request.first.id}"
    said = await slack.click(f"word:{request.first.id}", about, user=user)
    views = slack.world.chat.views
    id = list(views)[-1]
    if views[id]["callback_id"] != "word":
        return None, said
    form = {"callback_id": "word", "private_metadata": about}
    answer = await slack.submit(form, inputs(**typed), user=user, view_id=id)
    return answer, str(views.get(id, ""))


def asked(world: World, request: Request) -> str:
    """The message in the thread that asks for the change."""
    return str(world.chat.keyed(f"request:{request.id}:ask:{request.first.id}.1").message)


@pytest.mark.parametrize(
    ("owner", "mentioned"), [(None, "<@UADA>"), (MEI, "<@UMEI>"), ("SSPEECH", "<!subteam^SSPEECH>")]
)
async def test_somebody_is_asked_by_name(world: World, owner: str | None, mentioned: str):
    """The owner, a person or a group, else the requester: in the thread and on the card, with the button on both."""
    on_a_cluster(world, "cluster")
    await world.inventory.refresh()
    if owner:
        world.store.owners.assign(REF, owner, ADA, world.clock.now())
    request = await waiting(world)
    thread, card = asked(world, request), str(world.chat.keyed(f"request:{request.id}:card").message)
    assert thread.startswith(f"Message(text='{mentioned}: change *cluster* first")
    assert f"*Waiting for {mentioned}:* add or change a word" in card
    for said in (thread, card):
        assert "Add a word…" in said


async def test_the_same_by_hand(world: World):
    """A command to copy: the URL and id are right, the credential is a placeholder."""
    world.desk.teller.addresses = {"stt": "https://cpd.acme.example/speech-to-text/instances/1/api/"}
    request = await waiting(world)
    said = asked(world, request)
    url = "https://cpd.acme.example/speech-to-text/instances/1/api/v1/customizations/id-cluster/words/WORD"
    assert f"curl -X PUT {url} " in said
    assert "Authorization: Bearer $TOKEN" in said


async def test_added(slack: Slack, world: World):
    """The word reaches the service once as it was typed, the run goes on by itself, and the thread says who did it."""
    world.chat.people[ADA] = Person(ADA, "Ada", "T1")
    request = await waiting(world)
    answer, window = await add(slack, request, word="AFC", sounds="a f c\n\n af see ", display="A.F.C.")
    assert "Adding `AFC`" in str(answer)
    assert "`AFC` is in *cluster*" in window
    assert world.speech.words[ID] == {"AFC": Word("AFC", ("a f c", "af see"), "A.F.C.")}
    for _ in range(2):
        await world.ring(after=4)
    assert [action for action, _, _ in world.speech.begun] == ["train"]
    said = asked(world, request)
    assert "Changed: *cluster*, `AFC` added by Ada" in said
    assert "Add a word…" not in said
    assert "Waiting for" not in str(world.chat.keyed(f"request:{request.id}:card").message)


@pytest.mark.parametrize(
    ("typed", "at", "said"),
    [
        ({"word": ""}, "word", "Type the word"),
        ({"word": "New York"}, "word", "no spaces"),
        ({"word": "a/b"}, "word", "cannot have /"),
        ({"word": ".."}, "word", "cannot have"),
        ({"word": "what?"}, "word", "cannot have"),
        ({"word": "a\u200bb"}, "word", "does not show"),
        ({"word": "a" * 101}, "word", "at most 100"),
        ({"sounds": "\n".join("abcdef")}, "sounds", "At most 5 lines"),
        ({"sounds": "seventy 5"}, "sounds", "No digits"),
        ({"sounds": "a" * 41}, "sounds", "at most 40"),
        ({"display": "a" * 101}, "display", "at most 100"),
    ],
)
async def test_what_the_service_would_not_take(slack: Slack, world: World, typed: dict[str, str], at: str, said: str):
    """It is said at its input, and nothing is sent."""
    request = await waiting(world)
    answer, _ = await add(slack, request, **typed)
    assert answer["response_action"] == "errors"
    assert list(answer["errors"]) == [at]
    assert said in answer["errors"][at]
    assert "add_word" not in world.speech.calls


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (ModelBusy("stt is handling another request for this model.", instance="stt", status=409), "another request"),
        (RequestRefused("stt refused the request (400).", instance="stt", status=400, detail="no <b>"), "no <b>"),
        (ServiceUnavailable("stt cannot be reached.", instance="stt"), "cannot be reached"),
        (ModelGone("gone: deleted.", instance="stt", status=401), "gone"),
    ],
)
async def test_refused_by_the_service(slack: Slack, world: World, fault: Any, said: str):
    """The window says what the service said; the run still waits, and the next try succeeds."""
    request = await waiting(world)
    world.speech.fail["add_word"] = [fault]
    _, window = await add(slack, request)
    assert said in window
    assert [row["action"] for row in world.store.audit.all() if "word" in row["action"]] == ["add word", "word refused"]
    assert "Add a word…" in asked(world, request)
    _, window = await add(slack, request)
    assert "is in *cluster*" in window


async def test_no_answer_and_it_is_there(slack: Slack, world: World):
    """The answer was lost: a look finds the word, it is not sent again, and the run goes on."""
    request = await waiting(world)
    world.speech.lose_words = 1
    _, window = await add(slack, request)
    assert "No answer came" in window
    for _ in range(3):
        await world.ring(after=5)
    assert world.speech.calls.count("add_word") == 1
    assert [action for action, _, _ in world.speech.begun] == ["train"]
    assert "word added" in [row["action"] for row in world.store.audit.all()]


async def test_no_answer_and_it_is_not_there(slack: Slack, world: World):
    """Not before it can have arrived: then whoever added it is asked by name to do it again, once."""
    request = await waiting(world)
    world.speech.fail["add_word"] = [OutcomeUnknown("lost", instance="stt")]
    await add(slack, request, user=GRACE)
    await world.ring(after=10)
    assert not [said for said in world.chat.said if "not added" in said.text]
    for _ in range(8):
        await world.ring(after=10)
    (said,) = (said for said in world.chat.said if "not added" in said.text)
    assert said.text.startswith("<@UGRACE>: *not added*: AFC to *cluster*")
    assert world.speech.words == {}
    assert world.store.words.open() == ()
    _, window = await add(slack, request, user=GRACE)
    assert "is in *cluster*" in window


async def test_it_is_not_there_and_nothing_waits_for_it(slack: Slack, world: World):
    """Somebody else changed the model meanwhile: nobody is asked to add what can't be added any more."""
    request = await waiting(world)
    world.speech.fail["add_word"] = [OutcomeUnknown("lost", instance="stt")]
    await add(slack, request, user=GRACE)
    world.speech.kept["id-cluster"] = replace(world.speech.kept["id-cluster"], status="ready")
    for _ in range(9):
        await world.ring(after=10)
    (said,) = (said for said in world.chat.said if "not added" in said.text)
    assert said.text.endswith("The request went on without it.")


async def test_the_process_dies_between(slack: Slack, world: World):
    """Written, and perhaps sent: the next process looks, says the truth, and sends nothing by itself."""
    request = await waiting(world)
    run, word = request.first, Word("AFC")
    for typed in (word, Word("NFC")):
        with world.store.transaction():
            assert world.store.words.intend(f"V-{typed.word}", run, REF, typed, ADA, world.clock.now())
    await world.speech.add_word(ID, word)
    calls = world.speech.calls.count("add_word")
    world.crash()
    for _ in range(6):
        await world.ring(after=11)
    assert world.speech.calls.count("add_word") == calls
    outcomes = {one.word.word: str(one.outcome) for one in world.store.words.of_run(run.id)}
    assert outcomes == {"AFC": "added", "NFC": "missing"}


async def test_sent_twice(slack: Slack, world: World):
    """The same form again, at the same time or later, sends nothing more and hears the same."""
    request = await waiting(world)
    form, view = {"callback_id": "word", "private_metadata": f"{request.id}.{request.first.id}"}, "V1"
    await asyncio.gather(*(slack.submit(form, inputs(), view_id=view) for _ in range(2)))
    await slack.submit(form, inputs(), view_id=view)
    assert world.speech.calls.count("add_word") == 1
    assert "is in *cluster*" in str(world.chat.views[view])


async def test_two_people_at_once(slack: Slack, world: World):
    """While nobody knows what became of the first word, a second one waits."""
    request = await waiting(world)
    world.speech.fail["add_word"] = [OutcomeUnknown("lost", instance="stt")]
    await add(slack, request, user=GRACE)
    _, window = await add(slack, request, user=ADA, word="NFC")
    assert "<@UGRACE> is adding `AFC` right now" in window
    assert world.speech.calls.count("add_word") == 1


async def test_the_wrong_person(slack: Slack, world: World):
    """Neither requester nor owner nor approver: refused with who may, and one row says so."""
    request = await waiting(world)
    _, said = await add(slack, request, user=MEI)
    assert "Only <@UADA> or <!subteam^SAPPROVE> can add a word on `stt`" in said
    assert world.speech.words == {}
    assert [row["action"] for row in world.store.audit.all() if row["actor"] == MEI] == ["denied"]


async def test_an_owner(slack: Slack, world: World):
    """Whom the model belongs to may, also as one of a group."""
    world.chat.people[MEI] = Person(MEI, "Mei", "T1", groups=frozenset({"SSPEECH"}))
    on_a_cluster(world, "cluster")
    await world.inventory.refresh()
    world.store.owners.assign(REF, "SSPEECH", ADA, world.clock.now())
    request = await waiting(world)
    _, window = await add(slack, request, user=MEI)
    assert "is in *cluster*" in window


async def cancelled(world: World, request: Request) -> None:
    assert (await world.wish("cancel", request, GRACE)).allowed


async def frozen(world: World, request: Request) -> None:
    await world.freezes.freeze("stt", "fair", TOMAS, world.clock.now() + timedelta(days=1))


async def held(world: World, request: Request) -> None:
    until = world.clock.now().date() + timedelta(days=9)
    await world.snoozer.snooze(Wish(SnoozeKind.HOLD, Reach.MODEL, REF, until, by_version=False, reason="x"), ADA, "V9")


async def changed(world: World, request: Request) -> None:
    world.speech.kept[ID] = replace(world.speech.kept[ID], status="ready")


async def analysed(world: World, request: Request) -> None:
    world.speech.kept[ID] = replace(world.speech.kept[ID], status="pending")


async def deleted(world: World, request: Request) -> None:
    del world.speech.kept[ID]


async def known(world: World, request: Request) -> None:
    world.speech.words[ID] = {"AFC": Word("AFC", (), "AFC")}


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (cancelled, "does not wait for a change of *cluster*: it is stopped"),
        (frozen, "is frozen until"),
        (held, "End the hold first"),
        (changed, "was changed already"),
        (analysed, "has the status `pending`"),
        (deleted, "is no longer in `stt`"),
        (known, "so that changes nothing"),
    ],
)
async def test_what_came_meanwhile(slack: Slack, world: World, happens: Any, said: str):
    """Between the form and its submission: nothing is sent, and the window says what to do."""
    request = await waiting(world)
    about = f"{request.id}.{request.first.id}"
    await slack.click(f"word:{request.first.id}", about)
    view = list(world.chat.views)[-1]
    await happens(world, request)
    answer = await slack.submit({"callback_id": "word", "private_metadata": about}, inputs(), view_id=view)
    assert said in f"{answer} {world.chat.views[view]}"
    assert "add_word" not in world.speech.calls
    assert [row for row in world.store.audit.all() if row["action"] == "refused"]


async def test_several(world: World):
    """One line for each person that is asked, and a button for each model."""
    request = await waiting(world, "cluster", "other")
    card = str(world.chat.keyed(f"request:{request.id}:card").message)
    first = next(run for run in request.runs if run.waits_for_a_person)
    assert f"*Waiting for <@UADA>:* add or change a word, corpus or grammar of *{first.plan.model.name}*" in card
    assert f"Add a word to {first.plan.model.name}…" in card


async def test_nothing_is_asked_once_it_ended(slack: Slack, world: World):
    """A cancelled request leaves no button that would refuse."""
    request = await waiting(world)
    await cancelled(world, request)
    assert world.request(request.id).state is RequestState.CANCELLED
    await world.ring(after=4)
    assert "No change needed for *cluster*" in asked(world, request)
    assert "Add a word…" not in str(world.chat.keyed(f"request:{request.id}:card").message)
