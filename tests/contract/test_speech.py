"""What `bot.ports` promises of Speech to Text, held by the fake and by the adapter against the local service alike;
and IBM's own SDK as the second opinion on what the adapter reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from ibm_cloud_sdk_core import get_authenticator_from_environment
from ibm_watson import SpeechToTextV1

from bot.adapters.watson import WatsonSpeech
from bot.domain.plans import Action
from bot.errors import ModelBusy, ModelGone, RequestRefused
from sandbox.watson.server import SpeechServer
from tests.contract.conftest import Time
from tests.fakes import FakeSpeech
from tests.world import NEW, OLD, model

UNKNOWN = "11111111-2222-3333-4444-555555555555"


@dataclass
class Subject:
    """A service with an outdated model, an empty one, and a way to let time pass."""

    service: Any
    outdated: str
    empty: str
    finish: Callable[[], None]


@pytest.fixture(params=["fake", "adapter"])
def subject(
    request: pytest.FixtureRequest, server: SpeechServer, services: dict[str, WatsonSpeech], time_of_service: Time
) -> Subject:
    if request.param == "adapter":
        return Subject(
            services["speech-to-text"],
            server.world.model("call-center-us").customization_id,
            server.world.model("drafts").customization_id,
            lambda: time_of_service.advance(3600),
        )
    fake = FakeSpeech(latest={"en-US_NarrowbandModel": NEW})
    fake.add(model("call-center-us"))
    fake.add(model("drafts", status="pending"))
    return Subject(fake, "id-call-center-us", "id-drafts", lambda: fake.finish("id-call-center-us"))


async def test_reading(subject: Subject):
    """The list and the single reading agree; the base is served; an unknown id is gone."""
    listed = {m.id: m for m in await subject.service.models("language")}
    one = await subject.service.model("language", subject.outdated)
    assert listed[subject.outdated] == one
    assert one.versions == (OLD,)
    assert one.base in await subject.service.bases()
    with pytest.raises(ModelGone):
        await subject.service.model("language", UNKNOWN)


async def test_an_upgrade(subject: Subject):
    """Begun, busy, then back where it was with one version more."""
    await subject.service.begin(Action.UPGRADE, "language", subject.outdated)
    assert (await subject.service.model("language", subject.outdated)).status == "upgrading"
    with pytest.raises(ModelBusy):
        await subject.service.begin(Action.UPGRADE, "language", subject.outdated)
    subject.finish()
    after = await subject.service.model("language", subject.outdated)
    assert (after.status, after.versions) == ("available", (OLD, NEW))


async def test_a_wrong_state(subject: Subject):
    """Neither ready nor available: refused, and nothing begins."""
    with pytest.raises(RequestRefused):
        await subject.service.begin(Action.UPGRADE, "language", subject.empty)
    assert (await subject.service.model("language", subject.empty)).status == "pending"


@pytest.mark.parametrize("name", ["speech-to-text", "stt-frankfurt", "stt-cluster"])
async def test_ibms_sdk_reads_the_same(server: SpeechServer, services: dict[str, WatsonSpeech], name: str):
    """Every model, field by field, from the same service by the official SDK with its own authenticator."""

    def ask() -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
        sdk = SpeechToTextV1(authenticator=get_authenticator_from_environment(name))
        sdk.set_service_url(server.environment()[f"{name.upper().replace('-', '_')}_URL"])
        language = sdk.list_language_models().get_result()["customizations"]
        acoustic = sdk.list_acoustic_models().get_result()["customizations"]
        return language, acoustic, [m["name"] for m in sdk.list_models().get_result()["models"]]

    language, acoustic, bases = await asyncio.to_thread(ask)
    ours = {m.id: m for kind in ("language", "acoustic") for m in await services[name].models(kind)}
    assert set(ours) == {m["customization_id"] for m in (*language, *acoustic)}
    for theirs in (*language, *acoustic):
        mine = ours[theirs["customization_id"]]
        assert (mine.name, mine.base, mine.status) == (theirs["name"], theirs["base_model_name"], theirs["status"])
        assert list(mine.versions or ()) == theirs.get("versions", [])
    assert set(await services[name].bases()) == set(bases)
