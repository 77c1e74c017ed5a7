"""IBM's own SDK works against the local service unchanged."""

from __future__ import annotations

import asyncio
import io
import wave

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_watson import SpeechToTextV1
from ibm_watson.speech_to_text_v1 import (
    AcousticModels,
    AudioListing,
    AudioResources,
    Corpora,
    CustomWord,
    Grammars,
    LanguageModel,
    LanguageModels,
    SpeechModels,
    SpeechRecognitionResults,
    Words,
)

from sandbox.watson.server import SpeechServer
from tests.sandbox.watson.conftest import UNKNOWN_ID, MovedClock, run


def wav(seconds: float, rate: int = 8000) -> bytes:
    """A silent WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\0\0" * int(seconds * rate))
    return buffer.getvalue()


async def test_base_models(sdk: SpeechToTextV1) -> None:
    """Base models are listed and read in the shape that the SDK's own classes take."""
    listed = SpeechModels.from_dict(await run(sdk.list_models))
    names = {model.name: model for model in listed.models}
    assert names["en-US_NarrowbandModel"].rate == 8000
    assert names["en-US_NarrowbandModel"].supported_features.custom_acoustic_model is True
    assert names["en-US_Telephony"].supported_features.custom_acoustic_model is False
    assert "de-DE_BroadbandModel" not in names
    one = await run(sdk.get_model, "en-US")
    assert one["language"] == "en-US"
    assert one["url"].endswith("/v1/models/en-US")


async def test_whole_life_of_a_language_model(speech: SpeechServer, sdk: SpeechToTextV1, moved: MovedClock) -> None:
    """Create, fill, train, upgrade, reset and delete a custom language model, with the SDK alone."""
    made = await run(sdk.create_language_model, "night-desk", "en-US_NarrowbandModel", description="Night desk")
    assert set(made) == {"customization_id"}
    id = made["customization_id"]
    empty = LanguageModel.from_dict(await run(sdk.get_language_model, id))
    assert (empty.status, empty.progress, empty.created) == ("pending", 0, empty.updated)
    assert empty.versions == ["en-US_NarrowbandModel.v2020-01-16"]

    text = io.BytesIO(b"we ship the HX200 and the Bravenor today. ask Elda about it")
    await run(sdk.add_corpus, id, "shipping", text)
    assert (await run(sdk.get_corpus, id, "shipping"))["status"] == "being_processed"
    moved.advance(10)
    corpora = Corpora.from_dict(await run(sdk.list_corpora, id)).corpora
    assert [(one.name, one.total_words, one.out_of_vocabulary_words, one.status) for one in corpora] == [
        ("shipping", 12, 3, "analyzed")
    ]
    await run(sdk.add_words, id, [CustomWord(word="NCAA", sounds_like=["n c double a"]), CustomWord(word="IEEE")])
    moved.advance(10)
    await run(sdk.add_word, id, "tomato", sounds_like=["tomahto"], display_as="Tomato")
    words = Words.from_dict(await run(sdk.list_words, id, sort="-alphabetical")).words
    assert [word.word for word in words] == ["tomato", "NCAA", "IEEE", "HX200", "Elda", "Bravenor"]
    assert [word["word"] for word in (await run(sdk.list_words, id, word_type="corpora"))["words"]] == [
        *("Bravenor", "Elda", "HX200")
    ]
    assert (await run(sdk.get_word, id, "tomato"))["source"] == ["user"]
    await run(sdk.delete_word, id, "IEEE")
    await run(sdk.add_grammar, id, "numbers", io.BytesIO(b"#ABNF 1.0 UTF-8;"), "application/srgs")
    moved.advance(10)
    assert Grammars.from_dict(await run(sdk.list_grammars, id)).grammars[0].status == "analyzed"
    assert (await run(sdk.get_grammar, id, "numbers"))["name"] == "numbers"
    await run(sdk.delete_grammar, id, "numbers")

    await run(sdk.train_language_model, id, word_type_to_add="all", strict=True)
    assert (await run(sdk.get_language_model, id))["status"] == "training"
    moved.advance(60)
    trained = await run(sdk.get_language_model, id)
    assert (trained["status"], trained["progress"]) == ("available", 100)

    speech.world.release("cloud", "en-US_NarrowbandModel", "en-US_NarrowbandModel.v2026-05-01")
    await run(sdk.upgrade_language_model, id)
    assert (await run(sdk.get_language_model, id))["status"] == "upgrading"
    moved.advance(60)
    upgraded = await run(sdk.get_language_model, id)
    assert upgraded["status"] == "available"
    assert upgraded["versions"][-1] == "en-US_NarrowbandModel.v2026-05-01"

    await run(sdk.delete_corpus, id, "shipping")
    await run(sdk.reset_language_model, id)
    assert (await run(sdk.list_words, id))["words"] == []
    await run(sdk.delete_language_model, id)
    listed = LanguageModels.from_dict(await run(sdk.list_language_models, language="en-US"))
    assert id not in [model.customization_id for model in listed.customizations]


async def test_whole_life_of_an_acoustic_model(speech: SpeechServer, sdk: SpeechToTextV1, moved: MovedClock) -> None:
    """Create, fill, train, upgrade, reset and delete a custom acoustic model, with the SDK alone."""
    id = (await run(sdk.create_acoustic_model, "hall", "en-US_NarrowbandModel"))["customization_id"]
    await run(sdk.add_audio, id, "take-1", io.BytesIO(wav(660)), content_type="audio/wav")
    assert (await run(sdk.get_audio, id, "take-1"))["duration"] == 0
    moved.advance(60)
    listed = AudioResources.from_dict(await run(sdk.list_audio, id))
    assert listed.total_minutes_of_audio == 11.0
    one = AudioListing.from_dict(await run(sdk.get_audio, id, "take-1"))
    assert (one.status, one.duration, one.details.frequency) == ("ok", 660, 8000)
    await run(sdk.train_acoustic_model, id, strict=True)
    moved.advance(659)
    assert (await run(sdk.get_acoustic_model, id))["status"] == "training"
    moved.advance(2)
    assert (await run(sdk.get_acoustic_model, id))["status"] == "available"

    speech.world.release("cloud", "en-US_NarrowbandModel", "en-US_NarrowbandModel.v2026-05-01")
    await run(sdk.upgrade_acoustic_model, id)
    moved.advance(661)
    upgraded = await run(sdk.get_acoustic_model, id)
    assert upgraded["versions"][-1] == "en-US_NarrowbandModel.v2026-05-01"
    assert "dialect" not in upgraded
    await run(sdk.delete_audio, id, "take-1")
    await run(sdk.reset_acoustic_model, id)
    assert (await run(sdk.get_acoustic_model, id))["status"] == "pending"
    await run(sdk.delete_acoustic_model, id)
    names = [m.name for m in AcousticModels.from_dict(await run(sdk.list_acoustic_models)).customizations]
    assert names == ["stadium-noise", "kiosk-booth"]


async def test_recognize(speech: SpeechServer, sdk: SpeechToTextV1) -> None:
    """Recognition with an outdated custom model succeeds and warns."""
    model = speech.world.model("call-center-us")
    found = SpeechRecognitionResults.from_dict(
        await run(
            sdk.recognize,
            wav(1),
            content_type="audio/wav",
            model=model.base_model_name,
            language_customization_id=model.customization_id,
            timestamps=False,
        )
    )
    assert found.results[0].alternatives[0].transcript == "thank you for calling AcmePlus "
    assert found.warnings[0].startswith("Using previous version of base model")


async def test_errors_reach_the_sdk(sdk: SpeechToTextV1) -> None:
    """An unknown id is 401 and a malformed one 400; the SDK finds text and transaction id in the answer."""
    with pytest.raises(ApiException) as unknown:
        await asyncio.to_thread(sdk.get_language_model, UNKNOWN_ID)
    assert (unknown.value.status_code, unknown.value.message) == (401, "Unauthorized")
    assert unknown.value.global_transaction_id
    with pytest.raises(ApiException) as malformed:
        await asyncio.to_thread(sdk.upgrade_language_model, "no-guid")
    assert (malformed.value.status_code, malformed.value.message) == (400, "Malformed GUID: 'no-guid'")
