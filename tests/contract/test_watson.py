"""The Speech to Text adapter against the local service: authentication, reading, beginning, and every failure."""

from __future__ import annotations

import pytest

from bot.adapters.ibm_auth import IbmAuth
from bot.adapters.watson import WatsonSpeech
from bot.adapters.watson_routes import client
from bot.domain.observations import Stage, stage_of
from bot.domain.plans import Action
from bot.errors import (
    AnswerUnreadable,
    CredentialsRefused,
    ModelBusy,
    ModelGone,
    OutcomeUnknown,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
)
from bot.settings import authenticator
from sandbox.watson.server import SpeechServer
from tests.contract.conftest import Time

Services = dict[str, WatsonSpeech]
UNKNOWN = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize("name", ["speech-to-text", "stt-frankfurt", "stt-cluster"])
async def test_reads_every_instance(services: Services, name: str):
    """IAM, basic and Cloud Pak for Data: models of both kinds, and the bases that are served."""
    language, acoustic = await services[name].models("language"), await services[name].models("acoustic")
    assert language
    bases = await services[name].bases()
    assert all(model.instance == name for model in (*language, *acoustic))
    assert any(model.base in bases for model in language)


async def test_lists_say_how_large_they_are(services: Services, server: SpeechServer):
    """What a list moved is measured: it grows with each model."""
    stt = services["speech-to-text"]
    before = await stt.models("language")
    await stt.create("language", "one more", "en-US_NarrowbandModel")
    after = await stt.models("language")
    assert len(after) == len(before) + 1
    assert before.size / len(before) == pytest.approx(after.size / len(after), rel=0.2)
    assert 200 < after.size - before.size < 1000


async def test_one_model(services: Services, server: SpeechServer):
    """A model by its id is the one of the list."""
    stt = services["speech-to-text"]
    listed = {model.name: model for model in await stt.models("language")}
    hero = await stt.model("language", listed["call-center-us"].id)
    assert hero == listed["call-center-us"]
    assert hero.versions == tuple(server.world.model("call-center-us").versions)
    assert hero.created is not None


async def test_holdings(services: Services, server: SpeechServer):
    """Data is counted, bad data is named, an empty model is empty."""
    stt = services["speech-to-text"]
    listed = {model.name: model for model in (*await stt.models("language"), *await stt.models("acoustic"))}
    hero = await stt.holdings(listed["call-center-us"])
    assert hero.corpora
    assert not hero.empty
    assert (await stt.holdings(listed["drafts"])).empty
    assert (await stt.holdings(listed["broken-corpus"])).invalid
    assert (await stt.holdings(listed["stadium-noise"])).audio_minutes == pytest.approx(95, abs=1)


async def test_an_upgrade(services: Services, server: SpeechServer, time_of_service: Time):
    """Begun with a receipt, seen upgrading, and after its time the new version is there and the status is back."""
    stt, id = services["speech-to-text"], server.world.model("call-center-us").customization_id
    before = await stt.model("language", id)
    receipt = await stt.begin(Action.UPGRADE, "language", id)
    assert receipt.transaction
    assert (await stt.model("language", id)).status == "upgrading"
    with pytest.raises(ModelBusy):
        await stt.begin(Action.UPGRADE, "language", id)
    time_of_service.advance(3600)
    after = await stt.model("language", id)
    assert after.status == before.status
    assert len(after.versions or ()) == len(before.versions or ()) + 1


async def test_a_training_with_force(services: Services, server: SpeechServer, time_of_service: Time):
    """How an improved base is upgraded on IBM Cloud."""
    stt, id = services["speech-to-text"], server.world.model("trading-floor").customization_id
    before = await stt.model("language", id)
    await stt.begin(Action.FORCE_TRAIN, "language", id, force=True)
    assert (await stt.model("language", id)).status == "training"
    time_of_service.advance(7200)
    after = await stt.model("language", id)
    assert after.status == "available"
    assert after.updated != before.updated


async def test_an_id_that_is_not_known(services: Services):
    """401 means either wrong credentials or an unknown id: the adapter finds out which."""
    with pytest.raises(ModelGone):
        await services["speech-to-text"].model("language", UNKNOWN)


async def test_a_wrong_key(server: SpeechServer, monkeypatch: pytest.MonkeyPatch):
    """A key that IAM does not know, and one that the service does not know."""
    for name, prefix in (("speech-to-text", "SPEECH_TO_TEXT"), ("stt-frankfurt", "STT_FRANKFURT")):
        variable = "APIKEY" if f"{prefix}_APIKEY" in server.environment() else "PASSWORD"
        monkeypatch.setenv(f"{prefix}_{variable}", "wrong")
        async with client(True) as http:
            stt = WatsonSpeech(name, "cloud", http, server.environment()[f"{prefix}_URL"], IbmAuth(authenticator(name)))
            with pytest.raises(CredentialsRefused) as caught:
                await stt.models("language")
        assert "key" in caught.value.text


async def test_an_unreachable_instance(server: SpeechServer, unused_tcp_port: int):
    """Nobody listens: said as such, and trying again can help."""
    async with client(True) as http:
        stt = WatsonSpeech(
            "stt-frankfurt",
            "cloud",
            http,
            f"http://127.0.0.1:{unused_tcp_port}",
            IbmAuth(authenticator("stt-frankfurt")),
        )
        with pytest.raises(ServiceUnavailable) as caught:
            await stt.begin(Action.UPGRADE, "language", UNKNOWN)
    assert not caught.value.permanent


async def test_an_expired_token_is_renewed(services: Services, server: SpeechServer):
    """A 401 for a token that ended is tried once more with a new one."""
    await services["speech-to-text"].models("language")
    server.faults.expire_tokens()
    assert await services["speech-to-text"].models("language")


@pytest.mark.parametrize("fault", ["unavailable", "too_many", "html", "cut"])
async def test_reading_is_retried(services: Services, server: SpeechServer, fault: str):
    """One 503, 429, gateway page or cut connection is not worth a word when reading."""
    getattr(server.faults, fault)("*/customizations")
    assert await services["stt-frankfurt"].models("language")


async def test_reading_gives_up(services: Services, server: SpeechServer):
    """A service that stays down is said to be unavailable."""
    server.faults.html("*/customizations", times=None)
    with pytest.raises(ServiceUnavailable):
        await services["stt-frankfurt"].models("language")


async def test_nonsense(services: Services, server: SpeechServer):
    """A 200 that is not what was promised is never taken for an answer."""
    server.faults.nonsense("*/customizations")
    with pytest.raises(AnswerUnreadable):
        await services["stt-frankfurt"].models("language")


async def test_a_lost_answer_is_not_repeated(services: Services, server: SpeechServer):
    """The upgrade began and its answer was lost: sent once, and nobody claims to know."""
    stt, id = services["speech-to-text"], server.world.model("call-center-us").customization_id
    server.faults.lose("*/upgrade_model")
    with pytest.raises(OutcomeUnknown):
        await stt.begin(Action.UPGRADE, "language", id)
    assert [call.method for call in server.calls].count("POST") == 1
    assert (await stt.model("language", id)).status == "upgrading"


async def test_503_to_a_beginning_proves_nothing(services: Services, server: SpeechServer):
    """It is not repeated by the transport; the runner looks, and not before the service wants to be asked."""
    stt, id = services["speech-to-text"], server.world.model("call-center-us").customization_id
    server.faults.unavailable("*/upgrade_model", retry_after=7)
    with pytest.raises(OutcomeUnknown) as caught:
        await stt.begin(Action.UPGRADE, "language", id)
    assert caught.value.retry_after == 7
    assert (await stt.model("language", id)).status == "available"


@pytest.mark.parametrize("name", ["drafts", "broken-corpus"])
async def test_refusals(services: Services, server: SpeechServer, name: str):
    """Wrong state and no data: refused for good, with the service's words and the id for IBM support."""
    with pytest.raises((RequestRefused, ModelBusy)) as caught:
        await services["speech-to-text"].begin(Action.UPGRADE, "language", server.world.model(name).customization_id)
    assert caught.value.transaction
    assert caught.value.transaction in caught.value.text


async def test_every_status_is_mapped(services: Services, server: SpeechServer):
    """Whatever status comes back, nothing but our own errors leaves the adapter."""
    stt = services["stt-frankfurt"]
    for status in (400, 401, 402, 403, 404, 405, 408, 409, 415, 418, 422, 429, 500, 501, 502, 503, 504, 520):
        server.faults.clear()
        server.faults.html("*/upgrade_model", status=status)
        with pytest.raises(ServiceError):
            await stt.begin(Action.UPGRADE, "language", UNKNOWN)


async def test_the_warning_of_recognition(services: Services, server: SpeechServer):
    """Both stages as the service sends them; a current model is silent; an untrained one is refused."""
    stt = services["speech-to-text"]
    listed = {model.name: model for model in await stt.models("language")}
    assert stage_of(await stt.warnings(listed["call-center-us"])) is Stage.PREVIOUS
    assert stage_of(await stt.warnings(listed["support-desk-us"])) is Stage.SILENT
    server.world.remove_version("speech-to-text", "en-US_NarrowbandModel.v2018-07-31")
    assert stage_of(await stt.warnings(listed["call-center-us"])) is Stage.IGNORED
    with pytest.raises(RequestRefused):
        await stt.warnings(listed["claims-hotline"])
    acoustic = {model.name: model for model in await stt.models("acoustic")}
    assert stage_of(await stt.warnings(acoustic["stadium-noise"])) is Stage.PREVIOUS


async def test_a_model_that_comes_and_goes(services: Services):
    """Created empty with the newest version of its base, deleted, unknown afterwards."""
    stt = services["speech-to-text"]
    id = await stt.create("language", "retune-canary-x", "en-US_NarrowbandModel")
    made = await stt.model("language", id)
    assert (made.status, made.newest) == ("pending", "en-US_NarrowbandModel.v2020-01-16")
    await stt.delete("language", id)
    with pytest.raises(ModelGone):
        await stt.model("language", id)
