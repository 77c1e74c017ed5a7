"""Everything that can go wrong on the way, by switch."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from sandbox.watson.server import SpeechServer
from tests.sandbox.watson.conftest import Client

ONE = "/v1/customizations/{call-center-us}"


async def test_unavailable_for_a_while(speech: SpeechServer, ask: Client) -> None:
    """503 with Retry-After for the number of requests that was asked for, then all is well."""
    speech.faults.unavailable("*/v1/customizations", retry_after=2, times=2)
    for _ in range(2):
        busy = await ask("GET", "/v1/customizations")
        assert (busy.status, busy.headers["Retry-After"]) == (503, "2")
        assert busy.headers["X-Global-Transaction-Id"]
    assert (await ask("GET", "/v1/customizations")).status == 200
    assert [call.status for call in speech.calls] == [503, 503, 200]


async def test_other_paths_are_not_touched(speech: SpeechServer, ask: Client) -> None:
    """A fault applies to the paths and methods that match, of the instance that matches."""
    speech.faults.too_many(f"{speech.world.instance('stt-frankfurt').path}/*", times=None)
    assert (await ask("GET", "/v1/models")).status == 200
    assert (await ask("GET", "/v1/models", at="stt-frankfurt")).status == 429
    assert (await ask("GET", "/v1/models", at="stt-frankfurt")).status == 429
    speech.faults.clear()
    assert (await ask("GET", "/v1/models", at="stt-frankfurt")).status == 200


async def test_html(speech: SpeechServer, ask: Client) -> None:
    """A gateway's page instead of JSON."""
    speech.faults.html()
    page = await ask("GET", "/v1/models")
    assert (page.status, page.headers["Content-Type"].split(";")[0]) == (502, "text/html")


async def test_nonsense(speech: SpeechServer, ask: Client) -> None:
    """200 with a body that is not JSON though it says so."""
    speech.faults.nonsense("*/v1/customizations")
    answer = await ask("GET", "/v1/customizations")
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (200, "application/json")
    with pytest.raises(ValueError, match="Unterminated string"):
        json.loads(answer.body)


async def test_missing_and_strange_fields(speech: SpeechServer, ask: Client) -> None:
    """Fields can be missing or hold what nobody expects, in a list and in a single model."""
    speech.faults.omit("*/v1/customizations", "versions", "description")
    listed = (await ask("GET", "/v1/customizations")).body["customizations"]
    assert all("versions" not in one and "name" in one for one in listed)
    speech.faults.replace("*/v1/customizations*", {"status": "hibernating", "versions": ["?"]}, times=2)
    listed = (await ask("GET", "/v1/customizations")).body
    assert {one["status"] for one in listed["customizations"]} == {"hibernating"}
    assert "status" not in listed
    assert (await ask("GET", ONE)).body["versions"] == ["?"]
    assert (await ask("GET", ONE)).body["status"] == "available"


async def test_cut_connection_did_nothing(speech: SpeechServer, ask: Client) -> None:
    """The connection breaks before the request is read."""
    speech.faults.cut("*/upgrade_model")
    with pytest.raises(aiohttp.ClientError):
        await ask("POST", ONE + "/upgrade_model")
    assert speech.world.model("call-center-us").status == "available"
    assert [call.status for call in speech.calls] == [0]


async def test_lost_answer_did_everything(speech: SpeechServer, ask: Client) -> None:
    """The service does what was asked, and nobody hears of it."""
    speech.faults.lose("*/upgrade_model")
    with pytest.raises(aiohttp.ClientError):
        await ask("POST", ONE + "/upgrade_model")
    assert speech.world.model("call-center-us").status == "upgrading"
    assert [(call.method, call.status) for call in speech.calls] == [("POST", 200)]


async def test_a_gateway_answers_what_was_done(speech: SpeechServer, ask: Client) -> None:
    """The service does what was asked by POST, and something else is heard."""
    speech.faults.instead("*/upgrade_model", 503, {"code": 503})
    assert (await ask("POST", ONE + "/upgrade_model")).status == 503
    assert speech.world.model("call-center-us").status == "upgrading"


async def test_half_an_answer(speech: SpeechServer, ask: Client) -> None:
    """The service does what was asked, and the connection breaks in the middle of its answer."""
    speech.faults.half("*/upgrade_model")
    with pytest.raises(aiohttp.ClientError):
        await ask("POST", ONE + "/upgrade_model")
    assert speech.world.model("call-center-us").status == "upgrading"


async def test_a_router(speech: SpeechServer, ask: Client) -> None:
    """Its 404 is plain text, and the service's is JSON."""
    speech.faults.router("*/v1/customizations/*")
    page = await ask("GET", ONE)
    assert (page.status, page.headers["Content-Type"].split(";")[0]) == (404, "text/plain")
    assert (await ask("GET", ONE)).status == 200


async def test_odd_and_missing_records(speech: SpeechServer, ask: Client) -> None:
    """One record is something else, or the list has its first ones only."""
    whole = (await ask("GET", "/v1/customizations")).body["customizations"]
    speech.faults.odd("*/v1/customizations", 7, record=1, times=1)
    assert (await ask("GET", "/v1/customizations")).body["customizations"] == [whole[0], 7, *whole[2:]]
    speech.faults.few("*/v1/customizations", 3, times=1)
    assert (await ask("GET", "/v1/customizations")).body["customizations"] == whole[:3]
    speech.faults.few("*/v1/models", times=1)
    assert (await ask("GET", "/v1/models")).body == {"models": []}


async def test_held_request(speech: SpeechServer, ask: Client) -> None:
    """A request waits until it is released; it is carried out then."""
    fault = speech.faults.hold("*/upgrade_model")
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(ask("POST", ONE + "/upgrade_model"))
        await fault.held.wait()
        assert speech.world.model("call-center-us").status == "available"
        fault.release()
    assert waiting.result().status == 200
    assert speech.world.model("call-center-us").status == "upgrading"


async def test_changes_from_outside(speech: SpeechServer, ask: Client) -> None:
    """Tests may delete a model and change its status behind everybody's back."""
    id = ask.id("call-center-us")
    speech.world.set_status("call-center-us", "upgrading")
    assert (await ask("GET", ONE)).body["status"] == "upgrading"
    speech.world.delete("call-center-us")
    assert (await ask("GET", f"/v1/customizations/{id}")).status == 401
    with pytest.raises(LookupError, match="nearest names"):
        speech.world.model("call-center-us")
    with pytest.raises(ValueError, match="asleep"):
        speech.world.set_status("drafts", "asleep")


async def test_token_endpoint_can_fail(speech: SpeechServer, ask: Client) -> None:
    """Faults reach the token endpoints too, which are no calls of the instance."""
    speech.faults.unavailable("/identity/token")
    assert (await ask("POST", f"{speech.url}/identity/token", auth=False)).status == 503
    assert speech.calls == []


async def test_waiting_for_a_request(speech: SpeechServer, ask: Client) -> None:
    """`until` gives the first true value, and tells the requests when there was none in time."""
    async with asyncio.TaskGroup() as tasks:
        seen = tasks.create_task(speech.until(lambda: [c for c in speech.calls if c.path == "/v1/models"]))
        tasks.create_task(ask("GET", "/v1/models?a=1"))
    call = seen.result()[0]
    assert (call.method, call.query, call.status, call.instance) == ("GET", {"a": "1"}, 200, "speech-to-text")
    with pytest.raises(TimeoutError, match="speech-to-text GET /v1/models 200"):
        await speech.until(lambda: False, within=0.01)


class TestOverHttp:
    """The same switches, of a running sandbox."""

    async def test_arming_and_disarming(self, speech: SpeechServer, ask: Client) -> None:
        """Faults are armed, listed and disarmed; a wrong one is refused with what would be right."""
        url = f"{speech.url}/_sandbox/faults"
        rule = {"kind": "answer", "path": "*/v1/models", "times": None, "status": 429, "body": {"error": "slow down"}}
        made = await ask("POST", url, json=rule)
        assert made.status == 201
        assert (await ask("GET", "/v1/models")).body == {"error": "slow down"}
        assert (await ask("GET", url)).body["faults"] == [made.body]
        assert (await ask("DELETE", f"{url}/{made.body['id']}")).status == 200
        assert (await ask("DELETE", f"{url}/{made.body['id']}")).status == 404
        assert (await ask("GET", "/v1/models")).status == 200
        wrong = await ask("POST", url, json={"kind": "explode"})
        assert (wrong.status, "answer, cut, lose" in wrong.body["error"]) == (400, True)
        assert "colour" in (await ask("POST", url, json={"kind": "cut", "colour": "red"})).body["error"]
        assert (await ask("POST", url, data=b"no json")).status == 400

    async def test_outcomes_and_tokens(self, speech: SpeechServer, ask: Client) -> None:
        """The next upgrade's end and the expiry of all tokens."""
        url = f"{speech.url}/_sandbox/faults"
        assert (await ask("POST", url, json={"kind": "outcome", "model": "call*", "outcome": "stuck"})).status == 201
        assert (await ask("POST", url, json={"kind": "outcome", "model": "x", "outcome": "?"})).status == 400
        assert (await ask("POST", url, json={"kind": "outcome", "outcome": "done"})).status == 400
        assert (await ask("POST", url, json={"kind": "expire_tokens"})).status == 201
        assert speech.faults.take_outcome("call-center-us") == "stuck"
        assert speech.faults.token_expiries == 1

    async def test_versions(self, speech: SpeechServer, ask: Client) -> None:
        """Versions are released and removed, bases retired."""
        url = f"{speech.url}/_sandbox/versions"
        base, newer = "en-US_Telephony", "en-US_Telephony.v2026-07-01"
        released = {"do": "release", "where": "cloud", "base": base, "version": newer}
        assert (await ask("POST", url, json=released)).status == 201
        assert (await ask("POST", url, json=released)).status == 400
        assert speech.world.instance("stt-frankfurt").versions.newest(base) == newer
        assert speech.world.instance("stt-cluster").versions.newest(base) != newer
        removed = {"do": "remove", "where": "speech-to-text", "version": "en-US_Telephony.v2021-11-15"}
        assert (await ask("POST", url, json=removed)).status == 201
        assert (await ask("POST", url, json={"do": "retire", "where": "cloud", "base": base})).status == 201
        assert base not in speech.world.instance("speech-to-text").base_models
        assert (await ask("POST", url, json={"do": "retire", "where": "moon", "base": base})).status == 400
        assert (await ask("POST", url, json={"do": "?", "where": "cloud"})).status == 400
