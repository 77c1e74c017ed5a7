"""A database of an earlier Retune: what it announced counts on, and nothing is said for the past."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from bot.store.schema import migrations
from tests.fakes import FrozenClock
from tests.world import CHANNEL, World


async def test_an_earlier_retune(tmp_path: Path):
    """Updated between two slots: the last one was said; the next one says everything, once."""
    path = tmp_path / "old.db"
    db = Database(sqlite3.connect(path))
    migrations.apply(db, stop_before="announcing")
    said_at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    with db.conn:
        db.execute(
            "INSERT INTO announcements (channel, slot, at, said) VALUES (?, ?, ?, 1)",
            (CHANNEL, "2026-11-23T09:00+00:00", said_at.timestamp()),
        )
    db.close()
    world = World(path, clock=FrozenClock(datetime(2026, 11, 23, 12, tzinfo=UTC)))
    world.fleet()
    world.announcer.first_start()
    assert world.store.announcements.began(CHANNEL) == said_at
    await world.ring()
    assert world.chat.said == []
    world.clock.at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    await world.worker.announce()
    assert len(world.chat.said) == 1
    world.store.close()
