"""`upgrade_model`: the status machine, the order of steps, and everything that is refused."""

from __future__ import annotations

import json

import pytest

from sandbox.watson.faults import Outcome
from sandbox.watson.resources import Audio, Corpus, Word
from sandbox.watson.server import SpeechServer
from sandbox.watson.upgrades import upgrade_language
from tests.sandbox.watson.conftest import Client, MovedClock

LANGUAGE = "/v1/customizations/{%s}"
ACOUSTIC = "/v1/acoustic_customizations/{%s}"
NEWEST = "en-US_NarrowbandModel.v2020-01-16"


def upgrade(name: str, kind: str = LANGUAGE) -> str:
    """The path of `upgrade_model` for the model of that name."""
    return kind % name + "/upgrade_model"


async def test_language_model_goes_through_upgrading_and_back(
    speech: SpeechServer, ask: Client, moved: MovedClock
) -> None:
    """`available`, 25 seconds `upgrading` with progress 0, `available` with one more version, `updated` moved."""
    before = (await ask("GET", LANGUAGE % "call-center-us")).body
    accepted = await ask("POST", upgrade("call-center-us"))
    assert accepted.status == 200
    moved.advance(24.9)
    during = (await ask("GET", LANGUAGE % "call-center-us")).body
    assert (during["status"], during["progress"], during["versions"]) == ("upgrading", 0, before["versions"])
    moved.advance(0.2)
    after = (await ask("GET", LANGUAGE % "call-center-us")).body
    assert (after["status"], after["progress"]) == ("available", 100)
    assert after["versions"] == [*before["versions"], NEWEST]
    assert after["updated"] > during["updated"] > before["updated"]


async def test_the_time_of_the_end_counts_not_that_of_the_look(
    speech: SpeechServer, ask: Client, moved: MovedClock
) -> None:
    """Whoever looks hours later reads when the upgrade ended."""
    began = moved()
    await ask("POST", upgrade("call-center-us"))
    moved.advance(7200)
    assert speech.world.model("call-center-us").status == "available"
    assert speech.world.model("call-center-us").updated_at == pytest.approx(began + 25)


async def test_ready_model_stays_ready(ask: Client, moved: MovedClock) -> None:
    """A model with untrained data is `ready` again after the upgrade, with progress 0."""
    assert (await ask("POST", upgrade("claims-hotline"))).status == 200
    moved.advance(60)
    after = (await ask("GET", LANGUAGE % "claims-hotline")).body
    assert (after["status"], after["progress"], after["versions"][-1]) == ("ready", 0, NEWEST)


async def test_speed_shortens_the_work() -> None:
    """At speed 100 an upgrade of 25 seconds takes a quarter of one."""
    moved = MovedClock()
    async with SpeechServer(now=moved, speed=100) as server:
        model = server.world.model("call-center-us")
        upgrade_language(server.world, server.world.instance("speech-to-text"), model)
        moved.advance(0.24)
        assert model.status == "upgrading"
        moved.advance(0.02)
        assert model.status == "available"


async def test_nothing_may_change_during_an_upgrade(ask: Client) -> None:
    """While a model is `upgrading`, every change is 409, and recognition goes on."""
    await ask("POST", upgrade("call-center-us"))
    one = LANGUAGE % "call-center-us"
    for method, path, body in (
        ("POST", one + "/upgrade_model", None),
        ("POST", one + "/train", None),
        ("POST", one + "/reset", None),
        ("DELETE", one, None),
        ("POST", one + "/words", {"words": [{"word": "late"}]}),
        ("PUT", one + "/words/late", {}),
        ("DELETE", one + "/words/PUK", None),
        ("DELETE", one + "/corpora/calls-2018-q3", None),
    ):
        refused = await ask(method, path, json=body)
        assert refused.status == 409, (method, path)
        assert refused.body["code_description"] == "Conflict"
    spoken = await ask(
        "POST",
        f"/v1/recognize?model=en-US_NarrowbandModel&language_customization_id={ask.id('call-center-us')}",
        data=b"\1" * 200,
    )
    assert spoken.status == 200


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("night-training", 409, "busy"),
        ("drafts", 400, "no data"),
        ("broken-corpus", 400, "must be ready or available, but is failed"),
        ("trading-floor", 400, "upgraded by training"),
        ("ivr-uk", 400, "must be re-created"),
        ("museum-guide", 400, "no longer available"),
    ],
)
async def test_refused(speech: SpeechServer, ask: Client, name: str, status: int, text: str) -> None:
    """Each model that cannot be upgraded is refused and stays as it is."""
    before = speech.world.model(name).describe()
    refused = await ask("POST", upgrade(name))
    assert refused.status == status
    assert text in refused.body["error"]
    assert speech.world.model(name).describe() == before


async def test_already_newest_is_accepted_without_effect_unless_told_otherwise(
    speech: SpeechServer, ask: Client
) -> None:
    """What the real service says is not documented: by default 200 and nothing happens, and any other by switch."""
    before = speech.world.model("support-desk-us").describe()
    assert (await ask("POST", upgrade("support-desk-us"))).status == 200
    assert speech.world.model("support-desk-us").describe() == before
    speech.world.answers.change("already_newest", 409, "The custom model is up to date")
    refused = await ask("POST", upgrade("support-desk-us"))
    assert (refused.status, refused.body["error"]) == (409, "The custom model is up to date")


@pytest.mark.parametrize("kind", [LANGUAGE, ACOUSTIC])
async def test_unknown_and_malformed_ids(ask: Client, kind: str) -> None:
    """An id of another instance is as unknown as any other: 401. What is no GUID is 400."""
    other = ask.id("service-de")
    unknown = await ask("POST", kind.replace("{%s}", other) + "/upgrade_model")
    assert (unknown.status, unknown.body["error"]) == (401, "Unauthorized")
    malformed = await ask("POST", kind.replace("{%s}", "my-model") + "/upgrade_model")
    assert (malformed.status, malformed.body["error"]) == (400, "Malformed GUID: 'my-model'")


async def test_kinds_do_not_mix(ask: Client) -> None:
    """The id of an acoustic model is unknown among language models."""
    assert (await ask("GET", LANGUAGE % "stadium-noise")).status == 401


@pytest.mark.parametrize(
    ("outcome", "status", "grown"),
    [("done", "available", True), ("failed", "failed", False), ("unchanged", "available", False)],
)
async def test_how_an_upgrade_may_end(
    speech: SpeechServer, ask: Client, moved: MovedClock, outcome: Outcome, status: str, grown: bool
) -> None:
    """It can succeed, fail with an error that is JSON text, or end without effect."""
    speech.faults.next_outcome("call-center-us", outcome)
    await ask("POST", upgrade("call-center-us"))
    moved.advance(26)
    after = (await ask("GET", LANGUAGE % "call-center-us")).body
    assert after["status"] == status
    assert (len(after["versions"]) == 2) is grown
    assert ("error" in after) is (status == "failed")
    if status == "failed":
        assert json.loads(after["error"])["code"] == 500


async def test_stuck_and_deleted(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """An upgrade can last for ever, and a model can be gone when its upgrade would have ended."""
    speech.faults.next_outcome("call-*", "stuck")
    speech.faults.next_outcome("claims-*", "deleted")
    gone = ask.id("claims-hotline")
    await ask("POST", upgrade("call-center-us"))
    await ask("POST", upgrade("claims-hotline"))
    moved.advance(30 * 86400)
    assert (await ask("GET", LANGUAGE % "call-center-us")).body["status"] == "upgrading"
    assert (await ask("GET", f"/v1/customizations/{gone}")).status == 401
    listed = (await ask("GET", "/v1/customizations")).body["customizations"]
    assert gone not in [model["customization_id"] for model in listed]


async def test_acoustic_model_alone_takes_as_long_as_its_audio(
    speech: SpeechServer, ask: Client, moved: MovedClock
) -> None:
    """95 minutes of audio: 95 minutes of `upgrading`."""
    assert (await ask("POST", upgrade("stadium-noise", ACOUSTIC))).status == 200
    moved.advance(95 * 60 - 1)
    assert speech.world.model("stadium-noise").status == "upgrading"
    moved.advance(2)
    assert speech.world.model("stadium-noise").versions[-1] == "en-US_BroadbandModel.v2020-01-16"


async def test_acoustic_model_with_language_model_in_three_steps(
    speech: SpeechServer, ask: Client, moved: MovedClock
) -> None:
    """Language model, acoustic model alone, both together with force; every other order is 400."""
    alone = upgrade("kiosk-booth", ACOUSTIC)
    together = f"{alone}?custom_language_model_id={ask.id('kiosk-terms')}"
    assert "different versions" in (await ask("POST", alone)).body["error"]
    assert "different versions" in (await ask("POST", together + "&force=true")).body["error"]

    assert (await ask("POST", upgrade("kiosk-terms"))).status == 200
    moved.advance(60)
    assert "different versions" in (await ask("POST", together)).body["error"]

    assert (await ask("POST", alone)).status == 200
    assert (await ask("POST", together)).status == 409
    moved.advance(38 * 60 + 1)
    booth = speech.world.model("kiosk-booth")
    assert booth.versions[-1] == "en-US_BroadbandModel.v2020-01-16"
    assert booth.language_model_version == "en-US_BroadbandModel.v2018-07-31"

    unforced = await ask("POST", together)
    assert (unforced.status, unforced.body["error"]) == (400, "No input data modified since last training")
    assert booth.status == "available"
    updated = booth.updated
    assert (await ask("POST", together + "&force=true")).status == 200
    moved.advance(38 * 60 + 1)
    assert booth.status == "available"
    assert booth.language_model_version == "en-US_BroadbandModel.v2020-01-16"
    assert booth.updated > updated
    assert len(booth.versions) == 2


async def test_last_step_needs_a_trained_language_model(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """The language model that is passed must be `available`, of the same base, and of this instance."""
    world = speech.world
    for name in ("kiosk-terms", "kiosk-booth"):
        world.model(name).set_versions(["en-US_BroadbandModel.v2020-01-16"])
    path = upgrade("kiosk-booth", ACOUSTIC) + "?force=true&custom_language_model_id="
    world.set_status("kiosk-terms", "ready")
    assert (await ask("POST", path + ask.id("kiosk-terms"))).status == 400
    assert (await ask("POST", path + ask.id("call-center-us"))).status == 400
    assert (await ask("POST", path + ask.id("service-de"))).status == 400
    world.set_status("kiosk-terms", "available")
    assert (await ask("POST", path + ask.id("kiosk-terms"))).status == 200


async def test_changed_audio_needs_no_force(speech: SpeechServer, ask: Client) -> None:
    """The last step of a model whose audio changed since the last training is accepted as it is."""
    for name in ("kiosk-terms", "kiosk-booth"):
        speech.world.model(name).set_versions(["en-US_BroadbandModel.v2020-01-16"])
    booth = speech.world.model("kiosk-booth")
    booth.data.audio["new"] = Audio("new", 60)
    booth.changed()
    path = upgrade("kiosk-booth", ACOUSTIC) + f"?custom_language_model_id={ask.id('kiosk-terms')}"
    assert (await ask("POST", path)).status == 200


async def test_data_in_analysis_is_busy(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """A model whose corpus is analysed is `pending` and busy; then it is `ready`."""
    model = speech.world.model("call-center-us")
    model.data.corpora["late"] = Corpus("late", 10, done_at=speech.world.clock.after(5))
    model.changed(5)
    assert (await ask("GET", LANGUAGE % "call-center-us")).body["status"] == "pending"
    assert (await ask("POST", upgrade("call-center-us"))).status == 409
    moved.advance(6)
    assert (await ask("GET", LANGUAGE % "call-center-us")).body["status"] == "ready"
    assert (await ask("POST", upgrade("call-center-us"))).status == 200


async def test_model_with_unparsable_version_can_be_upgraded(
    speech: SpeechServer, ask: Client, moved: MovedClock
) -> None:
    """A version string of a shape that nobody knows is older than all others."""
    model = speech.world.add_model(
        "speech-to-text", "language", "odd", "en-US_NarrowbandModel", versions=["en_US.8kHz.custom-7"]
    )
    model.data.words["odd"] = Word("odd")
    assert (await ask("POST", upgrade("odd"))).status == 200
    moved.advance(20)
    assert model.versions == ["en_US.8kHz.custom-7", NEWEST]
