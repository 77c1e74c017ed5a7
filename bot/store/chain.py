"""The audit's chain: what a row's hash and seal are made of, and the walk that tests one row after the other.

Never change what is hashed or sealed here: databases have hashes and seals that were made so.
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
"""What the first row carries as the hash of the row before it."""

COLUMNS = ("id", "at", "actor", "action", "request", "model", "instance", "detail", "previous")
"""What a row's hash is made of."""

TYPES: Mapping[str, tuple[type, ...]] = {
    "id": (int,),
    "at": (float,),
    **dict.fromkeys(("actor", "action", "detail", "previous", "hash"), (str,)),
    "request": (int, type(None)),
    **dict.fromkeys(("model", "instance", "seal"), (str, type(None))),
}
"""All columns of a row, and what each can hold."""

KEYED = "audit key"
"""The action of the row with which seals by another key begin, or seals end; its detail is that key's name."""

NO_KEY = "none"
"""In place of the name, where seals end."""

LOST = "audit end lost"
"""The action of the row that was written when the kept end of the chain was gone."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as it is kept beside the rows: number and hash of the last one, and a seal over both."""

    last: int
    hash: str
    seal: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that does not hold, in words; *id* is its row, None where it is about no single one."""

    id: int | None
    why: str


class SealingKey:
    """A key that the database does not have: HMAC-SHA256 with it seals rows and the end. It never shows itself."""

    __slots__ = ("_key",)

    def __init__(self, secret: str) -> None:
        self._key = secret.encode()

    def __repr__(self) -> str:
        return "SealingKey(•••)"

    @property
    def name(self) -> str:
        """What tells it from other keys, and nothing of it."""
        return self._hmac("name")[:8]

    def of_row(self, hash: str) -> str:
        """The seal of a row with that hash."""
        return self._hmac(f"row {hash}")

    def of_head(self, last: int, hash: str) -> str:
        """The seal of the end; no row has one that could be put in its place."""
        return self._hmac(f"head {last} {hash}")

    def made(self, head: Head) -> bool:
        """Whether this key sealed that end."""
        return _same(head.seal, self.of_head(head.last, head.hash))

    def begun_by(self, row: Row) -> bool:
        """Whether a row says that the seals of this key begin with it."""
        return (row["action"], row["detail"]) == (KEYED, self.name)

    def _hmac(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), "sha256").hex()


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the row's `COLUMNS` as JSON: keys sorted, no spaces, all but ASCII escaped.

    `at` is written with the fewest digits that give the same double, as `repr` does.
    """
    facts = {column: row[column] for column in COLUMNS}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Walk:
    """Tests rows in the order of their numbers, then the end; holds nothing of them but what was last."""

    def __init__(self, key: SealingKey | None) -> None:
        self._key = key
        self.last = Head(0, START)
        self.keyed: tuple[int, float] | None = None
        """The row with which the seals of the key begin, and when it was written (seconds since 1970)."""
        self.sealed: tuple[int, int] | None = None
        """The first and the last row that has a seal, whosever."""

    def row(self, row: Row) -> str | None:
        """What is wrong with the next row; None where nothing is."""
        fault = self._fault(row)
        if fault is None:
            self.last = Head(row["id"], row["hash"])
            if row["seal"] is not None:
                self.sealed = ((self.sealed or (row["id"],))[0], row["id"])
        return fault

    def _fault(self, row: Row) -> str | None:
        wrong = [name for name, types in TYPES.items() if type(row[name]) not in types]
        if wrong:
            return f"its {', '.join(wrong)} is of a type that Retune never writes"
        if row["previous"] != self.last.hash:
            return "it does not follow the row before it"
        if row["hash"] != digest(row):
            return "it is not what was written"
        if row["id"] != self.last.last + 1:
            return f"its number is not the next one, {self.last.last + 1}"
        if row["action"] == LOST:
            return "when it was written, the kept end of the chain was gone: rows before it may have been taken out"
        return self._seal_fault(row, self._key) if self._key else None

    def _seal_fault(self, row: Row, key: SealingKey) -> str | None:
        fits = _same(row["seal"], key.of_row(row["hash"]))
        if self.keyed is None:
            if fits and key.begun_by(row):
                self.keyed = row["id"], row["at"]
            elif fits or key.begun_by(row):
                return "it is not the row with which the seals of RETUNE_AUDIT_KEY began"
            return None
        if not fits:
            return "it lacks the seal of RETUNE_AUDIT_KEY: somebody wrote it, or Retune without that key"
        if key.begun_by(row):
            return (
                "when it was written, the end before it was not sealed with RETUNE_AUDIT_KEY: "
                "rows before it were taken out or written by somebody, or by Retune without that key"
            )
        return None

    def end(self, heads: list[Head]) -> str | None:
        """What is wrong with the kept end of the chain, once all rows are walked."""
        if len(heads) != 1:
            return "the kept end of the chain (audit_head) is gone"
        (head,) = heads
        if (head.last, head.hash) != (self.last.last, self.last.hash):
            return (
                f"the last row is {self.last.last}, and the kept end of the chain (audit_head) says {head.last}"
                f"{' with another hash' if head.last == self.last.last else ''}: "
                "rows at the end were taken out, put in or rewritten"
            )
        if self._key is None:
            return None
        if self.keyed is None:
            return (
                "no row is sealed with RETUNE_AUDIT_KEY: somebody rewrote them, or Retune never ran with this key "
                "(start it once)"
            )
        return None if self._key.made(head) else "the kept end of the chain (audit_head) lacks the seal of the key"


def _same(seal: str | None, wanted: str) -> bool:
    return seal is not None and hmac.compare_digest(seal.encode(), wanted.encode())
