"""Settings: every fault at once, IBM's own variables, and secrets that never show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.owners import OwnerRule
from bot.errors import SettingsError
from bot.setting_parsers import seconds
from bot.settings import load

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-hush",
    "SLACK_APP_TOKEN": "xapp-hush",
    "RETUNE_CHANNEL": "C123",
    "RETUNE_APPROVERS": "U1, S2 U3",
    "RETUNE_INSTANCES": "speech-to-text stt-cluster",
    "SPEECH_TO_TEXT_URL": "https://api.us-south.speech-to-text.watson.cloud.ibm.com/instances/1/",
    "SPEECH_TO_TEXT_APIKEY": "key",
    "STT_CLUSTER_URL": "https://cluster/speech-to-text/release/instances/1/api",
    "STT_CLUSTER_AUTH_TYPE": "cp4d",
}


def put(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is not None:
            monkeypatch.setenv(name, value)


def test_defaults(monkeypatch: pytest.MonkeyPatch):
    """What need not be set has the documented default."""
    put(monkeypatch, GOOD)
    settings = load(None)
    assert settings.instances["speech-to-text"].deployment == "cloud"
    assert settings.instances["speech-to-text"].url.endswith("/instances/1")
    assert settings.instances["stt-cluster"].deployment == "cp4d"
    policy = settings.policies["speech-to-text"]
    assert (policy.approvers, policy.needed, policy.self_approval, policy.ttl) == (("U1", "S2", "U3"), 1, False, 86400)
    assert (settings.poll_language, settings.poll_acoustic, settings.parallel) == (10, 60, 2)
    assert settings.inventory == timedelta(minutes=15)
    assert settings.schedule.rule == "0 9 * * mon-fri"
    assert settings.owners == ()
    assert (settings.guests_read, settings.shared_channel) == (False, False)


def test_guests_and_shared_channels(monkeypatch: pytest.MonkeyPatch):
    """What an operator can open, in the usual spellings."""
    put(monkeypatch, {**GOOD, "RETUNE_GUESTS": "Read", "RETUNE_SHARED_CHANNEL": "YES"})
    settings = load(None)
    assert (settings.guests_read, settings.shared_channel) == (True, True)


def test_owners(monkeypatch: pytest.MonkeyPatch):
    """Rules in their order, separated by spaces or commas."""
    put(monkeypatch, {**GOOD, "RETUNE_OWNERS": "call-center-*=U0ADA, support-*=S0APPROVE"})
    assert load(None).owners == (OwnerRule("call-center-*", "U0ADA"), OwnerRule("support-*", "S0APPROVE"))


def test_instances_override_the_policy(monkeypatch: pytest.MonkeyPatch):
    """An instance can ask for more approvals, by other people."""
    put(monkeypatch, {**GOOD, "STT_CLUSTER_APPROVALS": "2", "STT_CLUSTER_APPROVERS": "U9"})
    policy = load(None).policies["stt-cluster"]
    assert (policy.needed, policy.approvers) == (2, ("U9",))


def test_every_fault_at_once(monkeypatch: pytest.MonkeyPatch):
    """One line for each fault, with the variable's name; no value that is a secret."""
    put(
        monkeypatch,
        {
            **GOOD,
            "SLACK_BOT_TOKEN": "xapp-mixed-up-secret",
            "RETUNE_CHANNEL": "speech-models",
            "RETUNE_ANNOUNCE": "every day",
            "RETUNE_TIMEZONE": "Mars/Base",
            "RETUNE_APPROVALS": "0",
            "RETUNE_POLL_LANGUAGE": "soon",
            "RETUNE_LOG": "xml",
            "RETUNE_GUESTS": "ask",
            "RETUNE_SHARED_CHANNEL": "perhaps",
            "RETUNE_OWNERS": "call-*=ada support-*",
            "SPEECH_TO_TEXT_URL": "ftp://nowhere",
        },
    )
    with pytest.raises(SettingsError) as caught:
        load(None)
    named = {fault.split(":")[0] for fault in caught.value.faults}
    assert named == {
        "SLACK_BOT_TOKEN",
        "RETUNE_CHANNEL",
        "RETUNE_ANNOUNCE",
        "RETUNE_TIMEZONE",
        "RETUNE_APPROVALS",
        "RETUNE_POLL_LANGUAGE",
        "RETUNE_LOG",
        "RETUNE_GUESTS",
        "RETUNE_SHARED_CHANNEL",
        "RETUNE_OWNERS",
        "SPEECH_TO_TEXT_URL",
    }
    assert "mixed-up-secret" not in caught.value.text
    assert "“ada” in “call-*=ada”" in caught.value.text
    assert "“support-*” is not a rule" in caught.value.text


def test_nothing_set():
    """An empty environment names everything that must be set."""
    with pytest.raises(SettingsError) as caught:
        load(None)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "RETUNE_CHANNEL", "RETUNE_APPROVERS", "SPEECH_TO_TEXT_URL"):
        assert name in caught.value.text


def test_dotenv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A `.env` file is read; the environment wins over it."""
    put(monkeypatch, {**GOOD, "RETUNE_CHANNEL": None})
    file = tmp_path / ".env"
    file.write_text("RETUNE_CHANNEL=C777\nRETUNE_APPROVERS=U777\n")
    monkeypatch.setenv("RETUNE_CHANNEL", "")
    monkeypatch.delenv("RETUNE_CHANNEL")
    settings = load(file)
    monkeypatch.delenv("RETUNE_CHANNEL", raising=False)
    assert settings.channel == "C777"
    assert settings.policies["speech-to-text"].approvers == ("U1", "S2", "U3")


def test_a_dotenv_that_is_no_text(tmp_path: Path):
    """It is said, without a traceback of what is in it."""
    (tmp_path / ".env").write_bytes("SLACK_BOT_TOKEN=xoxb-1-é".encode("latin-1"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(tmp_path / ".env")


@pytest.mark.parametrize(
    ("port", "bind", "meant"),
    [
        *((None, None, "127.0.0.1"), ("8080", None, None), (None, "*", None), ("8080", "localhost", "127.0.0.1")),
        *(("8080", "10.1.2.3", "10.1.2.3"), (None, "0.0.0.0", "0.0.0.0"), ("8080", "[::1]", "::1"), (None, "::", "::")),
    ],
)
def test_where_http_listens(monkeypatch: pytest.MonkeyPatch, port: str | None, bind: str | None, meant: str | None):
    """On this machine alone, unless PORT is set, by which a host says that it is to be reached; or as is chosen."""
    monkeypatch.delenv("PORT", raising=False)
    put(monkeypatch, {**GOOD, "PORT": port, "RETUNE_BIND": bind})
    settings = load(None)
    assert (settings.port, settings.bind) == (int(port or 3000), meant)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        *(("RETUNE_BIND", value, "is not an IP address") for value in ("example.com", "127.0.0.1:80", "256.1.1.1", "")),
        *(("PORT", value, "from 1 to 65535") for value in ("0", "65536", "-1")),
        *(("PORT", value, "integer") for value in ("http", "80.5")),
        *(("RETUNE_HEALTH_PORT", value, "from 1 to 65535") for value in ("0", "65536", "-1")),
        *(("RETUNE_HEALTH_PORT", value, "integer") for value in ("health", "80.5", "٨٠", "+80", "8" * 5000)),
        ("SLACK_SIGNING_SECRET", "two words", "without spaces"),
    ],
)
def test_where_http_cannot_listen(monkeypatch: pytest.MonkeyPatch, setting: str, value: str, said: str):
    """Each is a fault of that setting, with what to write."""
    put(monkeypatch, {**GOOD, setting: value})
    with pytest.raises(SettingsError) as caught:
        load(None)
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith(f"{setting}: ")
    assert said in caught.value.faults[0]


def test_the_health_port(monkeypatch: pytest.MonkeyPatch):
    """None unless it is set; not the port where Slack calls; in Socket Mode nobody else listens."""
    put(monkeypatch, {**GOOD, "RETUNE_HEALTH_PORT": " "})
    assert load(None).health_port is None
    put(monkeypatch, {**GOOD, "RETUNE_HEALTH_PORT": "3000"})
    assert load(None).health_port == 3000
    monkeypatch.delenv("SLACK_APP_TOKEN")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "hush")
    with pytest.raises(SettingsError, match="RETUNE_HEALTH_PORT: 3000 is PORT already"):
        load(None)


@pytest.mark.parametrize("secret", ["", "   "])
def test_no_way_to_slack(monkeypatch: pytest.MonkeyPatch, secret: str):
    """Neither Socket Mode nor HTTP: both ways are named."""
    put(monkeypatch, {**GOOD, "SLACK_APP_TOKEN": None, "SLACK_SIGNING_SECRET": secret})
    with pytest.raises(SettingsError, match=r"SLACK_APP_TOKEN: not set.*SLACK_SIGNING_SECRET and PORT"):
        load(None)


@pytest.mark.parametrize(("text", "value"), [("90", 90), ("15m", 900), ("24h", 86400), ("2d", 172800), ("1.5h", 5400)])
def test_durations(text: str, value: float):
    """With or without a unit."""
    assert seconds(text) == value


def test_secrets_never_show(monkeypatch: pytest.MonkeyPatch):
    """Neither printing nor encoding the settings shows one."""
    put(monkeypatch, {**GOOD, "SLACK_SIGNING_SECRET": "sign-hush"})
    settings = load(None)
    shown = f"{settings!r} {settings} {json.dumps([settings.bot_token, settings.app_token, settings.signing_secret])}"
    assert "hush" not in shown
    assert settings.bot_token.reveal() == "xoxb-hush"
