"""Every documented procedure from the request to the proof: real flows, real adapter, the local service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.adapters.ibm_auth import IbmAuth
from bot.adapters.watson import WatsonSpeech
from bot.domain.outcomes import StepEnd
from bot.domain.plans import NoPlan
from bot.domain.requests import Request, RequestState
from bot.domain.runs import RunState
from bot.settings import authenticator
from sandbox.watson.server import SpeechServer
from tests.contract.conftest import Time
from tests.fakes import FrozenClock
from tests.world import ADA, World

REFUSED = {"code": 400, "error": "This model cannot be upgraded."}
"""A refusal in the service's own words."""


class Procedure:
    """A bot over the local service; one clock for both."""

    def __init__(self, world: World, server: SpeechServer, time: Time) -> None:
        self.world = world
        self.server = server
        self.time = time

    async def ask(self, *names: str, trained_with: str | None = None, training: bool = False) -> Request:
        """Asked and approved; for an acoustic model after its language model (or `none`) was told."""
        if trained_with is not None:
            await self.world.inventory.refresh()
            ref = (await self.world.inventory.find(names[0])).model.ref
            id = None if trained_with == "none" else self.server.world.model(trained_with).customization_id
            await self.world.requests.link(ref, id, ADA)
        request = await self.world.asked(*names, training=training)
        assert (await self.world.approve(request)).allowed
        return request

    async def pass_time(self, seconds: float) -> None:
        self.time.advance(seconds)
        await self.world.ring(after=seconds)

    async def finish(self, request: Request, step: float = 60, most: int = 400) -> Request:
        """Lets time pass until the request ends."""
        for _ in range(most):
            await self.pass_time(step)
            now = self.world.request(request.id)
            if now.ended_at is not None:
                await self.pass_time(5)
                return now
        pytest.fail(f"{now.state}: {[(r.step.action, r.state) for r in now.first.steps]}")

    def posts(self) -> list[str]:
        """What was sent to begin something: the last part of the path, with its query."""
        sent = []
        for call in self.server.calls:
            if call.method == "POST" and call.path.endswith(("/upgrade_model", "/train")):
                query = "&".join(f"{key}={value}" for key, value in sorted(call.query.items()))
                sent.append(f"{call.path.rsplit('/', 1)[1]}{f'?{query}' if query else ''}")
        return sent

    def end(self, request: Request) -> str:
        return self.world.chat.keyed(f"request:{request.id}:end").text


@pytest.fixture
async def procedure(
    tmp_path: Path, server: SpeechServer, services: dict[str, WatsonSpeech], time_of_service: Time
) -> AsyncIterator[Procedure]:
    """Everything but Slack is real."""
    clock = FrozenClock(datetime.fromtimestamp(time_of_service.at, UTC))
    world = World(tmp_path / "p.db", clock=clock, services=dict(services))
    yield Procedure(world, server, time_of_service)
    world.close()


@pytest.mark.parametrize("name", ["call-center-us", "pharmacy-zh", "ward-notes-ja"])
async def test_language_model(procedure: Procedure, name: str):
    """Previous and next generation, on IBM Cloud and on a cluster: one upgrade_model, proven by a new version."""
    before = list(procedure.server.world.model(name).versions)
    request = await procedure.finish(await procedure.ask(name))
    after = list(procedure.server.world.model(name).versions)
    assert request.state is RequestState.DONE, procedure.end(request)
    assert procedure.posts() == ["upgrade_model"]
    assert after[:-1] == before
    assert after[-1] in procedure.end(request)


async def test_several_models(procedure: Procedure):
    """One request over IBM Cloud and a cluster: the second is sent only after the proof of the first."""
    request = await procedure.ask("call-center-us", "ward-notes-ja")
    for _ in range(400):
        await procedure.pass_time(10)
        if len(procedure.posts()) == 2:
            break
    under_way = procedure.world.request(request.id)
    assert [run.state for run in under_way.runs] == [RunState.DONE, RunState.RUNNING]
    assert under_way.first.brought == procedure.server.world.model(under_way.first.plan.model.name).versions[-1]
    ended = await procedure.finish(request)
    assert ended.state is RequestState.DONE, procedure.end(ended)
    assert procedure.posts() == ["upgrade_model"] * 2


@pytest.mark.parametrize("name", ["claims-hotline", "ward-notes-ja"])
async def test_ready_language_model(procedure: Procedure, name: str):
    """Upgraded before it is trained, on both deployments; then its training is asked for like an upgrade."""
    procedure.server.world.set_status(name, "ready")
    request = await procedure.finish(await procedure.ask(name))
    assert request.state is RequestState.DONE
    assert procedure.posts() == ["upgrade_model"]
    assert procedure.server.world.model(name).status == "ready"
    assert "untrained" in procedure.end(request)
    trained = await procedure.finish(await procedure.ask(name, training=True))
    assert trained.state is RequestState.DONE, procedure.end(trained)
    assert procedure.posts() == ["upgrade_model", "train"]
    assert procedure.server.world.model(name).status == "available"


async def test_improved_base_on_ibm_cloud(procedure: Procedure):
    """train?force=true, never upgrade_model."""
    request = await procedure.finish(await procedure.ask("trading-floor"))
    assert request.state is RequestState.DONE, procedure.end(request)
    assert procedure.posts() == ["train?force=true"]
    card = str(procedure.world.chat.keyed(f"request:{request.id}:card").message.blocks)
    assert "trading-floor" in card


async def test_improved_base_on_a_cluster(procedure: Procedure):
    """Waits for a change by a person, told what to do; goes on by itself; then trains without force."""
    request = await procedure.ask("branch-office-us")
    await procedure.pass_time(10)
    for _ in range(3):
        await procedure.pass_time(30)
    asked = procedure.world.chat.keyed(f"request:{request.id}:ask:{request.first.id}.1").text
    assert "Add or change a word" in asked
    assert procedure.posts() == []
    model = procedure.server.world.model("branch-office-us")
    url = f"{procedure.server.environment()['STT_CLUSTER_URL']}/v1/customizations/{model.customization_id}/words/Retune"
    async with httpx.AsyncClient(auth=IbmAuth(authenticator("stt-cluster"))) as http:
        answer = await http.put(url, json={"sounds_like": ["re tune"]})
        assert answer.is_success, answer.text
    ended = await procedure.finish(request)
    assert ended.state is RequestState.DONE, procedure.end(ended)
    assert procedure.posts() == ["train"]


@pytest.mark.parametrize("name", ["stadium-noise", "loja-ruido-br"])
async def test_acoustic_model_alone(procedure: Procedure, name: str):
    """One pass, polled every minute; the estimate is the length of the audio, once to twice."""
    request = await procedure.finish(await procedure.ask(name, trained_with="none"))
    assert request.state is RequestState.DONE, procedure.end(request)
    assert procedure.posts() == ["upgrade_model"]
    assert request.first.plan.estimate is not None
    minutes = procedure.server.world.model(name).data.minutes(procedure.time.at)
    assert request.first.plan.estimate.low / 60 == pytest.approx(minutes, abs=1)


@pytest.mark.parametrize(
    ("acoustic", "language"), [("kiosk-booth", "kiosk-terms"), ("loja-ruido-br", "atendimento-br")]
)
async def test_acoustic_model_with_a_language_model(procedure: Procedure, acoustic: str, language: str):
    """On IBM Cloud and on a cluster: language model, acoustic model alone, then with it; `force` only when refused."""
    subject, trained_with = procedure.server.world.model(acoustic), procedure.server.world.model(language)
    subject.language_model = trained_with.customization_id
    request = await procedure.finish(await procedure.ask(acoustic, trained_with=language))
    assert request.state is RequestState.DONE, procedure.end(request)
    last = f"upgrade_model?custom_language_model_id={trained_with.customization_id}"
    posts = procedure.posts()
    assert posts[:3] == ["upgrade_model", "upgrade_model", last]
    assert posts[3:] == ([f"{last}&force=true"] if request.first.steps[-1].forced else [])
    assert subject.versions[-1] == trained_with.versions[-1]
    card = str(procedure.world.chat.keyed(f"request:{request.id}:card").message.blocks)
    assert acoustic in card
    assert language in card  # it is changed for good as well


async def test_only_what_was_left_undone(procedure: Procedure):
    """The last step was refused for another reason: asked again, it alone is sent."""
    request = await procedure.ask("kiosk-booth", trained_with="kiosk-terms")
    for _ in range(400):
        await procedure.pass_time(60)
        if len(procedure.posts()) == 2:
            break
    procedure.server.faults.add("answer", "*/upgrade_model", status=400, body=REFUSED)
    failed = await procedure.finish(request)
    assert failed.state is RequestState.FAILED
    sent = len(procedure.posts())
    again = await procedure.finish(await procedure.ask("kiosk-booth"))
    assert again.state is RequestState.DONE, procedure.end(again)
    assert len(again.first.plan.steps) == 1
    assert all("custom_language_model_id" in post for post in procedure.posts()[sent:])


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize(
    ("name", "version"), [("newsroom-us", "en-US.v2026-03-01"), ("hotline-fr-ca", "fr-CA_Telephony.v2022-12-01")]
)
async def test_where_no_page_is_certain(procedure: Procedure, name: str, version: str, refused: bool):
    """Large models, and bases on which IBM's pages disagree: upgrade_model; a forced training only after a refusal."""
    world = procedure.server.world
    model = world.model(name)
    if version not in [v for m in world.instance(model.instance).everything() for v in m.versions]:
        world.release(model.instance, model.base_model_name, version)
        world.add_model(model.instance, "language", "sibling", model.base_model_name, versions=[version])
    if refused:
        procedure.server.faults.add("answer", "*/upgrade_model", status=400, body=REFUSED)
    request = await procedure.finish(await procedure.ask(name))
    if refused:
        assert procedure.posts() == ["upgrade_model", "train?force=true"]
        first = request.first.steps[0].outcome
        assert first is not None
        assert first.end is StepEnd.REFUSED
        assert ("is upgraded" in procedure.end(request)) is (model.versions[-1] == version)
        assert ("no newer version is shown" in procedure.end(request)) is (model.versions[-1] != version)
    else:
        assert procedure.posts() == ["upgrade_model"]
        assert model.versions[-1] == version
    assert request.state is RequestState.DONE, procedure.end(request)


@pytest.mark.parametrize(
    ("outcome", "end", "said"),
    [
        ("failed", StepEnd.BROKEN, "ended it with the status failed"),
        ("unchanged", StepEnd.UNCHANGED, "nothing changed"),
        ("deleted", StepEnd.DELETED, "somebody deleted it"),
    ],
)
async def test_ends_without_success(procedure: Procedure, outcome: str, end: StepEnd, said: str):
    """What the service did is the truth: no such end is called done, and each says what to do."""
    request = await procedure.ask("call-center-us")
    procedure.server.faults.next_outcome("call-center-us", outcome)  # type: ignore[arg-type]  # one of its outcomes
    ended = await procedure.finish(request, step=10)
    assert ended.state is RequestState.FAILED
    assert said in procedure.end(ended)
    assert "*failed*" in procedure.end(ended)
    assert ended.first.failure is not None
    assert ended.first.failure.end is end


async def test_never_ends(procedure: Procedure):
    """A status that never ends keeps it running: it is watched, and said to be late."""
    request = await procedure.ask("call-center-us")
    procedure.server.faults.next_outcome("call-center-us", "stuck")
    for _ in range(200):
        await procedure.pass_time(60)
    assert procedure.world.request(request.id).state is RequestState.RUNNING
    late = f"request:{request.id}:late:{request.first.id}.1"
    assert [said.key for said in procedure.world.chat.said].count(late) == 1
    assert procedure.posts() == ["upgrade_model"]


async def test_the_answer_is_lost(procedure: Procedure):
    """The upgrade began, nobody told us: found out by looking, and sent once."""
    request = await procedure.ask("call-center-us")
    procedure.server.faults.lose("*/upgrade_model")
    ended = await procedure.finish(request, step=10)
    assert ended.state is RequestState.DONE
    assert procedure.posts() == ["upgrade_model"]


@pytest.mark.parametrize("status", [200, 404, 502, 503])
@pytest.mark.parametrize("name", ["call-center-us", "trading-floor"])
async def test_a_gateway_answers_after_it_began(procedure: Procedure, name: str, status: int):
    """An upgrade, and a training with `force`: found out by looking, sent once, done, and never said not to be sent."""
    request = await procedure.ask(name)
    body = "<html>gateway</html>"
    procedure.server.faults.instead("*/upgrade_model", status, body)
    procedure.server.faults.instead("*/train", status, body)
    ended = await procedure.finish(request, step=10)
    assert ended.state is RequestState.DONE, procedure.end(ended)
    assert len(procedure.posts()) == 1
    assert "othing was sent" not in procedure.end(ended)


async def test_a_503_after_the_second_upgrade_of_an_acoustic_model(procedure: Procedure):
    """It brings no version: the moved date, or the status, shows that it began. It is not sent twice."""
    subject, trained_with = (procedure.server.world.model(name) for name in ("loja-ruido-br", "atendimento-br"))
    subject.language_model = trained_with.customization_id
    request = await procedure.ask("loja-ruido-br", trained_with="atendimento-br")
    for _ in range(400):
        await procedure.pass_time(60)
        if len(procedure.posts()) == 2:
            break
    procedure.server.faults.instead("*/upgrade_model", 503, {"code": 503})
    ended = await procedure.finish(request)
    assert ended.state is RequestState.DONE, procedure.end(ended)
    last = f"upgrade_model?custom_language_model_id={trained_with.customization_id}"
    assert procedure.posts()[2:] == [last] + ([f"{last}&force=true"] if ended.first.steps[-1].forced else [])


@pytest.mark.parametrize(
    "name", ["museum-guide", "ivr-uk", "drafts", "broken-corpus", "night-training", "support-desk-us"]
)
async def test_what_gets_no_plan(procedure: Procedure, name: str):
    """Retired, to be created again, empty, failed, busy, current: a reason instead of a request."""
    await procedure.world.inventory.refresh()
    prepared = await procedure.world.planning.prepare((await procedure.world.inventory.find(name)).model.ref)
    assert isinstance(prepared.outlook, NoPlan)
    assert procedure.posts() == []
