"""Announcements: drafts, settled slots, what each channel was told, and people's choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.domain.announcements import Sent
from bot.domain.findings import Level, Told, parse_level
from bot.ports import Message, plainly
from bot.store.audit import Audited
from bot.store.connection import Part, built, marks, read, written


@dataclass(frozen=True, slots=True)
class Mention:
    """An owner to mention for one finding: the model's reference and newest version, and its level."""

    ref: str
    version: str
    level: str
    owner: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of a slot, stored before it is posted, so that a crash does not change it.

    *levels* groups references by level, since there are few levels. *messages* are the announcement and its replies;
    none for a slot with nothing to tell.
    """

    levels: dict[str, list[str]]
    all_current: bool
    week: str
    digest: bool = False
    mentions: tuple[Mention, ...] = ()
    messages: tuple[Message, ...] = ()

    @property
    def plainly(self) -> Draft:
        """The same in blocks that every workspace takes: after a crash it is unknown what Slack takes."""
        messages = tuple(replace(message, blocks=plainly(message.blocks)) for message in self.messages)
        return replace(self, messages=messages)

    @property
    def count(self) -> int:
        """Number of models in it."""
        return sum(map(len, self.levels.values()))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The current choices by name; the last person to change them, and when."""

    values: Mapping[str, str]
    by: str = ""
    at: datetime | None = None


class Announcements(Part):
    """One row for each (channel, slot): the unique key makes a slot post only once."""

    def begin(self, channel: str, now: datetime, *, again: bool = False) -> None:
        """Count slots of a channel from now on; *again*: even if they counted before."""
        (self._c.put if again else self._c.add_once)("announced", "channel", channel=channel, began_at=now)

    def began(self, channel: str) -> datetime | None:
        """The start of a channel's slots; None if there was none."""
        return self._c.value(datetime, "SELECT began_at FROM announced WHERE channel = ?", (channel,))

    def is_said(self, channel: str, slot: str) -> bool:
        """Whether a slot is settled: posted, or skipped because there was nothing to tell."""
        sql = "SELECT said FROM announcements WHERE channel = ? AND slot = ?"
        return self._c.value(bool, sql, (channel, slot)) or False

    def intend(self, channel: str, slot: str, draft: Draft, now: datetime, by: str) -> None:
        """Stores what a slot is about to say, and who asked for it."""
        self._c.put("announcements", "channel, slot", channel=channel, slot=slot, at=now, draft=written(draft))
        self.begin(channel, now)
        sql = "UPDATE announced SET sent_slot = ?, sent_by = ?, sent_at = ? WHERE channel = ?"
        self._c.change(sql, (slot, by, now, channel))

    def sent(self, channel: str) -> Sent | None:
        """The last one begun in a channel."""
        sql = "SELECT sent_slot AS slot, sent_by AS by, sent_at AS at FROM announced WHERE channel = ?"
        row = self._c.row(sql, (channel,))
        return built(Sent, row) if row is not None and row["slot"] is not None else None

    def not_sent(self, channel: str, slot: str) -> None:
        """Slack did not take the one that was begun: another can be sent at once."""
        self._c.change("UPDATE announced SET sent_slot = NULL WHERE channel = ? AND sent_slot = ?", (channel, slot))

    def draft(self, channel: str, slot: str) -> Draft | None:
        """The content of a slot that was interrupted."""
        sql = "SELECT draft FROM announcements WHERE channel = ? AND slot = ?"
        return self._c.value(Draft, sql, (channel, slot))

    def said(self, channel: str, slot: str, draft: Draft, now: datetime, key: str | None) -> None:
        """Record that a slot was posted as the message with *key*, or skipped, and what the channel knows now."""
        self._c.put("announcements", "channel, slot", channel=channel, slot=slot, at=now, said=True, draft=None)
        self.begin(channel, now)
        self._c.change(
            """UPDATE announced SET levels = ?, all_current = ?, week = ?, at = coalesce(?, at), key = coalesce(?, key)
               WHERE channel = ?""",
            (written(draft.levels), draft.all_current, draft.week, now if key else None, key, channel),
        )
        for mention in draft.mentions:
            self._c.put("mentioned", "ref, version", **asdict(mention), at=now)

    def told(self, channel: str) -> Told:
        """What a channel was told last."""
        row = self._c.row("SELECT * FROM announced WHERE channel = ?", (channel,))
        if row is None:
            return Told()
        known = read(dict[str, list[str]], row["levels"])
        levels = {ref: level for text, refs in known.items() if (level := parse_level(text)) for ref in refs}
        return replace(built(Told, {**row, "levels": {}}), levels=levels)  # may be very many

    def last(self, channel: str) -> str | None:
        """The key of the last announcement in a channel; None if there was none."""
        return self._c.value(str, "SELECT key FROM announced WHERE channel = ?", (channel,))

    def mentioned(self, refs: Sequence[str]) -> dict[tuple[str, str], Level]:
        """Earlier mentions for these references: level by reference and version."""
        known = self._c.all(Mention, f"SELECT * FROM mentioned WHERE ref IN ({marks(refs)})", refs)
        return {(was.ref, was.version): level for was in known if (level := parse_level(was.level))}

    def pinned(self, channel: str) -> str | None:
        """The `ts` of a channel's living card that was pinned, or can't be."""
        return self._c.value(str, "SELECT pinned FROM announced WHERE channel = ?", (channel,))

    def pin(self, channel: str, ts: str | None) -> None:
        """Record the living card of a channel; None: it is no longer updated there."""
        self._c.change("UPDATE announced SET pinned = ? WHERE channel = ?", (ts, channel))

    def left(self, channel: str) -> tuple[str, ...]:
        """The other channels with a living card."""
        sql = "SELECT channel FROM announced WHERE pinned IS NOT NULL AND channel <> ?"
        return self._c.values(str, sql, (channel,))

    def shown(self) -> str:
        """Changes whenever snoozes or settings do: a living card shows these beside fleet and requests."""
        sql = """SELECT (SELECT coalesce(max(id), 0) FROM snoozes) || ' ' ||
                 (SELECT count(*) FROM snoozes WHERE ended_at IS NULL) || ' ' ||
                 (SELECT count(*) || ' ' || coalesce(max(at), 0) FROM announcer_settings)"""
        return self._c.value(str, sql) or ""


class Choices(Audited):
    """People's choices for announcements; a value without a choice is the operator's."""

    def all(self) -> Chosen:
        """All choices."""
        rows = self._c.rows("SELECT * FROM announcer_settings ORDER BY at DESC")
        return built(Chosen, {**rows[0], "values": {row["key"]: row["value"] for row in rows}}) if rows else Chosen({})

    def choose(self, values: Mapping[str, str], by: str, now: datetime, detail: str) -> None:
        """Put choices in force. *detail* is for the audit."""
        for key, value in values.items():
            self._c.put("announcer_settings", "key", key=key, value=value, by=by, at=now)
        self._audit.note(now, by, "announce", detail=detail)

    def clear(self, by: str, now: datetime) -> None:
        """Remove all choices: the operator's settings apply again."""
        self._c.change("DELETE FROM announcer_settings")
        self._audit.note(now, by, "announce", detail="default")
