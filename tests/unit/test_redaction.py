"""No secret leaves the process as text: known ones in each form, others by their shape."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import Redaction

ROOT = Path(__file__).parents[2]
ODD = 'pass "word"/with+all=of\\it & ö…'

WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in an address": lambda s: quote(s, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in a whole form": lambda s: urlencode({"grant_type": "x", "field": s}),
    "as JSON": json.dumps,
    "as JSON in JSON": lambda s: json.dumps(json.dumps({"field": s})),
    "as JSON with letters": lambda s: json.dumps(s, ensure_ascii=False),
    "as repr": repr,
    "in bytes": lambda s: s.encode().hex(),
    "as base64": lambda s: base64.b64encode(s.encode()).decode(),
    "in basic credentials": lambda s: base64.b64encode(f"apikey:{s}".encode()).decode(),
    "behind one more": lambda s: base64.b64encode(f"apikey1:{s}".encode()).decode(),
    "behind two more": lambda s: base64.b64encode(f"apikey12:{s} and more".encode()).decode(),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(f"me:{s}".encode()).decode(),
}


@pytest.mark.parametrize("secret", ["hush-4711-key", ODD, "äöü-ÄÖÜ-ß"])
@pytest.mark.parametrize("form", WRITTEN)
def test_what_is_known(form: str, secret: str):
    """Whatever form it is written in, and whatever stands around it."""
    redact = Redaction()
    redact.learn(["another-secret", secret])
    written = WRITTEN[form](secret)
    shown = redact(f"before {written} after")
    assert "•••" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert written not in shown
    # What is left of base64 are a few characters at its edges, which have a part of what stands around.
    assert len(shown) < len("before  after") + len(written) - len(secret) // 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token xoxb-1234-abcd is wrong", "token ••• is wrong"),
        ("xoxe.xoxb-1-abcdef xapp-1-A1-22-ff", "••• •••"),
        ("Authorization: Bearer abcdefgh.ijklmnop-12", "Authorization: Bearer •••"),
        ("{'Authorization': 'Basic YXBpa2V5OmtleWtleWtleQ=='}", "{'Authorization': 'Basic •••'}"),
        ("got eyJhbGciOiJ.eyJzdWIiOiJ4.c2ln and on", "got ••• and on"),
        ("grant_type=x&apikey=k3y&response_type=y", "grant_type=x&apikey=•••&response_type=y"),
        ('{"access_token": "opaque", "expires_in": 3600}', '{"access_token": "•••", "expires_in": 3600}'),
        (r'"{\"response_url\": \"http://x/y\", \"a\": 1}"', r'"{\"response_url\": \"•••\", \"a\": 1}"'),
        ("{'trigger_id': '1.2.abc', 'b': 2}", "{'trigger_id': '•••', 'b': 2}"),
        ("POST https://hooks.slack.com/commands/T1/2/abc 200", "POST https://hooks.slack.com/••• 200"),
        (
            "wss://wss-primary.slack.com/link/?ticket=12-ab&app_id=1",
            "wss://wss-primary.slack.com/link/?ticket=•••&app_id=1",
        ),
        ("http://ada:hush@proxy:3128 refused", "http://•••@proxy:3128 refused"),
    ],
)
def test_what_is_known_by_its_shape(text: str, shown: str):
    """What Slack and IBM give out while we run, in each library's way of writing it."""
    assert Redaction()(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "call-center-us is outdated, the basic authentication of stt failed with status 401",
        "SLACK_BOT_TOKEN: must be the bot token (OAuth & Permissions), which begins with xoxb-.",
        "Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN.",
        "SPEECH_TO_TEXT_APIKEY: not set, nor any other credentials for speech-to-text.",
        "has a user name or password in it: remove it. Credentials have settings of their own.",
        "stt could not get a token: the service answered 503.",
        "https://hooks.slack.com is not reached",
    ],
)
def test_other_text_stays(text: str):
    """What only speaks of secrets."""
    redact = Redaction()
    redact.learn(["key"])  # too short to be looked for
    assert redact(text) == text


@given(st.text(max_size=400))
def test_any_text(text: str):
    """Whatever is written, it is no error."""
    redact = Redaction()
    redact.learn(["hush-4711"])
    assert "hush-4711" not in redact(text + "hush-4711")


CRASH = """
import sys, threading
from bot.redaction import Redaction
redact = Redaction()
redact.learn(["hush-4711"])
redact.guard()
class Lost:
    def __del__(self):
        raise ValueError("hush-4711 lost")
def work():
    raise ValueError("hush-4711 in a thread")
thread = threading.Thread(target=work)
thread.start()
thread.join()
lost = Lost()
del lost
raise KeyError("hush-4711", {"token": "xoxb-12345"})
"""


def test_crashes():
    """What ends the process or a thread is printed, with its place, without the secret; the exit code stays."""
    done = subprocess.run(
        [sys.executable, "-c", CRASH],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "hush" not in done.stderr
    assert "12345" not in done.stderr
    for said in ("ValueError: ••• in a thread", "ValueError: ••• lost", "KeyError: ('•••', {'token': '•••'})", "line "):
        assert said in done.stderr
