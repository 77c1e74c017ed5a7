"""The schema as a picture: whoever changes a table changes `schema.sql` too, and the diff shows what."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from bot.store import Store

PICTURE = Path(__file__).parent / "schema.sql"


def drawn(path: Path) -> str:
    """Every table and index of ours in a new database, by name."""
    Store(path).close()
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE '\\_%' ESCAPE '\\' "
            "ORDER BY tbl_name, type DESC, name"
        ).fetchall()
    finally:
        connection.close()
    return "".join(re.sub(r"\s+", " ", sql) + ";\n" for (sql,) in rows)


def test_the_picture_is_true(tmp_path: Path):
    """A new database looks exactly as the picture says."""
    assert drawn(tmp_path / "new.db") == PICTURE.read_text("utf-8")
