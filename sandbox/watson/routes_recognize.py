"""`POST /v1/recognize`."""

from __future__ import annotations

from sandbox.watson import bases
from sandbox.watson.audio import AUDIO_TYPES, NEED_RATE, NoAudio, is_wav, stated_rate, wav_facts
from sandbox.watson.custom_models import CustomModel, Kind
from sandbox.watson.exchange import Exchange, Reply, Routes, as_number
from sandbox.watson.failures import Refused
from sandbox.watson.recognition import choose, result
from sandbox.watson.sent_audio import sent_audio

DEFAULT_BASE = "en-US_BroadbandModel"
"""The base model the service uses if a request names none (models-use.md)."""

LEAST_BYTES = 100


async def recognize(x: Exchange) -> Reply:
    """Check the audio, choose versions and custom models, and make up a transcript for each file."""
    base = x.query.get("model", DEFAULT_BASE)
    if base in bases.RETIRED_NAMES or base not in x.instance.base_models:
        raise Refused("unknown_base", base=base)
    language_model = _custom(x, "language", "language_customization_id") or _custom(x, "language", "customization_id")
    acoustic_model = _custom(x, "acoustic", "acoustic_customization_id")
    sent = await sent_audio(x)
    weight = as_number("customization_weight", sent.settings.get("customization_weight"), 0.0, 1.0)
    if weight is not None and language_model is None:
        raise Refused("weight_alone")
    grammar = sent.settings.get("grammar_name")
    if grammar is not None and language_model is None:
        raise Refused("grammar_alone")
    if grammar is not None and language_model is not None and grammar not in language_model.data.grammars:
        raise Refused("unknown_resource", kind="grammar", name=grammar)
    for file in sent.files:
        _check_audio(file, sent.content_type, base)
    chosen = choose(x.world, x.instance, base, language_model, acoustic_model, x.query.get("base_model_version"))
    return Reply(result(chosen, x.unknown, sent.unknown, files=len(sent.files)))


def _custom(x: Exchange, kind: Kind, parameter: str) -> CustomModel | None:
    id = x.query.get(parameter)
    if not id:
        return None
    if x.instance.plan == "lite":
        raise Refused("lite_plan", url=x.service_url)
    return x.instance.find(kind, id)


def _check_audio(body: bytes, header: str, base: str) -> None:
    """Size, type and sampling rate. Raises `Refused`."""
    if len(body) < LEAST_BYTES:
        raise Refused("audio_too_short", size=len(body))
    kind = header.partition(";")[0].strip().lower()
    if kind not in AUDIO_TYPES or (kind in NEED_RATE and stated_rate(header) is None):
        raise Refused("audio_type", type=header)
    rate = stated_rate(header)
    if is_wav(body, kind):
        try:
            rate, _ = wav_facts(body)
        except NoAudio as error:
            raise Refused("no_audio", why=str(error)) from error
    if rate is not None and rate < bases.rate(base):
        raise Refused("audio_rate", rate=rate, minimum=bases.rate(base), base=base)


ROUTES: Routes = {("POST", "/v1/recognize"): recognize}
