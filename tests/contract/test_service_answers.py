"""What the adapter makes of answers that are not the service's, half of them, odd in one place, or contradictory."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.adapters import watson
from bot.adapters.watson import WatsonSpeech
from bot.adapters.watson_routes import client
from bot.domain.plans import Action
from bot.errors import (
    AnswerUnreadable,
    CredentialsRefused,
    ModelBusy,
    ModelDenied,
    ModelGone,
    OutcomeUnknown,
    PlanRefused,
    RecordUnreadable,
    RequestRefused,
    ServiceError,
    ServiceUnavailable,
)
from sandbox.watson.server import SpeechServer

Services = dict[str, WatsonSpeech]
STT = "speech-to-text"
PAGE = "<html><h1>Sign in</h1></html>"
DEEP = "[" * 100_000 + "]" * 100_000
LARGE = '{"code": 400, "error": "x", "more": [' + "[]," * 30_000 + "1]}"
LITE = {"code": 400, "error": "This feature is not available for the Bluemix Lite plan. Please upgrade."}


@pytest.fixture(autouse=True)
def no_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    """What contradicts is asked again at once."""
    monkeypatch.setattr(watson, "BREATH", 0.0)


@pytest.fixture
def id(server: SpeechServer) -> str:
    return server.world.model("call-center-us").customization_id


def posts(server: SpeechServer) -> int:
    return sum(call.method == "POST" and call.path.endswith("upgrade_model") for call in server.calls)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, PAGE),
        (200, '{"warn'),
        (200, DEEP),
        (200, LARGE),
        (202, {}),
        (307, None),
        (400, PAGE),
        (400, DEEP),
        (400, LARGE),
        (401, PAGE),
        (403, {"message": "Forbidden by policy"}),
        (404, "404 Not Found: Requested route does not exist."),
        (408, PAGE),
        (429, {"code": 429}),
        (500, {"code": 500, "error": "Internal Server Error"}),
        (502, PAGE),
        (503, {"code": 503}),
    ],
)
async def test_what_a_gateway_says_after_a_begin(
    services: Services, server: SpeechServer, id: str, status: int, body: Any
):
    """The upgrade began, something else was answered: nobody claims to know, and it was sent once."""
    server.faults.instead("*/upgrade_model", status, body)
    with pytest.raises(OutcomeUnknown) as caught:
        await services[STT].begin(Action.UPGRADE, "language", id)
    assert (caught.value.status, bool(caught.value.transaction)) == (status, True)
    assert "<html" not in caught.value.text
    assert posts(server) == 1
    assert (await services[STT].model("language", id)).status == "upgrading"


@pytest.mark.parametrize("fault", ["half", "lose", "cut"])
async def test_a_connection_that_breaks(services: Services, server: SpeechServer, id: str, fault: str):
    """Before the service reads the request, after it, or in the middle of its answer: the same to us."""
    getattr(server.faults, fault)("*/upgrade_model")
    with pytest.raises(OutcomeUnknown):
        await services[STT].begin(Action.UPGRADE, "language", id)
    assert posts(server) == 1


async def test_an_empty_200_has_begun(services: Services, server: SpeechServer, id: str):
    """IBM describes no body."""
    server.faults.add(
        "instead", "*/upgrade_model", method="POST", status=200, headers={"Content-Type": "application/json"}
    )
    assert (await services[STT].begin(Action.UPGRADE, "language", id)).transaction


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"code": 400, "error": "anything the service says"}, RequestRefused),
        (400, LITE, PlanRefused),
        (401, {"code": 401, "error": "Unauthorized"}, ModelDenied),
        (403, {"code": 403, "error": "Forbidden"}, CredentialsRefused),
        (404, {"code": 404, "error": "No such child resource."}, ModelDenied),
        (409, {"code": 409, "error": "busy"}, ModelBusy),
        (415, {"code": 415, "error": "Unsupported Media Type"}, RequestRefused),
    ],
)
async def test_refusals_in_its_own_words(
    services: Services, server: SpeechServer, id: str, status: int, body: Any, kind: type[ServiceError]
):
    """Refused, known text or not."""
    server.faults.add("answer", "*/upgrade_model", times=None, status=status, body=body)
    with pytest.raises(kind) as caught:
        await services[STT].begin(Action.UPGRADE, "language", id)
    assert type(caught.value) is kind
    assert str(body["error"]) in caught.value.text


async def test_a_gateways_401_is_not_followed_by_another_request(services: Services, server: SpeechServer, id: str):
    """The service's own 401 is: with a new token."""
    server.faults.instead("*/upgrade_model", 401, PAGE)
    with pytest.raises(OutcomeUnknown):
        await services[STT].begin(Action.UPGRADE, "language", id)
    assert posts(server) == 1
    other = server.world.model("claims-hotline").customization_id
    server.faults.expire_tokens()
    await services[STT].begin(Action.UPGRADE, "language", other)
    assert posts(server) == 3


async def test_a_routers_page_is_an_outage(services: Services, server: SpeechServer, id: str):
    """Not somebody who deleted it."""
    server.faults.router("*/customizations/*", times=None)
    with pytest.raises(ServiceUnavailable):
        await services[STT].model("language", id)


@pytest.mark.parametrize("status", [401, 404])
async def test_gone_is_what_a_list_lacks_too(services: Services, server: SpeechServer, id: str, status: int):
    """The service denies a model: gone where its list lacks it, denied where it has it, unknown where it has none."""
    body = {"code": status, "error": "Unauthorized"}
    server.faults.add("answer", f"*/customizations/{id}", times=None, status=status, body=body)
    with pytest.raises(ModelDenied):
        await services[STT].model("language", id)
    server.faults.html("*/customizations", times=None)
    with pytest.raises((CredentialsRefused, ServiceUnavailable)):
        await services[STT].model("language", id)
    server.faults.clear()
    server.world.delete("call-center-us")
    with pytest.raises(ModelGone) as caught:
        await services[STT].model("language", id)
    assert caught.value.listed == frozenset(model.id for model in await services[STT].models("language"))


async def test_an_acoustic_model_is_looked_for_among_its_own(services: Services, server: SpeechServer):
    """The list of the other kind tells nothing of it."""
    id = server.world.model("stadium-noise").customization_id
    server.faults.add("answer", f"*/acoustic_customizations/{id}", times=None, status=401, body={"code": 401})
    with pytest.raises(ModelDenied):
        await services[STT].model("acoustic", id)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("*/v1/customizations", 401, {"code": 401, "error": "Unauthorized"}),
        ("*/v1/customizations", 403, {"code": 403, "error": "Forbidden"}),
        ("*/v1/customizations", 400, LITE),
        ("*/v1/customizations/*", 401, {"code": 401, "error": "Unauthorized"}),
    ],
)
async def test_what_contradicts_is_asked_again(
    services: Services, server: SpeechServer, id: str, path: str, status: int, body: Any
):
    """Once; when it is said again it is believed."""
    stt = services["stt-frankfurt"] if path.endswith("s") else services[STT]
    await stt.models("language")
    read = (lambda: stt.models("language")) if path.endswith("s") else (lambda: stt.model("language", id))
    server.faults.add("answer", path, times=1, status=status, body=body)
    assert await read()
    server.faults.add("answer", path, times=None, status=status, body=body)
    before = len(server.calls)
    with pytest.raises(ServiceError):
        await read()
    assert sum(call.path.startswith("/v1/customizations") for call in server.calls[before:]) >= 2


@pytest.mark.parametrize(
    ("record", "id"),
    [
        (None, ""),
        ("a text", ""),
        ({}, ""),
        ({"customization_id": ""}, ""),
        ({"customization_id": 7}, ""),
        ({"customization_id": "odd", "versions": "v1"}, "odd"),
        ({"customization_id": "odd", "versions": [None]}, "odd"),
        ({"customization_id": "odd", "status": None}, "odd"),
        ({"customization_id": "odd", "base_model_name": ["x"]}, "odd"),
    ],
)
async def test_one_odd_record(services: Services, server: SpeechServer, record: Any, id: str):
    """It is told apart, and the others are as always."""
    whole = await services[STT].models("language")
    server.faults.odd("*/v1/customizations", record, record=3)
    listed = await services[STT].models("language")
    assert listed.items == (*whole.items[:3], *whole.items[4:])
    assert [(one.what, one.id) for one in listed.unreadable] == [("language model", id)]


@pytest.mark.parametrize(
    "facts", [{"name": None}, {"created": "yesterday"}, {"updated": 3}, {"owner": {}}, {"description": ["x"]}]
)
async def test_what_is_only_decoration_hides_no_model(services: Services, server: SpeechServer, facts: dict[str, Any]):
    """A model without a name or dates is still one."""
    server.faults.odd("*/v1/customizations", {"customization_id": "odd", "base_model_name": "b", **facts})
    listed = await services[STT].models("language")
    assert "odd" in [model.id for model in listed]
    assert not listed.unreadable


async def test_a_date_without_a_zone_is_utc(services: Services, server: SpeechServer, id: str):
    """It can be compared with all others."""
    server.faults.replace("*/customizations/*", {"updated": "2026-01-01T10:00:00.5"})
    found = (await services[STT].model("language", id)).updated
    assert found is not None
    assert found.isoformat() == "2026-01-01T10:00:00.500000+00:00"


async def test_one_odd_model_is_no_outage(services: Services, server: SpeechServer, id: str):
    """A record that makes no sense is told apart from an answer that is none."""
    server.faults.replace("*/customizations/*", {"versions": "v1"})
    with pytest.raises(RecordUnreadable):
        await services[STT].model("language", id)
    server.faults.html("*/customizations/*", status=200)
    with pytest.raises(AnswerUnreadable) as caught:
        await services[STT].model("language", id)
    assert not isinstance(caught.value, RecordUnreadable)


async def test_what_is_nested_too_deep(services: Services, server: SpeechServer, id: str):
    """It is no answer, and no bug of ours."""
    server.faults.add("answer", "*/v1/*", times=None, status=200, body=DEEP)
    with pytest.raises(AnswerUnreadable):
        await services[STT].models("language")
    with pytest.raises(AnswerUnreadable):
        await services[STT].model("language", id)
    server.faults.clear()
    server.faults.add("answer", "*/v1/*", times=None, status=400, body=DEEP)
    with pytest.raises(ServiceUnavailable, match="Something in front of"):
        await services[STT].models("language")


@pytest.mark.parametrize("status", [400, 401, 403, 409, 429, 500])
async def test_a_large_refusal_is_not_read(services: Services, server: SpeechServer, status: int):
    """The service's have a few hundred bytes; reading megabytes would hold up everybody."""
    server.faults.add("answer", "*/v1/*", times=None, status=status, body=LARGE.replace("400", str(status), 1))
    with pytest.raises(ServiceError) as caught:
        await services[STT].create("language", "n", "b")
    assert caught.value.detail is None


async def test_odd_base_models(services: Services, server: SpeechServer):
    """Only the name is needed."""
    whole = await services[STT].bases()
    server.faults.odd("*/v1/models", {"name": 3})
    listed = await services[STT].bases()
    assert listed.items == whole.items[1:]
    assert len(listed.unreadable) == 1


async def test_an_odd_resource_is_counted(services: Services, server: SpeechServer, id: str):
    """What a model holds is read record by record too."""
    stt = services[STT]
    model = await stt.model("language", id)
    whole = await stt.holdings(model)
    server.faults.odd("*/corpora", 7)
    server.faults.odd("*/words", {"word": ["x"]})
    assert await stt.holdings(model) == whole
    noise = await stt.model("acoustic", server.world.model("stadium-noise").customization_id)
    server.faults.replace("*/audio", {"total_minutes_of_audio": "much"})
    assert (await stt.holdings(noise)).recordings


@pytest.mark.parametrize("id", ["..", ".", "a/../../models", "x?force=true", "x#y", "é ü", "%2e%2e"])
async def test_an_id_leads_nowhere_else(id: str):
    """Whatever an id is, the request is about that model."""
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json={"customization_id": id})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        stt = WatsonSpeech("stt", "cloud", http, "http://x/instances/1", httpx.Auth())
        assert (await stt.model("language", id)).id == id
        await stt.begin(Action.UPGRADE, "language", id)
    for url, last in zip(asked, ("", "/upgrade_model"), strict=True):
        path = url.raw_path.decode()
        assert path.startswith("/instances/1/v1/customizations/")
        assert path.removesuffix(last).count("/") == 5
        assert "?" not in path
        assert "/.." not in path


async def test_redirects_are_not_followed(services: Services, server: SpeechServer, id: str):
    """Neither when reading nor when beginning: what would answer there is not the service."""
    async with client(True) as http:
        assert not http.follow_redirects
