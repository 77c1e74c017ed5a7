"""Custom acoustic models and their audio."""

from __future__ import annotations

from sandbox.watson import bases
from sandbox.watson.audio import measure
from sandbox.watson.exchange import Exchange, Reply, Routes
from sandbox.watson.failures import Refused
from sandbox.watson.resources import LONGEST_NAME, Audio
from sandbox.watson.routes_models import common
from sandbox.watson.training import MOST_HOURS, train_acoustic
from sandbox.watson.upgrades import upgrade_acoustic


async def train_acoustic_model(x: Exchange) -> Reply:
    """`POST …/train`."""
    model = x.model("acoustic")
    language_model = x.query.get("custom_language_model_id")
    warnings = train_acoustic(x.world, x.instance, model, language_model, x.flag("strict", True))
    return Reply({"warnings": warnings} if warnings else {})


async def upgrade_acoustic_model(x: Exchange) -> Reply:
    """`POST …/upgrade_model`."""
    language_model = x.query.get("custom_language_model_id")
    upgrade_acoustic(x.world, x.instance, x.model("acoustic"), language_model, x.flag("force"))
    return Reply({})


async def list_audio(x: Exchange) -> Reply:
    """`GET …/audio`."""
    data, now = x.model("acoustic").data, x.world.clock.now()
    return Reply(
        {
            "total_minutes_of_audio": round(data.minutes(now), 2),
            "audio": [one.describe(now) for one in data.audio.values()],
        }
    )


async def add_audio(x: Exchange) -> Reply:
    """`POST …/audio/{audio_name}`; several resources may be analysed at the same time."""
    model, name = x.model("acoustic"), x.part("audio_name")
    if model.operation is not None:
        raise Refused("busy")
    if len(name) > LONGEST_NAME:
        raise Refused("too_long_name")
    if name in model.data.audio and not x.flag("allow_overwrite"):
        raise Refused("resource_exists", name=name)
    hours = MOST_HOURS[x.instance.deployment]
    headers = x.request.headers
    audio = measure(
        name,
        await x.request.read(),
        headers.get("Content-Type", "application/octet-stream"),
        least=bases.rate(model.base_model_name),
        contained=headers.get("Contained-Content-Type", ""),
    )
    if model.data.minutes(x.world.clock.now()) + audio.seconds / 60 > hours * 60:
        raise Refused("too_much_audio", hours=hours)
    analysis = 3.0 + audio.seconds / 600
    audio.done_at = x.world.clock.after(analysis)
    model.data.audio[name] = audio
    model.changed(analysis)
    return Reply({}, 201)


async def get_audio(x: Exchange) -> Reply:
    """`GET …/audio/{audio_name}`."""
    return Reply(_find(x).listing(x.world.clock.now()))


async def delete_audio(x: Exchange) -> Reply:
    """`DELETE …/audio/{audio_name}`; allowed while another resource is analysed."""
    model, audio = x.model("acoustic"), _find(x)
    if model.operation is not None:
        raise Refused("busy")
    del model.data.audio[audio.name]
    if not model.data.processing(x.world.clock.now()):
        model.changed()
    return Reply({})


def _find(x: Exchange) -> Audio:
    name = x.part("audio_name")
    found = x.model("acoustic").data.audio.get(name)
    if found is None:
        raise Refused("unknown_resource", kind="audio", name=name)
    return found


_ONE = "/v1/acoustic_customizations/{customization_id}"

ROUTES: Routes = {
    **common("acoustic"),
    ("POST", f"{_ONE}/train"): train_acoustic_model,
    ("POST", f"{_ONE}/upgrade_model"): upgrade_acoustic_model,
    ("GET", f"{_ONE}/audio"): list_audio,
    ("POST", f"{_ONE}/audio/{{audio_name}}"): add_audio,
    ("GET", f"{_ONE}/audio/{{audio_name}}"): get_audio,
    ("DELETE", f"{_ONE}/audio/{{audio_name}}"): delete_audio,
}
