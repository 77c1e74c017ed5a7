"""Worlds for tests of flows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture
def two(tmp_path: Path) -> Iterator[World]:
    """A world in which an upgrade needs two approvals."""
    made = World(tmp_path / "two.db", needed=2)
    yield made
    made.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two bots on one database, in one workspace, with one service."""
    first = World(tmp_path / "shared.db")
    second = World(tmp_path / "shared.db", clock=first.clock, holder="there:2")
    second.close()
    second.chat, second.speech = first.chat, first.speech
    second.start()
    yield first, second
    first.close()
    second.close()
