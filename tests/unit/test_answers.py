"""Answers of services: the sentence that somebody wrote for people, and never the body around it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import LONG, reason_in, status_in, told, unreadable

NESTED = json.dumps({"code": 500, "code_description": "Internal Server Error", "error": "Cannot compile grammar"})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", ""),
        ("Base model is outdated", "Base model is outdated"),
        (
            '{"code": 400, "error": "Cannot train with no data", "code_description": "Bad Request"}',
            "Cannot train with no data",
        ),
        (NESTED, "Cannot compile grammar"),
        (json.dumps({"error": NESTED}), "Cannot compile grammar"),
        (json.dumps({"error": {"code": 1, "message": "Quota exceeded"}}), "Quota exceeded"),
        (json.dumps({"errors": [{"code": "a", "message": "One"}, {"message": "Two"}]}), "One; Two"),
        (
            json.dumps({"errorCode": "BXNIM0415E", "errorMessage": "Provided API key could not be found."}),
            "Provided API key could not be found.",
        ),
        (
            json.dumps({"error": "invalid_client", "error_description": "Client authentication failed"}),
            "Client authentication failed",
        ),
        (json.dumps({"_statusCode_": 401, "exception": "User not authorized"}), "User not authorized"),
        (json.dumps({"code": 500, "code_description": "Internal Server Error"}), "Internal Server Error"),
        (f"Training failed: {NESTED}", "Training failed: Cannot compile grammar"),
        ("<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>", "502 Bad Gateway"),
        ("<html><h1>Sign in</h1></html>", "Sign in"),
        ("<!DOCTYPE html>\n<title>\n  Access\n denied </title>", "Access denied"),
        ("<?xml version='1.0'?><error><message>No such bucket</message></error>", "No such bucket"),
        ('{"code": 400, "error": "cut off in the mid', ""),
        ("<html><body>", ""),
        ("{}", ""),
        ('["a", "b"]', "a; b"),
        ('{"a": 1}', ""),
        ("[warning] something", "[warning] something"),
        ("words { like this", "words { like this"),
        ("a < b", "a < b"),
    ],
)
def test_the_sentence_in_an_answer(body: str, said: str):
    """Plain text, IBM's shapes of JSON, JSON in strings of JSON, pages of gateways; "" where nobody can read it."""
    assert reason_in(body) == said
    if body:
        assert told(body) == (said or unreadable(status_in(body)))


def test_what_cannot_be_read_is_said_as_such():
    """With the status where the answer tells one."""
    assert told('{"code": 502}') == "an answer without a readable reason (status 502)"
    assert told("<html><body>") == "an answer without a readable reason"
    assert told("  ") == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["error", "message", "x"]), inner),
    max_leaves=20,
)


@given(JSON)
def test_no_json_is_shown(value: object):
    """Whatever is nested in whatever, also as a string in a string."""
    for body in (json.dumps(value), json.dumps({"error": json.dumps(value)})):
        said = reason_in(body)
        assert len(said) <= LONG
        assert '"error"' not in said
        assert '{"' not in said


@given(st.text(max_size=300))
def test_any_text_can_be_asked(body: str):
    """Nothing that a service could send makes it fail."""
    assert len(reason_in(body)) <= LONG
    status_in(body)


def test_deep_nesting_ends():
    """Neither recursion nor time without end."""
    body = "x"
    for _ in range(12):
        body = json.dumps({"error": body})[: 30 * 1024]
    assert len(reason_in(body)) <= LONG
    assert reason_in("[" * 100_000) == ""
    assert reason_in("<a " * 30_000) == ""
