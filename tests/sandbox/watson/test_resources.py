"""Custom models and what they hold: creating, listing, adding, and the limits."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import Any

import aiohttp
import pytest

from sandbox.watson.server import SpeechServer
from tests.sandbox.watson.conftest import Client, MovedClock
from tests.sandbox.watson.test_sdk import wav

HOME = "/v1/customizations/{%s}"
HALL = "/v1/acoustic_customizations/{%s}"


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("customizations", {"name": "a/b", "base_model_name": "en-US"}, "must not contain /"),
        ("customizations", {"name": "x" * 257, "base_model_name": "en-US"}, "256"),
        ("customizations", {"name": "n", "base_model_name": "en-US", "description": "d" * 129}, "128"),
        ("customizations", {"name": "n", "base_model_name": "en-US", "dialect": "en-GB"}, "dialect"),
        ("customizations", {"name": "n", "base_model_name": "nl-NL"}, "not supported"),
        ("customizations", {"name": "n", "base_model_name": "xx-XX_Telephony"}, "not found"),
        ("customizations", {"base_model_name": "en-US"}, "name"),
        ("acoustic_customizations", {"name": "n", "base_model_name": "en-US_Telephony"}, "not supported"),
    ],
)
async def test_creating_is_checked(ask: Client, path: str, body: dict[str, str], text: str) -> None:
    """Names, descriptions, dialects and bases that the service does not take are refused."""
    refused = await ask("POST", f"/v1/{path}", json=body)
    assert refused.status in (400, 404)
    assert text in refused.body["error"]


async def test_no_more_than_1024_models(speech: SpeechServer, ask: Client) -> None:
    """The 1025th custom model of an owner is refused."""
    for number in range(1024 - len(speech.world.instance("speech-to-text").models("language"))):
        speech.world.add_model("speech-to-text", "language", f"bulk-{number}", "en-US")
    refused = await ask("POST", "/v1/customizations", json={"name": "one-more", "base_model_name": "en-US"})
    assert refused.status == 400
    assert len((await ask("GET", "/v1/customizations")).body["customizations"]) == 1024


async def test_not_json(ask: Client) -> None:
    """A body that is not a JSON object is 400."""
    assert (await ask("POST", "/v1/customizations", data=b"{")).status == 400
    assert (await ask("POST", "/v1/customizations", json=[1])).status == 400


async def test_listing_by_language(ask: Client) -> None:
    """The language filter takes the first five characters of the base; no match is an empty array."""
    listed = (await ask("GET", "/v1/customizations?language=en-GB")).body["customizations"]
    assert [one["name"] for one in listed] == ["broken-corpus", "ivr-uk", "ivr-billing-uk"]
    assert (await ask("GET", "/v1/customizations?language=sv-SE")).body == {"customizations": []}


async def test_spanish_dialects(ask: Client) -> None:
    """Only previous-generation Spanish has a dialect of its own."""
    listed = (await ask("GET", "/v1/customizations", at="stt-cluster")).body["customizations"]
    dialects = {one["name"]: (one["language"], one["dialect"]) for one in listed}
    assert dialects["archive-es"] == ("es-ES", "es-ES")
    made = await ask("POST", "/v1/customizations", json={"name": "mx", "base_model_name": "es-MX", "dialect": "ES-mx"})
    assert made.status == 201


async def test_unknown_parameters_are_warned_of(ask: Client) -> None:
    """An unknown query parameter succeeds, with a warning that is one string."""
    answer = await ask("GET", HOME % "call-center-us" + "?verbose=true&limit=5")
    assert answer.status == 200
    assert answer.body["warnings"] == "Unexpected query parameter(s) ['verbose', 'limit'] detected"
    assert "warnings" not in (await ask("GET", HOME % "call-center-us")).body
    listed = (await ask("GET", "/v1/customizations?limit=5")).body
    assert list(listed) == ["customizations"]
    assert {one["warnings"] for one in listed["customizations"]} == {"Unexpected query parameter(s) ['limit'] detected"}
    assert list((await ask("GET", HOME % "call-center-us" + "/corpora?limit=5")).body) == ["corpora"]


async def test_versions_of_an_empty_model_by_assumption(speech: SpeechServer, ask: Client) -> None:
    """Whether a model without data shows its versions is an assumption."""
    assert "versions" in (await ask("GET", HOME % "drafts")).body
    speech.world.assumptions.empty_model_shows_versions = False
    assert "versions" not in (await ask("GET", HOME % "drafts")).body
    assert "versions" in (await ask("GET", HOME % "call-center-us")).body


async def test_lite_plan_has_no_customization(speech: SpeechServer, ask: Client) -> None:
    """On the Lite plan the base models are there, and every customization call is refused."""
    speech.world.instance("speech-to-text").plan = "lite"
    assert (await ask("GET", "/v1/models")).status == 200
    refused = await ask("GET", "/v1/customizations")
    assert refused.status == 400
    assert "not available for the Bluemix Lite plan" in refused.body["error"]


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"one two three", "text/plain", 201),
        (b"one two three", "application/x-www-form-urlencoded", 201),
        (b"one two three", "application/json", 201),
        (b"one two three", "text/plain; charset=utf-8", 201),
        (b"one two three", "application/pdf", 415),
        (b"one two three", "multipart/form-data", 400),
    ],
)
async def test_corpus_types(ask: Client, data: bytes, content_type: str, status: int) -> None:
    """A corpus is plain text, as a body (also by the types of curl and of IBM's scripts) or as a form."""
    path = HOME % "call-center-us" + "/corpora/new"
    answer = await ask("POST", path, data=data, headers={"Content-Type": content_type})
    assert answer.status == status


async def test_corpus_form_with_another_type(ask: Client) -> None:
    """A form whose file is not plain text is 415 with the known text."""
    form = aiohttp.FormData()
    form.add_field("corpus_file", b"%PDF", filename="c.pdf", content_type="application/pdf")
    answer = await ask("POST", HOME % "call-center-us" + "/corpora/new", data=form)
    assert (answer.status, answer.body["error"]) == (
        415,
        "Invalid corpus content type. Please use 'text/plain'.",
    )


async def test_corpus_names(ask: Client, moved: MovedClock) -> None:
    """An existing name needs allow_overwrite, reserved ones are refused, an unknown one is 400."""
    path = HOME % "call-center-us" + "/corpora/"
    text: dict[str, Any] = {"data": b"hello there", "headers": {"Content-Type": "text/plain"}}
    assert (await ask("POST", path + "calls-2018-q4", **text)).status == 400
    assert (await ask("POST", path + "user", **text)).status == 400
    assert (await ask("GET", path + "nowhere")).status == 400
    assert (await ask("DELETE", path + "nowhere")).status == 400
    assert (await ask("POST", path + "calls-2018-q4?allow_overwrite=true", **text)).status == 201
    moved.advance(20)
    words = (await ask("GET", HOME % "call-center-us" + "/words")).body["words"]
    assert not [word for word in words if "calls-2018-q4" in word["source"]]
    assert (await ask("GET", path + "calls-2018-q4")).body["total_words"] == 2


async def test_unreadable_corpus_is_undetermined(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """Text that is not UTF-8 is accepted, and found unusable by the analysis."""
    path = HOME % "drafts" + "/corpora/latin"
    assert (await ask("POST", path, data=b"\xff\xfe\xe9", headers={"Content-Type": "text/plain"})).status == 201
    assert (await ask("GET", path)).body["status"] == "being_processed"
    moved.advance(10)
    assert (await ask("GET", path)).body["status"] == "undetermined"
    assert speech.world.model("drafts").status == "pending"


async def test_grammars(ask: Client) -> None:
    """Grammars have their own types, and large models take none."""
    assert [one["name"] for one in (await ask("GET", HOME % "ivr-uk" + "/grammars")).body["grammars"]] == [
        "menu-digits"
    ]
    abnf: dict[str, Any] = {"data": b"#ABNF 1.0 UTF-8;", "headers": {"Content-Type": "application/srgs"}}
    assert (await ask("POST", HOME % "newsroom-us" + "/grammars/g", **abnf)).status == 400
    assert (await ask("POST", HOME % "ivr-uk" + "/grammars/g", data=b"x")).status == 415
    assert (await ask("POST", HOME % "ivr-uk" + "/grammars/g", **abnf)).status == 201
    assert (await ask("GET", HOME % "ivr-uk" + "/grammars/none")).status == 400


@pytest.mark.parametrize("base", ["customizations", "acoustic_customizations"])
async def test_equal_names(speech: SpeechServer, ask: Client, base: str) -> None:
    """Two models may have one name, as IBM's own test data shows; a switch refuses the second."""
    body = {"name": "twin", "base_model_name": "en-US_NarrowbandModel"}
    made = [await ask("POST", f"/v1/{base}", json=body) for _ in range(2)]
    assert [one.status for one in made] == [201, 201]
    assert made[0].body != made[1].body
    switch = f"{speech.url}/_sandbox/assumptions"
    assert (await ask("POST", switch, json={"equal_names": "no"})).status == 400
    assert (await ask("POST", switch, json={"equal_name": False})).status == 400
    assert (await ask("POST", switch, json={"equal_names": False})).body["equal_names"] is False
    assert (await ask("GET", switch)).body["equal_names"] is False
    refused = await ask("POST", f"/v1/{base}", json=body)
    assert (refused.status, "already exists" in refused.body["error"]) == (400, True)


async def test_trailing_slashes(speech: SpeechServer, ask: Client) -> None:
    """IBM's own scripts end paths with a slash; every call takes that, and a fault for the call applies."""
    model = HOME % "call-center-us"
    assert (await ask("GET", "/v1/customizations/")).status == 200
    assert (await ask("GET", model + "/?verbose=1")).body["name"] == "call-center-us"
    text: dict[str, Any] = {"data": b"hello there", "headers": {"Content-Type": "application/json"}}
    assert (await ask("POST", model + "/corpora/scripted/", **text)).status == 201
    assert (await ask("GET", "/v1/customizations//")).status == 404
    speech.faults.unavailable("*/upgrade_model")
    assert (await ask("POST", model + "/upgrade_model/")).status == 503
    assert speech.calls[-1].path.endswith("/upgrade_model")


async def test_base_models_may_come_in_any_order(speech: SpeechServer, ask: Client) -> None:
    """By switch they are the same ones each time, and the order says nothing."""
    speech.world.assumptions.bases_change_places = True
    first, second = [[one["name"] for one in (await ask("GET", "/v1/models")).body["models"]] for _ in range(2)]
    assert first != second
    assert sorted(first) == sorted(second)


async def test_archives(ask: Client, moved: MovedClock) -> None:
    """An archive shows its files and the sum of their lengths."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.wav", wav(20, 16000))
        archive.writestr("b.wav", wav(5, 16000))
        archive.writestr("c.jpg", b"photo" * 50)
    path = HALL % "stadium-noise" + "/audio/more"
    zipped: dict[str, Any] = {"data": buffer.getvalue(), "headers": {"Content-Type": "application/zip"}}
    assert (await ask("POST", path, **zipped)).status == 201
    moved.advance(10)
    listing = (await ask("GET", path)).body
    assert listing["container"]["duration"] == 25
    assert listing["container"]["details"] == {"type": "archive", "compression": "zip"}
    assert [one["status"] for one in listing["audio"]] == ["ok", "ok", "invalid"]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("d/raw")
        member.size = 64_000
        tar.addfile(member, io.BytesIO(b"\1" * 64_000))
    kinds = {"Content-Type": "application/gzip", "Contained-Content-Type": "audio/l16;rate=16000"}
    gzip = HALL % "stadium-noise" + "/audio/packed"
    assert (await ask("POST", gzip, data=packed.getvalue(), headers=kinds)).status == 201
    moved.advance(10)
    listing = (await ask("GET", gzip)).body
    assert (listing["container"]["duration"], listing["audio"][0]["name"]) == (2, "d/raw")
    assert (await ask("POST", path, **zipped)).status == 400
    assert (await ask("GET", HALL % "stadium-noise" + "/audio/none")).status == 400


async def test_audio_may_be_added_while_other_audio_is_analysed(
    speech: SpeechServer, ask: Client, moved: MovedClock
) -> None:
    """Several recordings can be on their way; what is no audio is `invalid` in the end."""
    path = HALL % "stadium-noise" + "/audio/"
    wave_type = {"Content-Type": "audio/wav"}
    assert (await ask("POST", path + "one", data=wav(5, 16000), headers=wave_type)).status == 201
    assert (await ask("POST", path + "two", data=b"\xff\xd8 photo", headers=wave_type)).status == 201
    assert (await ask("POST", HALL % "stadium-noise" + "/train")).status == 409
    assert (await ask("DELETE", path + "one")).status == 200
    moved.advance(10)
    assert (await ask("GET", path + "two")).body["status"] == "invalid"
    assert (await ask("POST", path + "low", data=wav(5, 8000), headers=wave_type)).status == 201
    assert (await ask("POST", path + "x" * 129, data=wav(5, 16000), headers=wave_type)).status == 400
    moved.advance(10)
    assert (await ask("GET", path + "low")).body["status"] == "invalid"
    assert speech.world.model("stadium-noise").status == "ready"


async def test_deleting_and_resetting(speech: SpeechServer, ask: Client) -> None:
    """A deleted model is unknown; a reset one keeps its name and versions and is `pending`."""
    id = ask.id("pharmacy-zh")
    assert (await ask("DELETE", HOME % "pharmacy-zh")).status == 200
    assert (await ask("GET", f"/v1/customizations/{id}")).status == 401
    assert (await ask("DELETE", f"/v1/customizations/{id}")).status == 401
    assert (await ask("POST", HOME % "support-desk-us" + "/reset")).status == 200
    model = (await ask("GET", HOME % "support-desk-us")).body
    assert (model["name"], model["status"], len(model["versions"])) == ("support-desk-us", "pending", 2)
    assert (await ask("GET", HOME % "support-desk-us" + "/corpora")).body == {"corpora": []}


async def test_wrong_paths_and_methods(ask: Client) -> None:
    """What is no call of the service is 404 or 405, always as JSON with a transaction id."""
    wrong = await ask("GET", "/v1/customisations")
    assert (wrong.status, wrong.body["error"]) == (404, "No such child resource.")
    assert wrong.headers["X-Global-Transaction-Id"]
    assert (await ask("PUT", "/v1/models")).body["code"] == 405


async def test_transaction_id_of_the_caller_is_kept(ask: Client) -> None:
    """A transaction id that the request brings comes back."""
    answer = await ask("GET", "/v1/models", headers={"X-Global-Transaction-Id": "mine-1"})
    assert answer.headers["X-Global-Transaction-Id"] == "mine-1"
