"""The audit's chain: the content of a row's hash and seal, and the walk that checks the rows one by one.

Never change what is hashed or sealed here: existing databases depend on it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.store.connection import Row

START = "0" * 64
"""The previous hash of the first row."""

COLUMNS = ("id", "at", "actor", "action", "request", "model", "instance", "detail", "previous")
"""The columns in a row's hash."""

TYPES: Mapping[str, tuple[type, ...]] = {
    "id": (int,),
    "at": (float,),
    **dict.fromkeys(("actor", "action", "detail", "previous", "hash"), (str,)),
    "request": (int, type(None)),
    **dict.fromkeys(("model", "instance", "seal"), (str, type(None))),
}
"""All columns of a row, and their possible types."""

KEYED = "audit key"
"""The action of the row where seals by another key begin, or seals end; its detail is the key's name."""

NO_KEY = "none"
"""The name when seals end."""

LOST = "audit end lost"
"""The action of the row written when the stored end of the chain was missing."""


@dataclass(frozen=True, slots=True)
class Head:
    """The stored end of the chain: number and hash of the last row, and a seal over both."""

    last: int
    hash: str
    seal: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first fault, in words; *id* is its row, None if it is not about a single row."""

    id: int | None
    why: str


class SealingKey:
    """A key outside the database: HMAC-SHA256 with it seals rows and end. It is never shown."""

    __slots__ = ("_key",)

    def __init__(self, secret: str) -> None:
        self._key = secret.encode()

    def __repr__(self) -> str:
        return "SealingKey(•••)"

    @property
    def name(self) -> str:
        """Distinguishes it from other keys without revealing it."""
        return self._hmac("name")[:8]

    def of_row(self, hash: str) -> str:
        """The seal of a row with that hash."""
        return self._hmac(f"row {hash}")

    def of_head(self, last: int, hash: str) -> str:
        """The seal of the end; differs from every row's seal, so none can replace it."""
        return self._hmac(f"head {last} {hash}")

    def made(self, head: Head) -> bool:
        """Whether this key sealed that end."""
        return _same(head.seal, self.of_head(head.last, head.hash))

    def begun_by(self, row: Row) -> bool:
        """Whether the seals of this key begin with this row."""
        return (row["action"], row["detail"]) == (KEYED, self.name)

    def _hmac(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), "sha256").hex()


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the row's `COLUMNS` as JSON: keys sorted, no spaces, everything but ASCII escaped.

    `at` has the fewest digits that give the same double, as in `repr`.
    """
    facts = {column: row[column] for column in COLUMNS}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Walk:
    """Checks rows in order of their numbers, then the end; keeps only the last row."""

    def __init__(self, key: SealingKey | None) -> None:
        self._key = key
        self.last = Head(0, START)
        self.keyed: tuple[int, float] | None = None
        """The first row of the key's seals, and its time (seconds since 1970)."""
        self.sealed: tuple[int, int] | None = None
        """The first and last row with any seal."""

    def row(self, row: Row) -> str | None:
        """What is wrong with the next row; None if nothing is."""
        fault = self._fault(row)
        if fault is None:
            self.last = Head(row["id"], row["hash"])
            if row["seal"] is not None:
                self.sealed = ((self.sealed or (row["id"],))[0], row["id"])
        return fault

    def _fault(self, row: Row) -> str | None:
        wrong = [name for name, types in TYPES.items() if type(row[name]) not in types]
        if wrong:
            return f"its {', '.join(wrong)} has a type that Retune never writes"
        if row["previous"] != self.last.hash:
            return "its hash of the row before it is wrong"
        if row["hash"] != digest(row):
            return "its content was changed"
        if row["id"] != self.last.last + 1:
            return f"its number is not the next one, {self.last.last + 1}"
        if row["action"] == LOST:
            return "the stored end of the chain was missing when it was written: rows before it may have been removed"
        return self._seal_fault(row, self._key) if self._key else None

    def _seal_fault(self, row: Row, key: SealingKey) -> str | None:
        fits = _same(row["seal"], key.of_row(row["hash"]))
        if self.keyed is None:
            if fits and key.begun_by(row):
                self.keyed = row["id"], row["at"]
            elif fits or key.begun_by(row):
                return "the seals of RETUNE_AUDIT_KEY did not begin with this row"
            return None
        if not fits:
            return "it lacks the seal of RETUNE_AUDIT_KEY: it was forged, or Retune ran without that key"
        if key.begun_by(row):
            return (
                "the end before it was not sealed with RETUNE_AUDIT_KEY when it was written: "
                "rows before it were removed or forged, or Retune ran without that key"
            )
        return None

    def end(self, heads: list[Head]) -> str | None:
        """What is wrong with the stored end of the chain, after all rows."""
        if len(heads) != 1:
            return "the stored end of the chain (audit_head) is missing"
        (head,) = heads
        if (head.last, head.hash) != (self.last.last, self.last.hash):
            return (
                f"the last row is {self.last.last}, but the stored end of the chain (audit_head) says {head.last}"
                f"{' with another hash' if head.last == self.last.last else ''}: "
                "rows at the end were removed, added or rewritten"
            )
        if self._key is None:
            return None
        if self.keyed is None:
            return (
                "no row is sealed with RETUNE_AUDIT_KEY: the rows were rewritten, or Retune never ran with this key "
                "(start it once)"
            )
        return (
            None
            if self._key.made(head)
            else "the stored end of the chain (audit_head) lacks the seal of RETUNE_AUDIT_KEY"
        )


def _same(seal: str | None, wanted: str) -> bool:
    return seal is not None and hmac.compare_digest(seal.encode(), wanted.encode())
