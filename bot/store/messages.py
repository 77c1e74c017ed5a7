"""Messages in Slack: which should exist, which do, and which are in doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.requests import FINAL
from bot.store.connection import Part, marks

KEPT = timedelta(days=30)
"""How long the messages of a finally ended request are known; after that they are not edited or posted again."""

NOTICED = timedelta(seconds=3)
"""A set clock is noticed within this time."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One message. *ts* None: its post was begun and the answer is unknown. *digest* is of its content.

    *sent_at* is the time of the post or, if *edited*, of the last edit. *edits* counts edits begun. *doubt_at*: since
    then Slack may show something else. *twin_at*: a post begun then may still arrive. *continued*: it replaces one that
    was gone.
    """

    key: str
    channel: str
    thread: str | None
    ts: str | None
    digest: str
    intended_at: datetime
    sent_at: datetime | None
    edited: bool
    edits: int
    doubt_at: datetime | None
    twin_at: datetime | None
    continued: bool


class Messages(Part):
    """Messages by key; a key is derived from the message's meaning, so it can exist only once."""

    def get(self, key: str) -> Posted | None:
        """What is known of the message with that key."""
        return self._c.one(Posted, "SELECT * FROM messages WHERE key = ?", (key,))

    def of(self, prefix: str) -> dict[str, Posted]:
        """All messages whose key begins with *prefix*, by key."""
        known = self._c.all(Posted, "SELECT * FROM messages WHERE key >= ? AND key < ?", (prefix, prefix + "\uffff"))
        return {posted.key: posted for posted in known}

    def intend(self, key: str, channel: str, thread: str | None, digest: str, now: datetime) -> bool:
        """Record that the message is about to be posted; false if that was recorded before."""
        facts = {"key": key, "channel": channel, "thread": thread, "digest": digest, "intended_at": now}
        return self._c.add_once("messages", "key", **facts)

    def time_set(self, by: timedelta, now: datetime) -> None:
        """Shift the times of posts in progress after the clock was set, except those of the last moment."""
        sql = "UPDATE messages SET intended_at = intended_at + ? WHERE ts IS NULL AND intended_at NOT BETWEEN ? AND ?"
        self._c.change(sql, (by.total_seconds(), now - NOTICED, now))

    def intend_again(self, posted: Posted, thread: str | None, digest: str, now: datetime) -> bool:
        """The same for a message that is gone, or was begun and not found; false if another process was first.

        The one that was begun may still arrive: then there are two.
        """
        sql = """UPDATE messages SET ts = NULL, thread = :thread, digest = :digest, intended_at = :now, edited = 0,
                 doubt_at = NULL, twin_at = CASE WHEN ts IS NULL THEN coalesce(twin_at, intended_at) ELSE twin_at END,
                 continued = continued OR ts IS NOT NULL
                 WHERE key = :key AND ts IS :ts AND abs(intended_at - :then) < 0.001"""
        facts = {"thread": thread, "digest": digest, "now": now}
        return bool(self._c.change(sql, {**facts, "key": posted.key, "ts": posted.ts, "then": posted.intended_at}))

    def forget(self, key: str, begun: datetime) -> None:
        """Delete the intent of that moment: the post was refused.

        An intent written by another process meanwhile stays: its post is in progress. An earlier post that may still
        arrive is looked for first.
        """
        sql = """DELETE FROM messages WHERE key = ? AND ts IS NULL AND abs(intended_at - ?) < 0.001
                 AND twin_at IS NULL AND NOT continued"""
        self._c.change(sql, (key, begun))

    def sent(self, key: str, ts: str, digest: str, now: datetime) -> None:
        """Record where the message is and what it shows since *now*."""
        self._c.change("UPDATE messages SET ts = ?, digest = ?, sent_at = ? WHERE key = ?", (ts, digest, now, key))

    def filed(self, key: str, channel: str, thread: str, name: str, now: datetime) -> None:
        """Record that a file of that name is in a thread; replaces an earlier place."""
        facts = {"channel": channel, "thread": thread, "ts": thread, "digest": name, "intended_at": now, "sent_at": now}
        self._c.put("messages", "key", key=key, **facts)

    def begin_edit(self, posted: Posted, now: datetime) -> Posted | None:
        """Record that Slack may differ from *now* on. Returns what was known before; None if it is gone."""
        known = self.get(posted.key)
        if known is None or known.ts != posted.ts:
            return None
        self._c.change("UPDATE messages SET edits = edits + 1, doubt_at = ? WHERE key = ?", (now, posted.key))
        return replace(known, edits=known.edits + 1)

    def edited(self, begun: Posted, digest: str, now: datetime, doubt_at: datetime | None) -> bool:
        """Record what was sent last, and since when Slack may show something else; returns whether it certainly does
        not.

        If another process edited it meanwhile, it is unknown which of the two Slack shows.
        """
        sql = "UPDATE messages SET digest = ?, sent_at = ?, edited = 1 WHERE key = ? AND ts = ?"
        self._c.change(sql, (digest, now, begun.key, begun.ts))
        if self._doubted(begun, doubt_at):
            return doubt_at is None
        self._c.change("UPDATE messages SET doubt_at = ? WHERE key = ? AND ts = ?", (now, begun.key, begun.ts))
        return False

    def not_edited(self, begun: Posted) -> None:
        """Undo the record of an edit that Slack refused."""
        self._doubted(begun, begun.doubt_at)

    def known(self, posted: Posted) -> bool:
        """Record that Slack shows the stored content; false if another edit was begun meanwhile."""
        return self._doubted(posted, None)

    def _doubted(self, posted: Posted, since: datetime | None) -> bool:
        sql = "UPDATE messages SET doubt_at = ? WHERE key = ? AND ts = ? AND edits = ?"
        return bool(self._c.change(sql, (since, posted.key, posted.ts, posted.edits)))

    def doubtful(self, prefix: str, before: datetime) -> tuple[str, ...]:
        """The keys with that prefix of messages in doubt since *before* or earlier."""
        # The pluses stop SQLite from scanning every key with that prefix: few of years of messages are in doubt.
        sql = "SELECT key FROM messages WHERE doubt_at <= ? AND +key >= ? AND +key < ?"
        return self._c.values(str, sql, (before, prefix, prefix + "\uffff"))

    def twins(self, before: datetime) -> tuple[Posted, ...]:
        """The messages posted before then that may be there twice."""
        sql = "SELECT * FROM messages WHERE twin_at IS NOT NULL AND ts IS NOT NULL AND intended_at <= ?"
        return self._c.all(Posted, sql, (before,))

    def alone(self, posted: Posted) -> None:
        """Record that a message is there only once."""
        self._c.change("UPDATE messages SET twin_at = NULL WHERE key = ? AND ts = ?", (posted.key, posted.ts))

    def sweep(self, now: datetime, most: int) -> int:
        """Delete the messages of up to *most* requests that ended for good and are fully shown; returns how many
        requests.

        They stay in Slack. Doubtful ones are settled first.
        """
        ids = self._c.values(
            int,
            f"""SELECT q.id FROM requests q WHERE q.swept = 0 AND q.state IN ({marks(FINAL)}) AND q.ended_at < ?
                AND q.told >= q.version AND NOT EXISTS (
                    SELECT 1 FROM messages m
                    WHERE m.key >= 'request:' || q.id || ':' AND m.key < 'request:' || q.id || ';'
                    AND (m.ts IS NULL OR m.doubt_at IS NOT NULL OR m.twin_at IS NOT NULL)) LIMIT ?""",
            (*sorted(FINAL), now - KEPT, most),
        )
        for id in ids:
            self._c.change("UPDATE requests SET swept = 1 WHERE id = ?", (id,))
            self._c.change("DELETE FROM messages WHERE key >= ? AND key < ?", (f"request:{id}:", f"request:{id};"))
        return len(ids)

    def swept(self, request: int) -> bool:
        """Whether the messages of a request were deleted here: they exist in Slack and are not posted again."""
        return self._c.value(bool, "SELECT swept FROM requests WHERE id = ?", (request,)) or False
