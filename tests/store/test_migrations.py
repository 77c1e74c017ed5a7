"""Migrations: a database of an earlier version is what a new one would be."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.domain.request_filter import request_filter
from bot.domain.requests import RequestState
from bot.domain.runs import RunState
from bot.store import Store
from bot.store.connection import Sqlite
from bot.store.requests import Proposal
from bot.store.schema import migrations
from tests.bench.years import Years
from tests.fakes import NOW
from tests.unit.made import plan
from tests.world import ADA

SOME = Years(200, 10, 40)

ROWS = """SELECT q.id, q.kinds, s.instance, s.kind, s.name, s.place, s.form, t.name
          FROM requests q JOIN runs r ON r.request = q.id LEFT JOIN subjects s ON s.id = r.subject
          LEFT JOIN subjects t ON t.id = q.subject ORDER BY q.id, r.number"""


def rows(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(ROWS).fetchall()


def old(path: Path) -> None:
    """A database of the first version."""
    with closing(Sqlite(path)) as db:
        migrations.apply(db, stop_before="requests_are_found_by_indexes")


def test_years_of_an_earlier_version(tmp_path: Path):
    """Requests of then are found as those of now are."""
    old(tmp_path / "old.db")
    for name in ("old", "new"):
        SOME.fill(tmp_path / f"{name}.db")
    Store(tmp_path / "old.db").close()
    assert rows(tmp_path / "old.db") == rows(tmp_path / "new.db")
    assert len(rows(tmp_path / "old.db")) == SOME.requests
    with Store(tmp_path / "old.db") as store:
        found = store.search.page(request_filter("model-00007", ADA), 0, 15)
        assert found.ended == len(found.shown) == 5


def test_several_models_and_odd_names(tmp_path: Path):
    """Written by the store, or read from what an earlier version wrote: the same."""
    plans = (plan("ÉCOUTE “1”"), plan("noise", kind="acoustic"), plan("x" * 40, instance="stt-eu"))
    with Store(tmp_path / "new.db") as store:
        for some in (plans, (plan("hiss", kind="acoustic"),)):
            asked = Proposal(f"V{len(some)}", some, ADA, "", "C1", NOW, NOW + timedelta(days=1))
            assert store.requests.propose(asked).new
    before = rows(tmp_path / "new.db")
    assert [row[1] for row in before] == [3, 3, 3, 2]
    assert [row[7] for row in before] == [None, None, None, "hiss"]
    old(tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        connection.execute("ATTACH ? AS new", (str(tmp_path / "new.db"),))
        for table in ("requests", "runs"):
            columns = ", ".join(name for _, name, *_ in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
    Store(tmp_path / "old.db").close()
    assert rows(tmp_path / "old.db") == before


def test_what_was_cancelled_is_stopped(tmp_path: Path):
    """Requests and runs that people stopped in an earlier version."""
    with Store(tmp_path / "old.db") as store:
        asked = Proposal("V1", (plan("noise"),), ADA, "", "C1", NOW, NOW + timedelta(days=1))
        request = store.requests.propose(asked).request
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection, connection:
        for table in ("requests", "runs"):
            connection.execute(f"UPDATE {table} SET state = 'cancelled'")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'what_people_stop_is_called_stopped'")
    with Store(tmp_path / "old.db") as store:
        found = store.requests.get(request or 0)
        assert found is not None
        assert (found.state, found.first.state) == (RequestState.CANCELLED, RunState.CANCELLED)
