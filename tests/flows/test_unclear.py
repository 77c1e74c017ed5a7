"""A request whose answer proves nothing: looked at, sent again once, then asked about; for one model and several."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.approvals import Wish
from bot.domain.authority import Reason
from bot.domain.fleet import Holdings
from bot.domain.outcomes import Outcome, StepEnd
from bot.domain.requests import Request, RequestState
from bot.domain.runs import RunState, StepState
from bot.errors import (
    CredentialsRefused,
    ModelBusy,
    ModelDenied,
    ModelGone,
    OutcomeUnknown,
    PlanRefused,
    RequestRefused,
    RetuneError,
    ServiceUnavailable,
    StoreUnavailable,
)
from bot.flows import sending
from bot.ports import Receipt
from tests.world import ADA, GRACE, NEW, OLD, TOMAS, World, model

ID = "id-call-center-us"
LOST = OutcomeUnknown("lost", instance="stt")
GATEWAY = OutcomeUnknown("503", instance="stt", status=503, transaction="tx-9")
NAMES = [("call-center-us",), ("call-center-us", "other")]


def unanswered(world: World, *errors: RetuneError) -> None:
    world.speech.fail["begin"] = list(errors)


async def rings(world: World, count: int, after: float = 10) -> None:
    for _ in range(count):
        await world.ring(after=after)


async def approved(world: World, names: tuple[str, ...] = ("call-center-us",)) -> Request:
    world.fleet()
    if "other" in names:
        world.speech.add(model("other"), Holdings(corpora=1))
    return await world.approved(*names)


async def unclear(world: World, names: tuple[str, ...] = ("call-center-us",)) -> Request:
    """Two gateways answered, and nothing shows that it began."""
    request = await approved(world, names)
    unanswered(world, GATEWAY, GATEWAY)
    await world.ring()
    await rings(world, 16)
    request = world.request(request.id)
    assert request.first.unclear
    return request


def message(world: World, request: Request) -> str:
    (said,) = [said for said in world.chat.said if said.key.startswith(f"request:{request.id}:unclear:")]
    return said.text


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("error", [LOST, GATEWAY])
async def test_accepted_and_a_gateway_answered(
    world: World, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], error: OutcomeUnknown
):
    """It began: the run goes on to its proof, sent once, and nobody hears that it failed or that nothing was sent."""
    request = await approved(world, names)
    begin = world.speech.begin

    async def through_a_gateway(*args: Any, **options: Any) -> Receipt:
        await begin(*args, **options)
        raise error

    monkeypatch.setattr(world.speech, "begin", through_a_gateway)
    await world.ring()
    monkeypatch.setattr(world.speech, "begin", begin)
    await rings(world, 20)
    assert world.request(request.id).first.steps[0].state is StepState.WAITING
    world.speech.finish(ID)
    await rings(world, 3)
    run = world.request(request.id).first
    assert run.state is RunState.DONE
    assert run.steps[0].outcome is not None
    assert run.steps[0].outcome.end is StepEnd.PROVEN
    assert [id for _, id, _ in world.speech.begun].count(ID) == 1
    assert "othing was sent" not in " ".join(said.text for said in world.chat.said)


@pytest.mark.parametrize("shown", ["updated", "versions"])
async def test_what_was_over_between_two_readings(world: World, shown: str):
    """Busy was never seen; a new version is the proof, a moved date shows that it began."""
    request = await approved(world)
    unanswered(world, GATEWAY)
    await world.ring()
    facts: dict[str, Any] = {"updated": world.clock.now()} if shown == "updated" else {"versions": (OLD, NEW)}
    world.speech.kept[ID] = replace(world.speech.kept[ID], **facts)
    await rings(world, 30)
    run = world.request(request.id).first
    assert world.speech.calls.count("begin") == 1
    assert run.state is (RunState.FAILED if shown == "updated" else RunState.DONE)


@pytest.mark.parametrize("names", NAMES)
async def test_sent_again_once_and_then_asked(world: World, names: tuple[str, ...]):
    """Four readings after the time-out, twice; the thread asks, the card shows the buttons, the audit has the rows."""
    request = await unclear(world, names)
    assert world.speech.calls.count("begin") == 2
    await rings(world, 30)
    assert world.speech.calls.count("begin") == 2
    said = message(world, request)
    assert "answered with 503" in said
    assert "Nothing more is sent until an approver chooses" in said
    assert "tx-9" in said
    card = world.chat.keyed(f"request:{request.id}:card")
    assert {"Send again…", "Mark as failed"} <= set(card.buttons)
    assert "unclear whether" in str(card.message.blocks)
    rows = [row["action"] for row in world.store.audit.all() if row["request"] == request.id]
    assert [action for action in rows if action in ("send", "not begun", "unclear")] == [
        *("send", "not begun", "send", "unclear")
    ]


async def test_the_service_shows_it_after_all(world: World):
    """While people think it over, the request arrives: the run goes on by itself, and there is nothing to decide."""
    request = await unclear(world)
    world.speech.kept[ID] = replace(world.speech.kept[ID], status="upgrading")
    world.speech.before[ID] = "available"
    await rings(world, 2)
    assert not world.request(request.id).first.unclear
    assert (await world.wish("send again", request)).reason is Reason.NOT_UNCLEAR
    assert not {"Send again…", "Mark as failed"} & set(world.chat.keyed(f"request:{request.id}:card").buttons)
    world.speech.finish(ID)
    await rings(world, 2)
    assert world.request(request.id).state is RequestState.DONE


@pytest.mark.parametrize("names", NAMES)
async def test_send_again(world: World, names: tuple[str, ...]):
    """An approval: not by the requester; sent once more, and asked about again if no answer comes."""
    request = await unclear(world, names)
    assert (await world.wish("send again", request, ADA)).reason is Reason.OWN_REQUEST
    unanswered(world, LOST)
    assert (await world.wish("send again", request, TOMAS)).allowed
    assert (await world.wish("send again", request, GRACE)).reason is Reason.NOT_UNCLEAR
    assert TOMAS in world.request(request.id).approved_by
    await world.ring()
    assert world.speech.calls.count("begin") == 3
    await rings(world, 10)
    assert world.request(request.id).first.unclear
    assert world.speech.calls.count("begin") == 3
    assert (await world.wish("send again", world.request(request.id), TOMAS)).allowed
    await world.ring()
    assert len(world.speech.begun) == 1
    rows = [(row["actor"], row["action"]) for row in world.store.audit.all()]
    assert rows.count((TOMAS, "send again")) == 2


async def test_what_was_given_up_arrives_late(world: World):
    """Busy when it is to be sent again: that is the request before, and nothing is sent."""
    request = await unclear(world)
    assert (await world.wish("send again", request)).allowed
    world.speech.kept[ID] = replace(world.speech.kept[ID], status="upgrading")
    world.speech.before[ID] = "available"
    await world.ring()
    assert world.speech.calls.count("begin") == 2
    world.speech.finish(ID)
    await rings(world, 2)
    ended = world.request(request.id).first.steps[0].outcome
    assert ended is not None
    assert ended.end is StepEnd.PROVEN
    assert world.speech.calls.count("begin") == 2


@pytest.mark.parametrize("names", NAMES)
async def test_mark_as_failed(world: World, names: tuple[str, ...]):
    """It ends here, with what nobody knows; it can be tried again, and the audit says who."""
    request = await unclear(world, names)
    assert (await world.wish("mark as failed", request, ADA)).reason is Reason.NOT_AN_APPROVER
    assert (await world.wish("mark as failed", request, GRACE)).allowed
    run = world.request(request.id).first
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.end is StepEnd.UNCLEAR
    await world.ring()
    end = "end" if len(names) == 1 else f"failed:{run.id}"
    text = world.chat.keyed(f"request:{request.id}:{end}").text
    assert "It may still do it" in text
    assert "othing was sent" not in text
    assert (GRACE, "mark as failed") in [(row["actor"], row["action"]) for row in world.store.audit.all()]
    assert (await world.wish("retry", world.request(request.id))).allowed
    await world.ring(after=20)
    assert len(world.speech.begun) == 1


async def test_a_status_that_nobody_knows(world: World):
    """Neither idle nor busy for ten minutes: nobody can say, and nothing is sent again by itself."""
    request = await approved(world)
    unanswered(world, LOST)
    await world.ring()
    world.speech.kept[ID] = replace(world.speech.kept[ID], status="hibernating")
    await rings(world, 70)
    assert world.request(request.id).first.unclear
    assert world.speech.calls.count("begin") == 1


async def test_a_crash_between_readings(world: World):
    """What was counted is kept; the request before the crash is the one that is looked for."""
    request = await approved(world)
    unanswered(world, LOST)
    await world.ring()
    await rings(world, 5)
    world.crash()
    await world.ring()
    assert world.speech.begun == []
    await rings(world, 1)
    assert len(world.speech.begun) == 1
    assert world.request(request.id).first.steps[0].unanswered == 1


async def test_as_long_as_it_asks_to_wait(world: World):
    """`Retry-After` of what proves nothing is kept."""
    await approved(world)
    unanswered(world, OutcomeUnknown("429", instance="stt", status=429, retry_after=120))
    await world.ring()
    looked = world.speech.calls.count("model")
    await rings(world, 11)
    assert world.speech.calls.count("model") == looked
    await rings(world, 2)
    assert world.speech.calls.count("model") > looked


@pytest.mark.parametrize("kind", [CredentialsRefused, PlanRefused, ModelDenied, ModelGone])
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_refusal_that_contradicts(world: World, kind: type[CredentialsRefused], times: int):
    """The model was just read: such a refusal is tried again twice before it is believed."""
    request = await approved(world)
    unanswered(world, *(kind("no.", instance="stt", status=401) for _ in range(times)))
    await world.ring()
    await rings(world, 8)
    assert len(world.speech.begun) == (1 if times < 3 else 0)
    assert world.request(request.id).state is (RequestState.RUNNING if times < 3 else RequestState.FAILED)


async def test_not_sent_again_is_what_the_thread_says(world: World):
    """Refused as busy, then done by somebody else: what was sent is not denied."""
    request = await approved(world)
    unanswered(world, ModelBusy("busy", instance="stt", status=409))
    await world.ring()
    world.speech.kept[ID] = replace(world.speech.kept[ID], versions=(OLD, NEW))
    await rings(world, 3)
    assert "Nothing more was sent" in world.chat.keyed(f"request:{request.id}:end").text


# An earlier request that may still arrive


def arrives_late(world: World, monkeypatch: pytest.MonkeyPatch, error: RetuneError) -> None:
    """The earlier request takes effect between our look and the next request, which is answered by *error*."""
    begin = world.speech.begin

    async def late(*_: Any, **__: Any) -> Receipt:
        world.speech.before[ID] = "available"
        world.speech.kept[ID] = replace(world.speech.kept[ID], status="upgrading")
        monkeypatch.setattr(world.speech, "begin", begin)
        raise error

    monkeypatch.setattr(world.speech, "begin", late)


@pytest.mark.parametrize(
    "error",
    [
        RequestRefused("another request is being handled", instance="stt", status=400),
        ModelBusy("busy", instance="stt", status=409),
        CredentialsRefused("no", instance="stt", status=401),
        ServiceUnavailable("cannot connect", instance="stt"),
    ],
)
async def test_a_later_refusal_proves_nothing_of_an_earlier_request(
    world: World, monkeypatch: pytest.MonkeyPatch, error: RetuneError
):
    """Sent again and refused, while the first arrived after all: it is watched to its proof, and nothing is failed."""
    request = await unclear(world)
    for _ in range(2):
        unanswered(world, LOST)
        assert (await world.wish("send again", world.request(request.id), TOMAS)).allowed
        await world.ring()
        await rings(world, 12)
    assert (await world.wish("send again", world.request(request.id), TOMAS)).allowed
    arrives_late(world, monkeypatch, error)
    await world.ring()
    await rings(world, 3)
    assert world.request(request.id).first.steps[0].state is StepState.WAITING
    world.speech.finish(ID)
    await rings(world, 3)
    assert world.request(request.id).state is RequestState.DONE


async def test_the_first_arrives_while_it_is_sent_again_by_itself(world: World, monkeypatch: pytest.MonkeyPatch):
    """No person was asked yet: the same."""
    request = await approved(world)
    unanswered(world, GATEWAY)
    await world.ring()
    arrives_late(world, monkeypatch, RequestRefused("busy", instance="stt", status=400))
    await rings(world, 16)
    assert world.request(request.id).first.steps[0].state is StepState.WAITING


async def test_cancelled_while_a_request_may_still_arrive(world: World):
    """It cannot be said that nothing begun is left: the last step goes to its end, or is called unclear."""
    request = await unclear(world)
    assert (await world.wish("send again", request, TOMAS)).allowed
    assert (await world.wish("cancel", world.request(request.id), GRACE)).reason is Reason.LAST_STEP
    assert world.request(request.id).state is RequestState.RUNNING


async def test_it_arrives_while_everything_is_frozen(world: World):
    """What the service shows is seen, although nothing may be sent."""
    request = await unclear(world)
    assert (await world.wish("send again", request, TOMAS)).allowed
    await world.freezes.freeze("", "fair", GRACE, world.clock.now() + timedelta(hours=1))
    world.speech.before[ID] = "available"
    world.speech.kept[ID] = replace(world.speech.kept[ID], status="upgrading")
    await rings(world, 2)
    assert world.request(request.id).first.steps[0].state is StepState.WAITING


async def test_no_longer_watching_what_is_unclear(world: World):
    """It ends as what it is: the thread says that the service may still do it."""
    request = await unclear(world)
    assert (await world.wish("stop", request, GRACE)).allowed
    outcome = world.request(request.id).first.steps[0].outcome
    assert outcome is not None
    assert outcome.end is StepEnd.UNCLEAR


async def test_what_is_known_of_an_earlier_request_changes_no_later_one(world: World):
    """A process that hung hears the answer to its request after another one sent it again."""
    request = await approved(world)
    await world.ring()
    record = world.request(request.id).first.steps[0]
    stale, now = replace(record, attempts=record.attempts - 1), world.clock.now()
    assert not world.store.journal.over(stale, StepState.FAILED, Outcome(StepEnd.REFUSED), now)
    world.store.journal.not_taken(stale, "busy", now, now)
    world.store.journal.answered(stale, "tx", now, now)
    assert world.request(request.id).first.steps[0] == record


async def test_an_answer_is_noted_although_the_database_is_locked(world: World, monkeypatch: pytest.MonkeyPatch):
    """The 200 is not forgotten: it is written as soon as the lock is gone."""
    monkeypatch.setattr(sending, "PAUSE", 0.0)
    request, answered = await approved(world), world.store.journal.answered
    locked = [StoreUnavailable("locked", done=True)] * 3

    def noted(*args: Any) -> None:
        if locked:
            raise locked.pop()
        answered(*args)

    monkeypatch.setattr(world.store.journal, "answered", noted)
    await world.ring()
    assert locked == []
    assert world.request(request.id).first.steps[0].state is StepState.WAITING


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("wish", ["mark as failed", "stop"])
async def test_whoever_marks_it_is_not_pinged(world: World, wish: Wish, names: tuple[str, ...]):
    """By the pause after it, or by the end, which mention the others it is news to; who marked it is named."""
    world.rebuild(named=(GRACE, TOMAS))
    request = await unclear(world, names)
    assert (await world.wish(wish, request)).allowed
    await world.ring()
    if len(names) > 1:  # the other one goes on, and is marked too
        pause = next(said for said in world.chat.said if ":pause:" in said.key)
        assert pause.text.startswith(f"Ugrace or <@{TOMAS}>: *paused*")
        assert (await world.wish("resume", request)).allowed
        unanswered(world, GATEWAY, GATEWAY)
        await rings(world, 18)
        (left,) = [run for run in world.request(request.id).runs if run.unclear]
        assert (await world.wish(wish, request, run=left.id)).allowed
        await world.ring()
    assert world.request(request.id).state is RequestState.FAILED
    end = world.chat.keyed(f"request:{request.id}:end")
    said = f"{end.text}{end.message.blocks}"
    assert end.text.startswith(f"<@{ADA}> ")
    assert (f"<@{GRACE}>" in said, "Ugrace" in said) == (False, True)
