"""Custom words over the adapter: what is sent, what is read back, and what each answer proves."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters import watson
from bot.adapters.watson import WatsonSpeech
from bot.domain.words import Word, shows
from bot.errors import AnswerUnreadable, ModelBusy, ModelGone, OutcomeUnknown, RequestRefused, ServiceError
from sandbox.watson.server import SpeechServer

Services = dict[str, WatsonSpeech]
CLUSTER = "stt-cluster"
AFC = Word("AFC", ("a f c", "af see"), "A.F.C.")


@pytest.fixture(autouse=True)
def no_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watson, "BREATH", 0.0)


@pytest.fixture
async def id(services: Services) -> str:
    """A language model of the cluster that a word makes `ready`."""
    listed = await services[CLUSTER].models("language")
    return next(model.id for model in listed if model.status == "available")


def puts(server: SpeechServer) -> int:
    return sum(call.method == "PUT" for call in server.calls)


async def test_added_and_read_back(services: Services, id: str):
    """The word is there as it was sent, and the model waits for training."""
    stt = services[CLUSTER]
    assert await stt.word(id, "AFC") is None
    assert (await stt.add_word(id, AFC)).transaction
    assert await stt.word(id, "AFC") == AFC
    assert (await stt.model("language", id)).status == "ready"


@pytest.mark.parametrize("name", ["naïve", "Straße", "東京", "New-York", "e-mail_2", "don't"])
async def test_any_word_the_form_takes(services: Services, id: str, name: str):
    """Characters beyond ASCII travel encoded; what is left open is the service's to fill in."""
    stt = services[CLUSTER]
    await stt.add_word(id, Word(name))
    assert shows(Word(name), await stt.word(id, name))


async def test_a_change(services: Services, id: str):
    """A word that is there gets the new definition, and only then it is shown."""
    stt = services[CLUSTER]
    await stt.add_word(id, Word("AFC", ("a f c",)))
    assert not shows(AFC, await stt.word(id, "AFC"))
    await stt.add_word(id, AFC)
    assert shows(AFC, await stt.word(id, "AFC"))


async def test_what_the_service_refuses(services: Services, server: SpeechServer, id: str):
    """Its own words come through; nothing is added, and it was asked once."""
    with pytest.raises(RequestRefused) as caught:
        await services[CLUSTER].add_word(id, Word("AFC", ("seventy 5",)))
    assert "Numbers are not allowed" in (caught.value.detail or "")
    assert await services[CLUSTER].word(id, "AFC") is None
    assert puts(server) == 1


async def test_a_busy_model(services: Services, server: SpeechServer, id: str):
    """While it is trained it takes no word."""
    stt = services[CLUSTER]
    server.faults.add("answer", "*/words/AFC", status=409, body={"code": 409, "error": "busy"}, method="PUT")
    with pytest.raises(ModelBusy):
        await stt.add_word(id, AFC)


async def test_a_model_that_is_gone(services: Services):
    """Another model's id, or one that was deleted."""
    with pytest.raises(ModelGone):
        await services[CLUSTER].add_word("11111111-2222-3333-4444-555555555555", AFC)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>Sign in</html>"),
        (201, '{"half'),
        (202, {}),
        (302, None),
        (400, "<html>Bad request</html>"),
        (403, {"message": "Forbidden by policy"}),
        (404, "404 Not Found"),
        (429, {"code": 429}),
        (500, {"code": 500, "error": "Internal Server Error"}),
        (503, {"code": 503}),
    ],
)
async def test_answers_that_prove_nothing(services: Services, server: SpeechServer, id: str, status: int, body: Any):
    """It was added, something else was answered: nobody claims to know, and it was sent once."""
    server.faults.add("instead", "*/words/AFC", status=status, body=body, method="PUT")
    with pytest.raises(OutcomeUnknown):
        await services[CLUSTER].add_word(id, AFC)
    assert puts(server) == 1
    assert shows(AFC, await services[CLUSTER].word(id, "AFC"))


@pytest.mark.parametrize("fault", ["cut", "lose", "half"])
async def test_lost_answers(services: Services, server: SpeechServer, id: str, fault: str):
    """Cut off before or after it was added: the same."""
    getattr(server.faults, fault)("*/words/AFC", method="PUT")
    with pytest.raises(OutcomeUnknown):
        await services[CLUSTER].add_word(id, AFC)
    assert puts(server) == 1


@pytest.mark.parametrize("body", ["<html>", "[]", '{"word": 3}'])
async def test_a_look_that_tells_nothing(services: Services, server: SpeechServer, id: str, body: str):
    """It is an error and never "not there"."""
    server.faults.add("answer", "*/words/AFC", times=None, status=200, body=body, method="GET")
    with pytest.raises(AnswerUnreadable):
        await services[CLUSTER].word(id, "AFC")


async def test_a_look_through_a_gateway(services: Services, server: SpeechServer, id: str):
    """Only the service's own refusal says that there is no such word."""
    server.faults.add("answer", "*/words/AFC", times=None, status=404, body="<html>no route</html>", method="GET")
    with pytest.raises(ServiceError):
        await services[CLUSTER].word(id, "AFC")
