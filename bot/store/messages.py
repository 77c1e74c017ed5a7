"""Messages in Slack: which we mean to have there, and which we know to be there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.connection import Part

NOTICED = timedelta(seconds=3)
"""Within which it is noticed that the clock was set."""


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


class Messages(Part):
    """The messages by key; a key is derived from what the message means, so it can exist only once."""

    def get(self, key: str) -> Posted | None:
        """What is known of the message with that key."""
        return self._c.one(Posted, "SELECT * FROM messages WHERE key = ?", (key,))

    def of(self, prefix: str) -> dict[str, Posted]:
        """All messages whose key begins with *prefix*, by key."""
        known = self._c.all(Posted, "SELECT * FROM messages WHERE key >= ? AND key < ?", (prefix, prefix + "\uffff"))
        return {posted.key: posted for posted in known}

    def intend(self, key: str, channel: str, thread: str | None, digest: str, now: datetime) -> bool:
        """Writes that the message is about to be posted; false if that was written before."""
        facts = {"key": key, "channel": channel, "thread": thread, "digest": digest, "intended_at": now}
        return self._c.add_once("messages", "key", **facts)

    def time_set(self, by: timedelta, now: datetime) -> None:
        """The clock was set while posts are under way: their moments go along, but those of a moment ago."""
        sql = "UPDATE messages SET intended_at = intended_at + ? WHERE ts IS NULL AND intended_at NOT BETWEEN ? AND ?"
        self._c.change(sql, (by.total_seconds(), now - NOTICED, now))

    def forget(self, key: str, begun: datetime) -> None:
        """Takes the intent of that moment back: the post was refused, or is not there.

        One that another process wrote meanwhile stays: its post is under way.
        """
        sql = "DELETE FROM messages WHERE key = ? AND ts IS NULL AND abs(intended_at - ?) < 0.001"
        self._c.change(sql, (key, begun))

    def lost(self, key: str, ts: str) -> None:
        """Writes that somebody deleted the message at that place: it can be posted again."""
        self._c.change("DELETE FROM messages WHERE key = ? AND ts = ?", (key, ts))

    def sent(self, key: str, ts: str, digest: str, now: datetime) -> None:
        """Writes where the message is and what it shows since *now*."""
        self._c.change("UPDATE messages SET ts = ?, digest = ?, sent_at = ? WHERE key = ?", (ts, digest, now, key))

    def edited(self, posted: Posted, digest: str, now: datetime) -> bool:
        """Writes that the message shows something else since *now*, as far as nobody else edited it meanwhile.

        False where somebody did: which of the two Slack shows nobody knows, so it must be edited again.
        """
        sql = "UPDATE messages SET digest = ?, sent_at = ?, edited = 1 WHERE key = ? AND digest = ?"
        if self._c.change(sql, (digest, now, posted.key, posted.digest)):
            return True
        self._c.change("UPDATE messages SET digest = '' WHERE key = ?", (posted.key,))
        return False
