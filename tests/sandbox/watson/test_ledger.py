"""The ledger of documented calls agrees with the routes, and with IBM's SDK."""

from __future__ import annotations

import inspect

import pytest
from ibm_watson import SpeechToTextV1

from sandbox.watson.failures import DEFAULTS, Certainty
from sandbox.watson.ledger import LEDGER, Entry, Support
from sandbox.watson.server import ROUTES
from tests.sandbox.watson.conftest import Client

INHERITED = {name for name, _ in inspect.getmembers(SpeechToTextV1.__mro__[-2], inspect.isfunction)}


def test_ledger_and_routes_agree() -> None:
    """Every call that is said to be played has a route, and every route is in the ledger."""
    played = {(entry.method, entry.path) for entry in LEDGER if entry.support is not Support.LEFT_OUT}
    assert played == set(ROUTES)
    assert len({(entry.method, entry.path) for entry in LEDGER}) == len(LEDGER)


def test_whatever_is_not_whole_says_why() -> None:
    """Partial and left-out calls have a reason, whole ones need none."""
    assert all(bool(entry.reason) is (entry.support is not Support.SUPPORTED) for entry in LEDGER)


def test_every_method_of_the_sdk_is_accounted_for() -> None:
    """IBM's SDK has no method that the ledger does not name, and knows no parameter that it lacks."""
    own = {
        name
        for name, function in inspect.getmembers(SpeechToTextV1, inspect.isfunction)
        if not name.startswith("_") and function.__module__.startswith("ibm_watson")
    }
    entries = {entry.operation: entry for entry in LEDGER}
    assert own == set(entries)
    body = {"name", "base_model_name", "dialect", "description", "words", "word", "audio", "content_type"} | {
        *("corpus_file", "grammar_file", "audio_resource", "contained_content_type", "sounds_like", "display_as"),
        *("mapping_only", "kwargs", "self"),
    }
    for name, entry in entries.items():
        if entry.support is Support.LEFT_OUT:
            continue
        in_path = {part[1:-1] for part in entry.path.split("/") if part.startswith("{")}
        given = set(inspect.signature(getattr(SpeechToTextV1, name)).parameters) - in_path
        assert given - body - entry.query == set(), name


@pytest.mark.parametrize("entry", [one for one in LEDGER if one.support is Support.LEFT_OUT], ids=str)
async def test_left_out_calls_say_so(ask: Client, entry: Entry) -> None:
    """A documented call that is not played answers 501 and why; nobody mistakes that for the real service."""
    answer = await ask(entry.method, entry.path.replace("{id}", "some-id"))
    assert answer.status == 501
    assert entry.reason in answer.body["error"]


def test_texts_can_be_filled() -> None:
    """Every refusal has a text, or is an acceptance; only one text of an upgrade is documented."""
    assert all(refusal.text or refusal.status == 200 for refusal in DEFAULTS.values())
    documented = {name for name, refusal in DEFAULTS.items() if refusal.certainty is Certainty.DOCUMENTED}
    assert documented == {"nothing_modified", "recognition_recreate"}
