"""`train`: what is refused, what ends `failed`, and upgrades by training."""

from __future__ import annotations

import io

import pytest

from sandbox.watson.custom_models import Kind
from sandbox.watson.resources import Audio, Word
from sandbox.watson.server import SpeechServer
from tests.sandbox.watson.conftest import Client, MovedClock
from tests.sandbox.watson.test_sdk import wav

LANGUAGE = "/v1/customizations/{%s}"
ACOUSTIC = "/v1/acoustic_customizations/{%s}"
IMPROVED = "en-US_Telephony.v2023-01-30"


async def test_ready_model_becomes_available(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """Training takes the new data in; on an ordinary base it keeps the version."""
    assert (await ask("POST", LANGUAGE % "claims-hotline" + "/train")).body == {}
    model = speech.world.model("claims-hotline")
    assert (model.status, model.progress) == ("training", 0)
    moved.advance(120)
    assert (model.status, model.progress) == ("available", 100)
    assert model.versions == ["en-US_NarrowbandModel.v2017-11-15"]


@pytest.mark.parametrize(("assumed", "status"), [(True, "failed"), (False, "available")])
async def test_nothing_modified(speech: SpeechServer, ask: Client, assumed: bool, status: str) -> None:
    """Training without a change is 400; whether that sets `failed` is an assumption that can be switched."""
    speech.world.assumptions.unmodified_training_fails = assumed
    refused = await ask("POST", LANGUAGE % "call-center-us" + "/train")
    assert (refused.status, refused.body["error"]) == (400, "No input data modified since last training")
    assert speech.world.model("call-center-us").status == status


async def test_improved_base_is_upgraded_by_forced_training(
    speech: SpeechServer, ask: Client, moved: MovedClock
) -> None:
    """On IBM Cloud `force=true` trains an `available` model, which brings the newest version and drops the weight."""
    model = speech.world.model("trading-floor")
    model.weight = 0.6
    assert (await ask("POST", LANGUAGE % "trading-floor" + "/train?force=true")).status == 200
    moved.advance(120)
    trained = speech.world.model("trading-floor")
    assert (trained.status, trained.versions[-1], trained.weight) == ("available", IMPROVED, None)
    assert (await ask("POST", LANGUAGE % "trading-floor" + "/train?force=true&customization_weight=0.4")).status == 200
    moved.advance(120)
    assert (model.weight, len(model.versions)) == (0.4, 2)


async def test_improved_base_is_upgraded_by_any_training(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """A changed model needs no force; whether `versions` grows then is an assumption."""
    speech.world.assumptions.training_extends_versions = False
    await ask("PUT", LANGUAGE % "trading-floor" + "/words/convexity", json={})
    assert (await ask("POST", LANGUAGE % "trading-floor" + "/train")).status == 200
    moved.advance(120)
    assert speech.world.model("trading-floor").versions == ["en-US_Telephony.v2021-11-15"]


async def test_cluster_ignores_force(speech: SpeechServer, ask: Client) -> None:
    """Cloud Pak for Data does not know `force`: an unchanged model is refused, a changed one trained with a warning."""
    path = LANGUAGE % "branch-office-us" + "/train?force=true"
    refused = await ask("POST", path, at="stt-cluster")
    assert refused.status == 400
    assert speech.world.model("branch-office-us").status == "failed"
    speech.world.set_status("branch-office-us", "ready")
    accepted = await ask("POST", path, at="stt-cluster")
    assert [one["message"] for one in accepted.body["warnings"]] == ["Unexpected query parameter(s) ['force'] detected"]


async def test_cluster_may_honour_force(speech: SpeechServer, ask: Client) -> None:
    """By switch a newer cluster behaves as IBM Cloud does."""
    speech.world.assumptions.cluster_honours_force = True
    path = LANGUAGE % "branch-office-us" + "/train?force=true"
    accepted = await ask("POST", path, at="stt-cluster")
    assert (accepted.status, accepted.body) == (200, {})


async def test_cluster_upgrades_after_a_change(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """A person changes a word, the model is `ready`, training brings the newest version."""
    word = await ask(
        "PUT", LANGUAGE % "branch-office-us" + "/words/escrow", at="stt-cluster", json={"sounds_like": ["ess crow"]}
    )
    assert word.status == 201
    model = speech.world.model("branch-office-us")
    assert model.status == "ready"
    await ask("POST", LANGUAGE % "branch-office-us" + "/train", at="stt-cluster")
    moved.advance(120)
    assert (model.status, model.versions[-1]) == ("available", "en-US_Multimedia.v2023-03-29")


@pytest.mark.parametrize(("counts", "status"), [(True, "ready"), (False, "available")])
async def test_a_change_without_difference(speech: SpeechServer, ask: Client, counts: bool, status: str) -> None:
    """Whether the same definition again makes a model `ready` is an assumption."""
    speech.world.assumptions.same_definition_counts = counts
    await ask("PUT", LANGUAGE % "trading-floor" + "/words/SOFR", json={"sounds_like": ["so fur"]})
    assert speech.world.model("trading-floor").status == status


async def test_invalid_resources_fail_unless_not_strict(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """An undetermined corpus or a word with an error is 400 and `failed`; with strict=false they are left out."""
    model = speech.world.model("broken-corpus")
    model.data.words["75 dollars"] = Word("75 dollars", error={"75 dollars": "Numbers are not allowed"})
    path = LANGUAGE % "broken-corpus" + "/train"
    refused = await ask("POST", path)
    assert refused.status == 400
    assert "opening-hours" in refused.body["error"]
    assert model.status == "failed"
    accepted = await ask("POST", path + "?strict=false&force=true")
    assert accepted.status == 200
    assert [(one["code"], one["message"]) for one in accepted.body["warnings"]] == [
        (
            "invalid_corpus_files",
            "Analysis of the following corpus files has not completed successfully: [opening-hours]. "
            "They will be excluded from custom language model training.",
        ),
        (
            "invalid_words",
            "Analysis of the following words has not completed successfully: [75 dollars]. "
            "They will be excluded from custom language model training.",
        ),
    ]
    moved.advance(300)
    assert model.status == "available"


async def test_repairing_by_deleting(speech: SpeechServer, ask: Client) -> None:
    """Without the broken corpus a failed model is `ready` and can be trained."""
    corpora = (await ask("GET", LANGUAGE % "broken-corpus" + "/corpora")).body["corpora"]
    assert [one["status"] for one in corpora] == ["analyzed", "undetermined"]
    assert "allow_overwrite" in corpora[1]["error"]
    await ask("DELETE", LANGUAGE % "broken-corpus" + "/corpora/opening-hours")
    assert speech.world.model("broken-corpus").status == "ready"
    assert (await ask("POST", LANGUAGE % "broken-corpus" + "/train")).status == 200


@pytest.mark.parametrize(("kind", "path"), [("language", LANGUAGE), ("acoustic", ACOUSTIC)])
async def test_an_empty_model(speech: SpeechServer, ask: Client, moved: MovedClock, kind: Kind, path: str) -> None:
    """Training without data is 400 and sets `failed`, whatever is asked for; data or a reset lead out of that."""
    model = speech.world.add_model("speech-to-text", kind, "hollow", "en-US_NarrowbandModel", status="pending")
    speech.world.assumptions.unmodified_training_fails = False
    for query in ("", "?strict=false"):
        refused = await ask("POST", path % "hollow" + "/train" + query)
        assert (refused.status, refused.body["code"], model.status) == (400, 400, "failed")
    assert (await ask("POST", path % "hollow" + "/upgrade_model")).status == 400
    assert (await ask("POST", path % "hollow" + "/reset")).status == 200
    assert model.status == "pending"
    await ask("POST", path % "hollow" + "/train")
    added = "/corpora/c" if kind == "language" else "/audio/a"
    held = io.BytesIO(b"we greet everybody" if kind == "language" else wav(900))
    header = {"Content-Type": "text/plain" if kind == "language" else "audio/wav"}
    assert (await ask("POST", path % "hollow" + added, data=held, headers=header)).status == 201
    moved.advance(30)
    assert model.status == "ready"
    assert (await ask("POST", path % "hollow" + "/train")).status == 200


async def test_busy_and_recreate(ask: Client) -> None:
    """A training model is busy, and a re-create range cannot be trained away."""
    assert (await ask("POST", LANGUAGE % "night-training" + "/train")).status == 409
    assert (await ask("POST", LANGUAGE % "ivr-uk" + "/train?force=true")).status == 400


@pytest.mark.parametrize("query", ["strict=maybe", "customization_weight=2", "word_type_to_add=some", "force=1"])
async def test_wrong_parameters(speech: SpeechServer, ask: Client, query: str) -> None:
    """A parameter with a value that it cannot have is 400 and begins nothing."""
    assert (await ask("POST", LANGUAGE % "claims-hotline" + "/train?" + query)).status == 400
    assert speech.world.model("claims-hotline").status == "ready"


@pytest.mark.parametrize(
    ("minutes", "at", "text"),
    [(9, "speech-to-text", "At least 10"), (51 * 60, "speech-to-text", "50 hours"), (201 * 60, "stt-cluster", "200")],
)
async def test_limits_of_audio(speech: SpeechServer, ask: Client, minutes: int, at: str, text: str) -> None:
    """Less than 10 minutes, or more than 50 hours (clusters: 200), is 400 and sets `failed`."""
    base = "en-US_BroadbandModel" if at == "speech-to-text" else "pt-BR_NarrowbandModel"
    model = speech.world.add_model(at, "acoustic", "measured", base, status="ready")
    model.data.audio["all"] = Audio("all", minutes * 60)
    refused = await ask("POST", ACOUSTIC % "measured" + "/train", at=at)
    assert refused.status == 400
    assert text in refused.body["error"]
    assert model.status == "failed"


async def test_acoustic_model_with_language_model(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """The language model must be `available` and on the same version; else 400 and `failed`."""
    booth, terms = speech.world.model("kiosk-booth"), speech.world.model("kiosk-terms")
    path = ACOUSTIC % "kiosk-booth" + f"/train?custom_language_model_id={terms.customization_id}"
    booth.set_status("ready")
    terms.set_versions([*terms.versions, "en-US_BroadbandModel.v2020-01-16"])
    assert (await ask("POST", path)).status == 400
    assert booth.status == "failed"
    booth.set_status("ready")
    terms.set_versions(booth.versions)
    terms.set_status("ready")
    assert (await ask("POST", path)).status == 400
    booth.set_status("ready")
    terms.set_status("available")
    booth.language_model = None
    assert (await ask("POST", path)).status == 200
    moved.advance(39 * 60)
    trained = speech.world.model("kiosk-booth")
    assert (trained.status, trained.language_model) == ("available", terms.customization_id)


async def test_invalid_audio(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """Invalid audio is 400 and `failed`, or left out with strict=false; it does not count as minutes."""
    model = speech.world.model("loja-ruido-br")
    model.data.audio["photo.jpg"] = Audio("photo.jpg", 900, {"type": "undetermined"}, broken=True)
    listed = (await ask("GET", ACOUSTIC % "loja-ruido-br" + "/audio", at="stt-cluster")).body
    assert listed["total_minutes_of_audio"] == 62.0
    assert [one["status"] for one in listed["audio"]] == ["ok", "ok", "invalid"]
    path = ACOUSTIC % "loja-ruido-br" + "/train"
    assert (await ask("POST", path, at="stt-cluster")).status == 400
    assert model.status == "failed"
    accepted = await ask("POST", path + "?strict=false", at="stt-cluster")
    assert accepted.body["warnings"][0]["code"] == "invalid_audio_files"


async def test_training_may_fail(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """A training that fails inside the service can be tried again."""
    speech.faults.next_outcome("claims-hotline", "failed")
    await ask("POST", LANGUAGE % "claims-hotline" + "/train")
    moved.advance(120)
    failed = (await ask("GET", LANGUAGE % "claims-hotline")).body
    assert (failed["status"], "Internal Server Error" in failed["error"]) == ("failed", True)
    await ask("POST", LANGUAGE % "claims-hotline" + "/train")
    moved.advance(120)
    repaired = (await ask("GET", LANGUAGE % "claims-hotline")).body
    assert (repaired["status"], "error" in repaired) == ("available", False)
