"""Custom words: what is taken, what is marked, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.watson.server import SpeechServer
from tests.sandbox.watson.conftest import Client, MovedClock

HOME = "/v1/customizations/{%s}"


@pytest.mark.parametrize(
    ("word", "body"),
    [
        ("two words", {}),
        ("flat", {"sounds_like": "flat"}),
        ("mixed", {"sounds_like": ["mixed", 7]}),
    ],
)
async def test_what_is_no_word_is_not_added(speech: SpeechServer, ask: Client, word: str, body: dict[str, str]) -> None:
    """What is no definition of a word at all is 400; of several none is added."""
    path = HOME % "call-center-us" + "/words"
    assert (await ask("PUT", f"{path}/{word}", json=body)).status == 400
    assert (await ask("POST", path, json={"words": [{"word": "fine"}, {"word": word, **body}]})).status == 400
    model = speech.world.model("call-center-us")
    assert "fine" not in model.data.words
    assert model.status == "available"


@pytest.mark.parametrize(
    ("model", "sounds", "text"),
    [
        ("call-center-us", ["a", "b", "c", "d", "e", "f"], "At most 5"),
        ("call-center-us", ["fine", "x" * 41], "40 characters"),
        ("call-center-us", [" " + "x" * 40 + " "], ""),
        ("call-center-us", ["75 dollars"], "Numbers are not allowed"),
        ("call-center-us", ["  "], "empty"),
        ("newsroom-us", ["route 66"], "Numbers are not allowed"),
    ],
)
async def test_invalid_sounds_likes(
    speech: SpeechServer, ask: Client, moved: MovedClock, model: str, sounds: list[str], text: str
) -> None:
    """Among several words one is taken and marked, which bars the training; alone it is refused and not added."""
    path, body = HOME % model + "/words", {"sounds_like": sounds}
    alone = await ask("PUT", f"{path}/alone", json=body)
    assert alone.status == (400 if text else 201)
    assert ("alone" in speech.world.model(model).data.words) is (not text)
    if text:
        assert text in alone.body["error"]
    assert (await ask("POST", path, json={"words": [{"word": "fine"}, {"word": "odd", **body}]})).status == 201
    moved.advance(10)
    words = {one["word"]: one for one in (await ask("GET", path)).body["words"]}
    assert "error" not in words["fine"]
    assert (text in words["odd"]["error"][0]["element"]) if text else ("error" not in words["odd"])
    trained = await ask("POST", HOME % model + "/train")
    assert (trained.status, speech.world.model(model).status) == ((400, "failed") if text else (200, "training"))
    if text:
        assert (await ask("PUT", f"{path}/odd", json={"sounds_like": ["mended"]})).status == 201
        assert "error" not in (await ask("GET", f"{path}/odd")).body
        assert (await ask("POST", HOME % model + "/train")).status == 200


async def test_a_digit_in_a_word_is_no_fault(ask: Client) -> None:
    """What the service gives itself as the pronunciation of a word is never marked."""
    assert (await ask("POST", HOME % "call-center-us" + "/words", json={"words": [{"word": "HX200"}]})).status == 201
    assert "error" not in (await ask("GET", HOME % "call-center-us" + "/words/HX200")).body


async def test_errors_of_words_by_assumption(speech: SpeechServer, ask: Client) -> None:
    """The other shape of an error, which the documentation shows, is a switch."""
    speech.world.assumptions.word_errors_named = True
    words = [{"word": "odd", "sounds_like": ["75 dollars"]}]
    await ask("POST", HOME % "call-center-us" + "/words", json={"words": words})
    assert list((await ask("GET", HOME % "call-center-us" + "/words/odd")).body["error"][0]) == ["75 dollars"]


async def test_limits_of_words(speech: SpeechServer, ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """More words than a model may hold are refused, in a list, one by one, and in a corpus."""
    held = len(speech.world.model("call-center-us").data.words)
    monkeypatch.setattr("sandbox.watson.routes_words.MOST_WORDS", held + 1)
    path = HOME % "call-center-us"
    assert (await ask("POST", path + "/words", json={"words": [{"word": "one"}, {"word": "two"}]})).status == 400
    assert (await ask("PUT", path + "/words/one", json={})).status == 201
    assert (await ask("PUT", path + "/words/two", json={})).status == 400
    monkeypatch.setattr("sandbox.watson.routes_corpora.MOST_WORDS", 3)
    text: dict[str, Any] = {"data": b"one two three four", "headers": {"Content-Type": "text/plain"}}
    assert (await ask("POST", path + "/corpora/long", **text)).status == 400


async def test_words_are_pending_then_ready(speech: SpeechServer, ask: Client, moved: MovedClock) -> None:
    """Several words at once are analysed: `pending`, then `ready`; a corpus word that is changed is the user's too."""
    path = HOME % "call-center-us" + "/words"
    from_corpus = (await ask("GET", path + "?word_type=corpora&sort=-count")).body["words"][0]
    changed = {"word": from_corpus["word"], "display_as": "Shown"}
    assert (await ask("POST", path, json={"words": [changed]})).status == 201
    model = speech.world.model("call-center-us")
    assert model.status == "pending"
    moved.advance(5)
    assert model.status == "ready"
    word = (await ask("GET", f"{path}/{from_corpus['word']}")).body
    assert (word["display_as"], word["count"]) == ("Shown", from_corpus["count"])
    assert word["source"] == [*from_corpus["source"], "user"]


async def test_words_in_paths_are_decoded(ask: Client) -> None:
    """Words that need URL encoding are found."""
    answer = await ask("GET", HOME % "pharmacy-zh" + "/words/%E9%98%BF%E8%8E%AB%E8%A5%BF%E6%9E%97")
    assert answer.body["word"] == "阿莫西林"
