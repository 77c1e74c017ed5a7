"""What all tests share: a clean environment, and a bot on fakes with a real database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.world import World

settings.register_profile("suite", max_examples=50, deadline=None)
settings.load_profile("suite")
"""Half of Hypothesis's default: the whole suite is to run under two minutes."""

OURS = (
    *("SLACK_", "RETUNE_", "SPEECH_TO_TEXT_", "STT_", "IBM_", "VCAP_"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests may leak in; nor a credentials file of theirs."""
    for name in list(os.environ):
        if name.upper().startswith(OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Whatever world a test built is closed, also when it returned early: since 3.13 a connection left open warns."""
    before = set(World.built)
    yield
    for built in set(World.built) - before:
        built.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A bot on fakes. Whatever a test does, the chain of its audit is whole afterwards."""
    made = World(tmp_path / "retune.db")
    yield made
    broken = made.store.audit.verify()
    made.close()
    assert broken is None
