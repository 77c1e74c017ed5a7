"""Recognition: warnings of both stages, versions, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox.watson.resources import Grammar
from sandbox.watson.server import SpeechServer
from tests.sandbox.watson.conftest import UNKNOWN_ID, Client, Heard
from tests.sandbox.watson.test_sdk import wav

AUDIO = b"\1" * 200


async def hear(
    ask: Client, base: str, language: str = "", acoustic: str = "", *, at: str = "speech-to-text", **query: str
) -> Heard:
    """Recognizes with custom models of those names."""
    query["model"] = base
    if language:
        query["language_customization_id"] = ask.id(language)
    if acoustic:
        query["acoustic_customization_id"] = ask.id(acoustic)
    return await ask("POST", "/v1/recognize", at=at, params=query, data=AUDIO)


async def test_current_model_is_not_warned_of(ask: Client) -> None:
    """Nothing is said about a model on the newest version."""
    answer = await hear(ask, "en-US_NarrowbandModel", "support-desk-us")
    assert answer.status == 200
    assert "warnings" not in answer.body


async def test_stage_one(ask: Client) -> None:
    """An old version that is still there is used, with the warning that IBM documents."""
    answer = await hear(ask, "en-US_NarrowbandModel", "call-center-us")
    assert answer.body["warnings"] == [
        "Using previous version of base model, because your custom model has been built with it. Please note that "
        "this version will be supported only for a limited time. Consider updating your custom model to the new base "
        "model. If you do not do that you will be automatically switched to base model when you used the non-updated "
        "custom model."
    ]
    assert "AcmePlus" in answer.body["results"][0]["alternatives"][0]["transcript"]


async def test_stage_two(speech: SpeechServer, ask: Client) -> None:
    """Once the version is removed the request still succeeds, but without customization."""
    speech.world.remove_version("cloud", "en-US_NarrowbandModel.v2018-07-31")
    answer = await hear(ask, "en-US_NarrowbandModel", "call-center-us")
    assert answer.status == 200
    assert answer.body["warnings"] == [
        "Using non-customized default base model, because your custom language model has been built with a version "
        "of the base model that is no longer supported."
    ]
    assert answer.body["results"][0]["alternatives"][0]["transcript"] == "thank you for calling "
    upgraded = await hear(ask, "en-US_NarrowbandModel", "support-desk-us")
    assert "warnings" not in upgraded.body


async def test_named_version(speech: SpeechServer, ask: Client) -> None:
    """`base_model_version` takes a version that the model has, without a warning, and no other."""
    old, new = "en-US_NarrowbandModel.v2018-07-31", "en-US_NarrowbandModel.v2020-01-16"
    assert "warnings" not in (await hear(ask, "en-US_NarrowbandModel", "support-desk-us", base_model_version=old)).body
    assert (await hear(ask, "en-US_NarrowbandModel", "call-center-us", base_model_version=new)).status == 400
    assert (await hear(ask, "en-US_NarrowbandModel", base_model_version=old)).status == 200
    assert (await hear(ask, "en-US_NarrowbandModel", base_model_version="en-US.v1")).status == 400
    speech.world.remove_version("speech-to-text", old)
    assert (await hear(ask, "en-US_NarrowbandModel", "support-desk-us", base_model_version=old)).status == 400


async def test_pair_uses_the_version_both_have(speech: SpeechServer, ask: Client) -> None:
    """Upgrading one of a pair changes nothing for requests with both; upgrading the other does."""
    terms, booth = speech.world.model("kiosk-terms"), speech.world.model("kiosk-booth")
    new = "en-US_BroadbandModel.v2020-01-16"
    terms.set_versions([*terms.versions, new])
    assert "warnings" not in (await hear(ask, "en-US_BroadbandModel", "kiosk-terms")).body
    assert "warnings" in (await hear(ask, "en-US_BroadbandModel", "kiosk-terms", "kiosk-booth")).body
    booth.set_versions([*booth.versions, new])
    assert "warnings" not in (await hear(ask, "en-US_BroadbandModel", "kiosk-terms", "kiosk-booth")).body


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("claims-hotline", "Requested custom language model is not available. Please make sure the custom model is"),
        ("drafts", "Requested custom language model is not available"),
        ("newsroom-us", "is based on en-US"),
    ],
)
async def test_unusable_custom_model(ask: Client, language: str, text: str) -> None:
    """A custom model that is not trained, or of another base, is 400."""
    answer = await hear(ask, "en-US_NarrowbandModel", language)
    assert answer.status == 400
    assert text in answer.body["error"]


async def test_changed_model_by_assumption(speech: SpeechServer, ask: Client) -> None:
    """Whether a trained and then changed model recognizes is an assumption."""
    speech.world.assumptions.changed_model_recognizes = True
    assert (await hear(ask, "en-US_NarrowbandModel", "claims-hotline")).status == 200


async def test_recreate_range_and_retired_base(ask: Client) -> None:
    """A model that must be re-created is 400; so is a base that is gone, and one that never was."""
    assert (await hear(ask, "en-GB_Telephony", "ivr-uk")).status == 400
    assert (await hear(ask, "de-DE_BroadbandModel", "museum-guide")).status == 404
    assert (await hear(ask, "en-UK_NarrowbandModel")).status == 404


async def test_unknown_custom_model(ask: Client) -> None:
    """Ids are checked as everywhere."""
    path = "/v1/recognize?language_customization_id="
    assert (await ask("POST", path + UNKNOWN_ID, data=AUDIO)).status == 401
    assert (await ask("POST", path + "mine", data=AUDIO)).status == 400


async def test_weight_needs_a_model(ask: Client) -> None:
    """A customization weight without customization is refused with the known text."""
    answer = await hear(ask, "en-US_NarrowbandModel", customization_weight="0.5")
    assert answer.body["error"] == "Cannot specify customization weight when not using customization."


async def test_a_grammar_needs_its_model(speech: SpeechServer, ask: Client) -> None:
    """It is named together with the language model that has it."""
    speech.world.model("call-center-us").data.grammars["digits"] = Grammar("digits")
    base = "en-US_NarrowbandModel"
    assert (await hear(ask, base, grammar_name="digits")).status == 400
    assert (await hear(ask, base, "call-center-us", grammar_name="letters")).status == 400
    assert (await hear(ask, base, "call-center-us", grammar_name="digits")).status == 200


async def test_unknown_arguments_are_warned_of(ask: Client) -> None:
    """Unknown parameters succeed; the warnings are an array, ours first."""
    answer = await hear(ask, "en-US_NarrowbandModel", "call-center-us", colour="red", shape="round")
    assert answer.body["warnings"][0] == "Unknown url query arguments: colour, shape."
    assert answer.body["warnings"][1].startswith("Using previous version")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"\1" * 99, "audio/flac", 400),
        (b"\1" * 100, "audio/flac", 200),
        (b"\1" * 200, "text/plain", 415),
        (b"\1" * 200, "audio/l16", 415),
        (b"\1" * 200, "audio/l16;rate=8000", 400),
        (b"\1" * 200, "audio/l16;rate=16000", 200),
        (b"\1" * 200, "audio/wav", 400),
        (wav(1, 8000), "audio/wav", 400),
        (wav(1, 16000), "audio/wav", 200),
        (wav(1, 44100), "audio/wav", 200),
    ],
)
async def test_audio(ask: Client, body: bytes, content_type: str, status: int) -> None:
    """Audio needs 100 bytes, a type that the service knows, and the sampling rate of the base (here 16 kHz)."""
    answer = await ask(
        "POST", "/v1/recognize?model=en-US_BroadbandModel", data=body, headers={"Content-Type": content_type}
    )
    assert answer.status == status


def form(metadata: Any, *files: bytes, first: str = "metadata", then: str = "upload") -> aiohttp.FormData:
    """A request in several parts, as http.md shows it."""
    made = aiohttp.FormData(default_to_multipart=True)
    made.add_field(first, metadata if isinstance(metadata, str) else json.dumps(metadata))
    for number, file in enumerate(files):
        made.add_field(then, file, filename=f"{number}.wav", content_type="application/octet-stream")
    return made


async def test_several_files_in_one_request(ask: Client) -> None:
    """A form of metadata and files: versions and warnings as ever, and a result for each file."""
    base = "en-US_NarrowbandModel"
    query = {"model": base, "language_customization_id": ask.id("call-center-us")}
    metadata = {"part_content_type": "audio/wav", "data_parts_count": 2, "customization_weight": 0.4, "colour": "red"}
    answer = await ask("POST", "/v1/recognize", params=query, data=form(metadata, wav(1), wav(2)))
    assert (answer.status, len(answer.body["results"]), answer.body["result_index"]) == (200, 2, 0)
    assert answer.body["warnings"][0] == "Unknown arguments: colour."
    assert answer.body["warnings"][1].startswith("Using previous version")
    assert (await ask("POST", "/v1/recognize", params={"model": base}, data=form({}, wav(1)))).status == 200


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        (form({"part_content_type": "audio/wav"}, wav(1), wav(1)[:60]), 400, "100 bytes"),
        (form({"part_content_type": "audio/wav"}, b"x" * 200), 400, "not what"),
        (form({"part_content_type": "audio/l16"}, AUDIO), 415, "media type"),
        (form({"part_content_type": 7}, AUDIO), 400, "part_content_type"),
        (form({"data_parts_count": 3}, AUDIO), 400, "data_parts_count"),
        (form({"customization_weight": 0.4}, AUDIO), 400, "customization weight"),
        (form({"customization_weight": "much"}, AUDIO), 400, "customization_weight"),
        (form({}), 400, "upload"),
        (form("[1]", AUDIO), 400, "object"),
        (form("{", AUDIO), 400, "JSON"),
        (form({}, AUDIO, first="upload"), 400, "first part"),
        (form({}, AUDIO, then="audio"), 400, "upload"),
    ],
)
async def test_forms_that_are_refused(ask: Client, sent: aiohttp.FormData, status: int, text: str) -> None:
    """What is missing, in the wrong place or no audio is refused, each with its reason."""
    answer = await ask("POST", "/v1/recognize?model=en-US_NarrowbandModel", data=sent)
    assert (answer.status, text in answer.body["error"]) == (status, True), answer.body
