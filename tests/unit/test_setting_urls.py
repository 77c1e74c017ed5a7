"""Wrong URLs and network settings: what is wrong is named, with what to put there; no password is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.setting_urls import region_of
from bot.settings import load
from tests.unit.test_settings import GOOD, put

STT = "SPEECH_TO_TEXT_URL"
AUTH = "SPEECH_TO_TEXT_AUTH_URL"
CLUSTER = "STT_CLUSTER_URL"
TOKENS = "STT_CLUSTER_AUTH_URL"
SLACK = "SLACK_API_URL"
DALLAS = "https://api.us-south.speech-to-text.watson.cloud.ibm.com"
PAGE = "the URL on the instance's credentials page"


def faults(monkeypatch: pytest.MonkeyPatch, **settings: str) -> tuple[str, ...]:
    """The faults of otherwise good settings."""
    put(monkeypatch, {**GOOD, **settings})
    try:
        load(None)
    except SettingsError as error:
        return error.faults
    return ()


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        (STT, f"{DALLAS}/instances/x/v1", "“/v1”"),
        (STT, f"{DALLAS}/instances/x/v1/", "“/v1”"),
        (STT, f"{DALLAS}/instances/x/v1/customizations", "“/v1/customizations”"),
        (STT, f"{DALLAS}/instances/x/y", "“/y”"),
        (STT, "https://stt.example.com/instances/x/v1", "“/v1”"),
        (STT, f"{DALLAS.replace('https', 'http')}/instances/x", "must begin with https://"),
        (STT, "https://cloud.ibm.com/services/speech-to-text/x", PAGE),
        (STT, "https://eu-de.cloud.ibm.com/catalog", PAGE),
        (STT, "https://iam.cloud.ibm.com", "token service"),
        (STT, "https://user:secret@stt.example.com/instances/x", "has a user name or password in it: remove it"),
        (STT, "user:secret@stt.example.com/instances/x", "has a user name or password in it"),
        (STT, "http://user:secret@stt.example.com/instances/x", "must begin with https://"),
        (STT, DALLAS, "no instance id"),
        (STT, f"{DALLAS}/", "no instance id"),
        (STT, f"{DALLAS}/instances/", "no instance id"),
        (STT, f"{DALLAS}/v1", "no instance id"),
        (STT, f"{DALLAS}/instances//x", "“//”"),
        (
            STT,
            "https://api.us-south.text-to-speech.watson.cloud.ibm.com/instances/x",
            "text-to-speech, another service",
        ),
        (STT, "https://api.speech-to-text.watson.cloud.ibm.com/instances/x", "host that is not one of Speech to Text"),
        (STT, "https://stream.watsonplatform.net/speech-to-text/api", "switched off"),
        (STT, f"https://{DALLAS}/instances/x", "two schemes"),
        (STT, f"https:/https:/{DALLAS[8:]}/instances/x", "two schemes"),
        (STT, f"{DALLAS[8:]}/instances/x", "no scheme"),
        (STT, f"{DALLAS.replace('https', 'wss')}/instances/x", "begins with wss://"),
        (STT, f"https:///{DALLAS[8:]}/instances/x", "names no host"),
        (STT, f"https:/{DALLAS[8:]}/instances/x", "must begin with https://"),
        (STT, f"{DALLAS}/instances/x?version=1", "“?”"),
        (STT, f"{DALLAS}/instances/…", "“…”"),
        (STT, f'"{DALLAS}/instances/x"', "quote"),
        (STT, f"{DALLAS}:none/instances/x", "names no host"),
        (STT, "ftp://nowhere", "begins with ftp://"),
        (STT, " ", PAGE),
        (AUTH, "http://iam.cloud.ibm.com", "must begin with https://"),
        (AUTH, "https://iam.cloud.ibm.com/", "“/”"),
        (AUTH, "https://iam.cloud.ibm.com/identity", "“/identity”"),
        (AUTH, f"{DALLAS}/instances/x", "leave it out"),
        (AUTH, "https://cpd.example.com/icp4d-api", "SPEECH_TO_TEXT_AUTH_TYPE=cp4d"),
        (AUTH, "https://ada:secret@iam.example.com", "password"),
        (CLUSTER, f"{DALLAS}/instances/x", "STT_CLUSTER_AUTH_TYPE=iam"),
        (CLUSTER, "https://cpd.example.com", "/speech-to-text/release/instances/id/api"),
        (CLUSTER, "https://cpd.example.com/zen/#/myInstances", "“#”"),
        (CLUSTER, "https://cpd.example.com/zen", "/speech-to-text/release/instances/id/api"),
        (CLUSTER, "https://cpd.example.com/icp4d-api", "STT_CLUSTER_AUTH_URL"),
        (CLUSTER, "https://cpd.example.com/speech-to-text/r/instances/1", "must end in /api"),
        (CLUSTER, "https://cpd.example.com/speech-to-text/r/instances/1/api/v1", "“/v1”"),
        (CLUSTER, "https://cpd.example.com/speech-to-text/r/api", "no instance id"),
        (TOKENS, "http://cpd.example.com/icp4d-api", "must begin with https://"),
        (TOKENS, "https://cpd.example.com", "https://cpd.example.com/icp4d-api"),
        (TOKENS, "https://cpd.example.com/icp4d-api/", "“/”"),
        (TOKENS, "https://cpd.example.com/icp4d-api/v1", "“/v1”"),
        (SLACK, "http://slack.example.com/api/", "must begin with https://"),
        (SLACK, "https://slack.com", "https://slack.com/api/"),
        (SLACK, "https://slack.com/api/auth.test", "https://slack.com/api/"),
        (SLACK, "https://slack-gov.com/", "https://slack-gov.com/api/"),
        (SLACK, "https://acme.slack.com", "not the address of the Web API"),
        (SLACK, "https://api.slack.com/apps", "api.slack.com"),
        (SLACK, "https://hooks.slack.com/services/T/B/secret", "hooks.slack.com"),
        (SLACK, "https://ada:secret@slack.example.com/api/", "password"),
        ("HTTPS_PROXY", "socks5://ada:secret@proxy:1080", "http proxy"),
        ("HTTP_PROXY", "http://", "http proxy"),
        ("ALL_PROXY", "http://proxy:none", "http proxy"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "“/nowhere/ca.pem”"),
        ("REQUESTS_CA_BUNDLE", __file__, "not a readable file of certificates"),
        ("SLACK_ALLOW_HTTP", "perhaps", "yes or no"),
        ("SPEECH_TO_TEXT_ALLOW_HTTP", "perhaps", "yes or no"),
    ],
)
def test_what_is_wrong(monkeypatch: pytest.MonkeyPatch, setting: str, value: str, named: str):
    """One setting is named, and no other."""
    found = faults(monkeypatch, **{setting: value})
    assert {fault.split(":")[0] for fault in found} == {setting}
    assert named in "\n".join(found)
    assert "secret" not in "\n".join(found)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (STT, f"{DALLAS}/instances/x/"),
        (STT, "https://api.private.eu-de.speech-to-text.watson.cloud.ibm.com/instances/x"),
        (STT, "https://api.a-new-region.speech-to-text.watson.cloud.ibm.com/instances/x"),
        (STT, "https://stt.example.com:8443/gateway"),
        (STT, "http://127.0.0.1:8080/instances/x"),
        (STT, "http://localhost/instances/x"),
        (STT, "http://[::1]:8080/instances/x"),
        (AUTH, "https://iam.cloud.ibm.com/identity/token"),
        (AUTH, "https://private.us-south.iam.cloud.ibm.com"),
        (AUTH, "http://127.0.0.1:8080"),
        (CLUSTER, "https://cpd.example.com:31843/speech-to-text/r/instances/1/api/"),
        (CLUSTER, "https://cpd.example.com/behind/a/gateway"),
        (TOKENS, "https://cpd.example.com/icp4d-api"),
        (TOKENS, "https://cpd.example.com/icp4d-api/v1/authorize"),
        (SLACK, "https://slack.com/api"),
        (SLACK, "https://slack-gov.com/api/"),
        (SLACK, "http://127.0.0.1:8080/api/"),
        ("HTTPS_PROXY", "proxy.example.com:3128"),
        ("HTTPS_PROXY", "http://ada:secret@proxy.example.com:3128"),
        ("HTTPS_PROXY", ""),
        ("SSL_CERT_FILE", ""),
    ],
)
def test_what_is_right(monkeypatch: pytest.MonkeyPatch, setting: str, value: str):
    """Everything that can work is taken."""
    assert faults(monkeypatch, **{setting: value}) == ()


def test_plain_http_can_be_allowed(monkeypatch: pytest.MonkeyPatch):
    """For one instance with its token service, and for Slack; each by a setting of its own."""
    plain = {
        "SPEECH_TO_TEXT_URL": "http://stt.example.com/instances/x",
        "SPEECH_TO_TEXT_AUTH_URL": "http://iam.example.com",
        "STT_CLUSTER_AUTH_URL": "http://cpd.example.com/icp4d-api",
        "SLACK_API_URL": "http://slack.example.com/api/",
    }
    found = faults(monkeypatch, **plain)
    assert [fault.split(":")[0] for fault in found] == sorted(plain)
    for fault, allow in zip(found, ("SLACK_", "SPEECH_TO_TEXT_", "SPEECH_TO_TEXT_", "STT_CLUSTER_"), strict=True):
        assert f"unless {allow}ALLOW_HTTP=yes" in fault
    allowed = {f"{name}_ALLOW_HTTP": "yes" for name in ("SPEECH_TO_TEXT", "STT_CLUSTER", "SLACK")}
    assert faults(monkeypatch, **plain, **allowed) == ()


def test_the_check_of_certificates(monkeypatch: pytest.MonkeyPatch):
    """Both switches are read, each for its own connection."""
    put(monkeypatch, {**GOOD, "SPEECH_TO_TEXT_DISABLE_SSL": "true", "STT_CLUSTER_AUTH_DISABLE_SSL": "true"})
    found = load(None).instances
    assert [(i.verify_tls, i.verify_auth_tls) for i in found.values()] == [(False, True), (True, False)]


def test_a_folder_of_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Is taken as well as a file."""
    assert faults(monkeypatch, SSL_CERT_DIR=str(tmp_path)) == ()


def test_the_region_of_an_instance():
    """As its URL has it; others have none."""
    assert region_of(f"{DALLAS}/instances/x") == "us-south"
    assert region_of("https://api.private.eu-de.speech-to-text.watson.cloud.ibm.com/instances/x") == "eu-de"
    assert region_of("https://stt.example.com/instances/x") is None
