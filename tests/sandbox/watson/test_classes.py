"""IBM's own SDK as the judge: its client plays every call, its classes take every answer and lose nothing of it.

The calls come from the routes themselves, so that a new one cannot be forgotten here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from ibm_cloud_sdk_core.authenticators import BearerTokenAuthenticator
from ibm_watson import SpeechToTextV1, speech_to_text_v1
from ibm_watson.speech_to_text_v1 import CustomWord

from sandbox.watson.custom_models import CustomModel
from sandbox.watson.ledger import LEDGER
from sandbox.watson.server import ROUTES, SpeechServer
from tests.sandbox.watson.conftest import CLUSTER_TOKEN, Client, MovedClock, run
from tests.sandbox.watson.test_sdk import wav

OPERATIONS = {(entry.method, entry.path): entry.operation for entry in LEDGER}
PLAYED = {OPERATIONS[place] for place in ROUTES}

_CLASS = re.compile(r"representing an? `(\w+)` object")


def class_of(operation: str) -> str:
    """The SDK's class for the answer to *operation*; empty where it describes none."""
    found = _CLASS.search(getattr(SpeechToTextV1, operation).__doc__)
    return found.group(1) if found else ""


def judged(operation: str, answer: Any) -> None:
    """Nothing of *answer* is lost on the way through the SDK's class for it."""
    name = class_of(operation)
    if name:
        assert getattr(speech_to_text_v1, name).from_dict(answer).to_dict() == answer, operation
    else:
        assert set(answer) <= {"warnings"}, operation


class Judge:
    """Calls the SDK's client and judges each answer."""

    def __init__(self, sdk: SpeechToTextV1) -> None:
        self._sdk = sdk
        self.heard: set[str] = set()

    async def __call__(self, operation: str, *arguments: Any, **settings: Any) -> Any:
        answer = await run(getattr(self._sdk, operation), *arguments, **settings)
        judged(operation, answer)
        self.heard.add(operation)
        return answer


def test_the_ledger_names_the_classes() -> None:
    """What the ledger says of an answer is what the SDK says."""
    assert {one.operation: one.answer for one in LEDGER if one.operation in PLAYED} == {
        operation: class_of(operation) for operation in PLAYED
    }


@pytest.fixture
def at_cluster(speech: SpeechServer) -> Iterator[SpeechToTextV1]:
    """The SDK for the cluster."""
    client = SpeechToTextV1(BearerTokenAuthenticator(CLUSTER_TOKEN))
    client.set_service_url(speech.service_url("stt-cluster"))
    yield client
    client.http_client.close()


@pytest.mark.parametrize("unknown", [{}, {"colour": "red"}], ids=["as documented", "unknown parameter"])
@pytest.mark.parametrize(
    ("client", "base", "rate"),
    [("sdk", "en-US_NarrowbandModel", 8000), ("at_cluster", "pt-BR_NarrowbandModel", 8000)],
)
async def test_every_call_once(
    request: pytest.FixtureRequest,
    speech: SpeechServer,
    moved: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    client: str,
    base: str,
    rate: int,
    unknown: dict[str, str],
) -> None:
    """The client lives through everything that a language and an acoustic model can live through."""
    sdk = request.getfixturevalue(client)
    prepare = sdk.prepare_request

    def with_unknown(method: str, url: str, *, params: dict[str, Any] | None = None, **rest: Any) -> Any:
        return prepare(method, url, params={**(params or {}), **unknown}, **rest)

    monkeypatch.setattr(sdk, "prepare_request", with_unknown)
    ask = Judge(sdk)
    await ask("list_models")
    await ask("get_model", base)

    words = (await ask("create_language_model", "judged", base, description="All that there is"))["customization_id"]
    await ask("add_corpus", words, "lines", io.BytesIO(b"we ship the HX200 today"))
    moved.advance(20)
    await ask("add_words", words, [CustomWord(word="IEEE", sounds_like=["75 dollars"], mapping_only=["x"])])
    moved.advance(20)
    await ask("add_word", words, "tomato", sounds_like=["tomahto"], display_as="Tomato")
    await ask("add_grammar", words, "numbers", io.BytesIO(b"#ABNF 1.0 UTF-8;"), "application/srgs")
    moved.advance(20)
    for listed, one, named in (
        ("list_corpora", "get_corpus", "lines"),
        ("list_words", "get_word", "IEEE"),
        ("list_grammars", "get_grammar", "numbers"),
    ):
        await ask(listed, words)
        await ask(one, words, named)
    warned = await ask("train_language_model", words, strict=False)
    assert warned["warnings"][0]["code"] == "invalid_words"
    moved.advance(60)

    sound = (await ask("create_acoustic_model", "judged", base))["customization_id"]
    await ask("add_audio", sound, "take", io.BytesIO(wav(660, rate)), content_type="audio/wav")
    moved.advance(60)
    await ask("list_audio", sound)
    await ask("get_audio", sound, "take")
    await ask("train_acoustic_model", sound, custom_language_model_id=words)
    moved.advance(700)
    await ask("recognize", wav(1, rate), model=base, language_customization_id=words, acoustic_customization_id=sound)

    place = speech.world.model(words).instance
    speech.world.release(place, base, f"{base}.v2026-05-01")
    await ask("recognize", wav(1, rate), model=base, language_customization_id=words)
    await ask("upgrade_language_model", words)
    moved.advance(60)
    await ask("upgrade_acoustic_model", sound)
    moved.advance(700)
    for kind, id in (("language", words), ("acoustic", sound)):
        assert (await ask(f"get_{kind}_model", id))["versions"][-1] == f"{base}.v2026-05-01"
        await ask(f"list_{kind}_models", language=base[:5])
    await ask("delete_corpus", words, "lines")
    await ask("delete_word", words, "IEEE")
    await ask("delete_grammar", words, "numbers")
    await ask("delete_audio", sound, "take")
    for kind, id in (("language", words), ("acoustic", sound)):
        await ask(f"reset_{kind}_model", id)
        await ask(f"delete_{kind}_model", id)
    assert ask.heard == PLAYED


async def untidy(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """Models that failed inside the service, and data of every sort that is invalid, an archive, or under way."""
    acoustic = "/v1/acoustic_customizations/{stadium-noise}"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.wav", wav(3, 16000))
        archive.writestr("b.jpg", b"photo")
    for name, kind, body in (("zip", "application/zip", buffer.getvalue()), ("odd", "audio/wav", b"photo")):
        added = await ask("POST", f"{acoustic}/audio/{name}", data=body, headers={"Content-Type": kind})
        assert added.status == 201
    moved.advance(30)
    for place in (f"{acoustic}/upgrade_model", "/v1/customizations/{support-desk-us}/train?force=true"):
        speech.faults.next_outcome("*", "failed")
        assert (await ask("POST", place)).status == 200
    moved.advance(7000)
    given = [
        {"word": "odd", "sounds_like": ["1", "x" * 50]},
        {"word": "shown", "display_as": "Shown", "mapping_only": True},
    ]
    language = "/v1/customizations/{call-center-us}"
    assert (await ask("POST", f"{language}/words", json={"words": given})).status == 201
    moved.advance(30)
    text = {"Content-Type": "text/plain"}
    for name, body in (("late", b"one two"), ("latin", b"\xff")):
        assert (await ask("POST", f"{language}/corpora/{name}", data=body, headers=text)).status == 201
        moved.advance(30 if name == "late" else 0)


def paths(speech: SpeechServer, instance: str, template: str) -> Iterator[str]:
    """The *template* of a route with everything that *instance* has in place of its names."""
    place = speech.world.instance(instance)
    parts = re.findall(r"{(\w+)}", template)
    if "customization_id" not in parts:
        choices = {"model_id": place.base_models}
        yield from (
            template.format(**dict(zip(parts, one, strict=True))) for one in product(*(choices[part] for part in parts))
        )
        return
    models: list[CustomModel] = place.models("acoustic" if "acoustic" in template else "language")
    for model in models:
        data = model.data
        held = {
            "customization_id": [model.customization_id],
            "corpus_name": list(data.corpora),
            "grammar_name": list(data.grammars),
            "audio_name": list(data.audio),
            "word_name": [word for word in data.words if word.isascii()][-3:],
        }
        for one in product(*(held[part] for part in parts)):
            yield template.format(**dict(zip(parts, one, strict=True)))


@pytest.mark.parametrize("template", [path for method, path in ROUTES if method == "GET"])
async def test_every_reading(speech: SpeechServer, ask: Client, moved: MovedClock, template: str) -> None:
    """All that can be read of all instances, also of what failed, is invalid or under way, with and without excess."""
    await untidy(speech, ask, moved)
    count = 0
    for instance in ("speech-to-text", "stt-cluster"):
        for path in paths(speech, instance, template):
            for query in ("", "?colour=red"):
                answer = await ask("GET", path + query, at=instance)
                assert answer.status == 200, path
                judged(OPERATIONS["GET", template], answer.body)
                count += 1
    assert count
