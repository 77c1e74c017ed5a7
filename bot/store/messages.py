"""Messages in Slack: which we mean to have there, and which we know to be there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.connection import Connection, moment, stamp


@dataclass(frozen=True, slots=True)
class Posted:
    """One message. *ts* None: its post was begun and its answer is not known. *digest* is of what it shows.

    *sent_at* is when it was posted, or *edited* last.
    """

    key: str
    channel: str
    thread: str | None
    ts: str | None
    digest: str
    intended_at: datetime
    sent_at: datetime | None
    edited: bool


class Messages:
    """The messages by key; a key is derived from what the message means, so it can exist only once."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def get(self, key: str) -> Posted | None:
        """What is known of the message with that key."""
        row = self._c.row("SELECT * FROM messages WHERE key = ?", (key,))
        return _posted(row) if row else None

    def of(self, prefix: str) -> dict[str, Posted]:
        """All messages whose key begins with *prefix*, by key."""
        rows = self._c.rows("SELECT * FROM messages WHERE key >= ? AND key < ?", (prefix, prefix + "\uffff"))
        return {row["key"]: _posted(row) for row in rows}

    def intend(self, key: str, channel: str, thread: str | None, digest: str, now: datetime) -> bool:
        """Writes that the message is about to be posted; false if that was written before."""
        return (
            self._c.change(
                """INSERT INTO messages (key, channel, thread, digest, intended_at) VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT (key) DO NOTHING""",
                (key, channel, thread, digest, stamp(now)),
            )
            == 1
        )

    def forget(self, key: str) -> None:
        """Takes the intent back: the post was refused, so there is no such message."""
        self._c.change("DELETE FROM messages WHERE key = ? AND ts IS NULL", (key,))

    def lost(self, key: str, ts: str) -> None:
        """Writes that somebody deleted the message at that place: it can be posted again."""
        self._c.change("DELETE FROM messages WHERE key = ? AND ts = ?", (key, ts))

    def sent(self, key: str, ts: str, digest: str, now: datetime) -> None:
        """Writes where the message is and what it shows since *now*."""
        self._c.change(
            "UPDATE messages SET ts = ?, digest = ?, sent_at = ? WHERE key = ?", (ts, digest, stamp(now), key)
        )

    def edited(self, key: str, digest: str, now: datetime) -> None:
        """Writes that the message shows something else since *now*."""
        self._c.change(
            "UPDATE messages SET digest = ?, sent_at = ?, edited = 1 WHERE key = ?", (digest, stamp(now), key)
        )

    def key_of(self, channel: str, ts: str) -> str | None:
        """The key of the message at that place."""
        row = self._c.row("SELECT key FROM messages WHERE channel = ? AND ts = ?", (channel, ts))
        return row["key"] if row else None


def _posted(row: dict[str, object]) -> Posted:
    intended = moment(row["intended_at"])  # type: ignore[arg-type]  # REAL NOT NULL
    assert intended is not None
    return Posted(
        key=str(row["key"]),
        channel=str(row["channel"]),
        thread=row["thread"],  # type: ignore[arg-type]  # TEXT
        ts=row["ts"],  # type: ignore[arg-type]  # TEXT
        digest=str(row["digest"]),
        intended_at=intended,
        sent_at=moment(row["sent_at"]),  # type: ignore[arg-type]  # REAL
        edited=bool(row["edited"]),
    )
