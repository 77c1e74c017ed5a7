"""The chain: each row of the audit carries the hash of the row before it, so that no row can be changed unseen.

Never change what is hashed here: databases have hashes that were made so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

START = "0" * 64
"""What the first row carries as the hash of the row before it."""

COLUMNS = ("id", "at", "actor", "action", "run", "model", "instance", "detail", "previous")
"""What a row's hash is made of."""


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the row's `COLUMNS` as JSON: keys sorted, no spaces, all but ASCII escaped.

    `at` is written with the fewest digits that give the same double, as `repr` does.
    """
    facts = {column: row[column] for column in COLUMNS}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
