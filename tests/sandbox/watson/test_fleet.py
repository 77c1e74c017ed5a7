"""The fleet that the sandbox begins with, and the versions behind it."""

from __future__ import annotations

import uuid

import pytest

from sandbox.watson.bases import generation
from sandbox.watson.clock import moment, stamp
from sandbox.watson.custom_models import CustomModel
from sandbox.watson.server import SpeechServer
from sandbox.watson.state import World
from sandbox.watson.versions import INVENTED, PUBLISHED, VersionBook, embedded_day, must_recreate

NEWEST_OF_NONE = {
    *("call-center-us", "claims-hotline", "pharmacy-zh", "trading-floor", "night-training", "ivr-uk", "museum-guide"),
    *("broken-corpus", "stadium-noise", "kiosk-terms", "kiosk-booth"),
    *("hotline-fr-ca", "werkhalle-de"),
    *("branch-office-us", "ward-notes-ja", "atendimento-br", "loja-ruido-br"),
}
"""Models for whose base a newer version exists than any that they have."""


@pytest.fixture
def world() -> World:
    """A seeded world; no server is needed."""
    return SpeechServer().world


def every(world: World) -> list[CustomModel]:
    """All custom models of all instances."""
    return [model for instance in world.instances.values() for model in instance.everything()]


def test_statuses_and_versions_are_as_promised(world: World) -> None:
    """What the tour and other tests rely on."""
    statuses = {model.name: model.status for model in every(world) if model.status != "available"}
    assert statuses == {
        "claims-hotline": "ready",
        "drafts": "pending",
        "broken-corpus": "failed",
        "night-training": "training",
        "hotline-fr-ca": "ready",
        "loja-ruido-br": "ready",
    }
    behind = {
        model.name
        for model in every(world)
        if world.instance(model.instance).versions.newest(model.base_model_name) not in model.versions
    }
    assert behind == NEWEST_OF_NONE
    assert world.model("call-center-us").versions == ["en-US_NarrowbandModel.v2018-07-31"]
    assert world.model("support-desk-us").versions[-1] == "en-US_NarrowbandModel.v2020-01-16"
    assert world.model("stadium-noise").data.minutes(world.clock.now()) == 95
    assert world.model("kiosk-booth").language_model == world.model("kiosk-terms").customization_id


def test_models_are_complete_and_always_the_same(world: World) -> None:
    """Ids are GUIDs and constant, dates are in order, and only `drafts` is empty."""
    again = SpeechServer().world
    assert 20 <= len(every(world)) <= 30
    for model in every(world):
        assert uuid.UUID(model.customization_id).version == 4
        assert again.model(model.name).customization_id == model.customization_id
        assert list(again.model(model.name).data.words) == list(model.data.words)
        assert model.created_at <= model.updated_at
        assert stamp(moment(model.updated)) == model.updated
        assert model.data.empty is (model.name == "drafts")
        assert len(model.description or "") <= 128


def test_bases_of_the_fleet_are_served(world: World) -> None:
    """Every base that has a custom model is listed by its instance, except the retired one."""
    missing = {m.name for m in every(world) if m.base_model_name not in world.instance(m.instance).base_models}
    assert missing == {"museum-guide"}
    cluster = world.instance("stt-cluster").base_models
    assert "de-DE" not in cluster
    assert [base for base in cluster if generation(base) == "previous"] == [
        *("ja-JP_NarrowbandModel", "es-ES_NarrowbandModel", "pt-BR_NarrowbandModel")
    ]


def test_without_a_fleet() -> None:
    """Without seed there are the instances, and not one custom model."""
    empty = SpeechServer(seed=False).world
    assert list(empty.instances) == ["speech-to-text", "stt-frankfurt", "stt-cluster"]
    assert every(empty) == []


def test_releasing_and_removing(world: World) -> None:
    """A release concerns the instances that are meant; the newest version cannot be removed."""
    world.release("stt-frankfurt", "de-DE_Telephony", "de-DE_Telephony.v2026-05-20")
    assert world.instance("stt-frankfurt").versions.newest("de-DE_Telephony") == "de-DE_Telephony.v2026-05-20"
    assert world.instance("speech-to-text").versions.newest("de-DE_Telephony") == "de-DE_Telephony.v2023-04-11"
    world.remove_version("cloud", "de-DE_Telephony.v2021-10-04")
    assert world.instance("stt-frankfurt").versions.is_removed("de-DE_Telephony.v2021-10-04")
    with pytest.raises(ValueError, match="newest"):
        world.remove_version("stt-frankfurt", "de-DE_Telephony.v2026-05-20")
    with pytest.raises(LookupError, match="no deployment"):
        world.release("mars", "en-US", "en-US.v2030-01-01")


@pytest.mark.parametrize("deployment", ["cloud", "cp4d"])
def test_version_books_are_in_order(deployment: str) -> None:
    """Versions of each base run from oldest to newest, without a repetition."""
    book = VersionBook("cloud" if deployment == "cloud" else "cp4d")
    for base in {*PUBLISHED, *INVENTED["cloud" if deployment == "cloud" else "cp4d"]}:
        days = [embedded_day(version) for version in book.of(base)]
        assert days == sorted(set(days)), base
        assert all(days)


@pytest.mark.parametrize(
    ("base", "version", "expected"),
    [
        ("en-GB_Telephony", "en-GB_Telephony.v2021-03-02", False),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-03-03", True),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-10-04", True),
        ("en-GB_Telephony", "en-GB_Telephony.v2021-11-15", False),
        ("zh-CN_Telephony", "zh-CN_Telephony.v2021-10-04", False),
    ],
)
def test_recreate_ranges(base: str, version: str, expected: bool) -> None:
    """Only the named bases, and both ends of the range included."""
    assert must_recreate(base, version) is expected


def test_world_names_are_unique_or_refused(world: World) -> None:
    """A name that two models have must be given as an id."""
    twin = world.add_model("stt-frankfurt", "language", "call-center-us", "en-US")
    with pytest.raises(LookupError, match="use the id"):
        world.model("call-center-us")
    assert world.model(twin.customization_id) is twin


def test_guards_of_the_clock() -> None:
    """A speed of zero, and a time without a zone, are mistakes."""
    with pytest.raises(ValueError, match="speed"):
        SpeechServer(speed=0)
    with pytest.raises(ValueError, match="no time zone"):
        moment("2026-01-01T00:00:00")
