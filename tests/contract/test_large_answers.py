"""Answers of Speech to Text that are as large as they can be hold nobody up."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.adapters.sizes import Limited
from bot.adapters.watson import WatsonSpeech
from tests.holds import MOST, measured
from tests.world import NEW, OLD, model


def record(number: int, name: str, description: str) -> dict[str, Any]:
    return {
        "customization_id": f"id-{number}",
        "name": name,
        "description": description,
        "base_model_name": "en-US_NarrowbandModel",
        "versions": [OLD, NEW] if number % 2 else [OLD],
        "created": "2019-03-01T10:00:00.000Z",
        "status": "available",
    }


ANSWERS: dict[str, Callable[[], dict[str, Any]]] = {
    "many": lambda: {"customizations": [record(n, f"m{n}", "") for n in range(20_000)]},
    "long": lambda: {"customizations": [record(n, "m" * 1000, "d" * 9000) for n in range(1500)]},
    "piled up": lambda: {"customizations": [record(n, f"{n}" + "o\u0300\u0301" * 400, "") for n in range(1000)]},
    "nonsense": lambda: {"customizations": [{"customization_id": n, "name": []} for n in range(10_000)]},
    "deep": lambda: {"customizations": [{**record(1, "m", ""), "error": json.loads("[" * 900 + "]" * 900)}] * 500},
}


def service(body: bytes, packed: bool) -> WatsonSpeech:
    headers = {"Content-Type": "application/json", **({"Content-Encoding": "gzip"} if packed else {})}
    content = gzip.compress(body, 1) if packed else body
    inner = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=httpx.ByteStream(content)))
    client = httpx.AsyncClient(transport=Limited(inner))
    return WatsonSpeech("stt", "cloud", client, "http://stt", httpx.Auth())


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_lists(answer: str, packed: bool):
    """Of models, read twice: the second time most of it is known."""
    speech = service(json.dumps(ANSWERS[answer]()).encode(), packed)
    with measured() as held:
        first = await asyncio.create_task(speech.models("language"))
        again = await asyncio.create_task(speech.models("language"))
    assert first == again
    assert all(map(lambda one, other: one is other, first, again))
    assert held.longest < MOST, held.all[:3]


async def test_words():
    """Ninety thousand, as many as a model can hold."""
    words = [{"word": f"word-{number}", "sounds_like": ["word"], "display_as": "Word"} for number in range(90_000)]
    speech = service(json.dumps({"words": words}).encode(), packed=True)
    with measured() as held:
        found = await asyncio.create_task(speech.holdings(model()))
    assert found.words == 90_000
    assert held.longest < MOST, held.all[:3]
