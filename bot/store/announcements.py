"""Announcement slots: which were taken, what each is about to say, which were really said, and what channels know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from bot.domain.findings import Heard, Level, parse_level
from bot.ports import Message
from bot.store.connection import Connection, moment, stamp


@dataclass(frozen=True, slots=True)
class Mention:
    """One owner who is mentioned for one finding: the model's reference and newest version, and its level."""

    ref: str
    version: str
    level: str
    owner: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a slot is about to say, written before it is said, so that a crash changes neither words nor memory.

    *messages* are the announcement and its replies; none for a slot that says nothing.
    """

    levels: dict[str, str]
    all_current: bool
    week: str
    digest: bool = False
    mentions: tuple[Mention, ...] = ()
    messages: tuple[Message, ...] = ()


_encode = msgspec.json.Encoder().encode
_draft = msgspec.json.Decoder(Draft).decode
_levels = msgspec.json.Decoder(dict[str, str]).decode


class Announcements:
    """One row for each (channel, slot): the unique key is what makes a slot be said once."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    def begin(self, channel: str, now: datetime, *, anew: bool = False) -> None:
        """Notes that slots of a channel count from now on; *anew*: also where they counted before."""
        self._c.change(
            f"""INSERT INTO announced (channel, began_at) VALUES (?, ?) ON CONFLICT (channel)
                DO {"UPDATE SET began_at = excluded.began_at" if anew else "NOTHING"}""",
            (channel, stamp(now)),
        )

    def began(self, channel: str) -> datetime | None:
        """Since when slots of a channel count; None if they never did."""
        row = self._c.row("SELECT began_at FROM announced WHERE channel = ?", (channel,))
        return moment(row["began_at"]) if row else None

    def take(self, channel: str, slot: str, now: datetime) -> bool:
        """Takes a slot; true while it is not said yet, also when an earlier attempt took it."""
        self._c.change(
            "INSERT INTO announcements (channel, slot, at) VALUES (?, ?, ?) ON CONFLICT (channel, slot) DO NOTHING",
            (channel, slot, stamp(now)),
        )
        row = self._c.row("SELECT said FROM announcements WHERE channel = ? AND slot = ?", (channel, slot))
        return row is not None and not row["said"]

    def intend(self, channel: str, slot: str, draft: Draft) -> None:
        """Writes what a slot is about to say."""
        self._c.change(
            "UPDATE announcements SET draft = ? WHERE channel = ? AND slot = ?",
            (_encode(draft).decode(), channel, slot),
        )

    def draft(self, channel: str, slot: str) -> Draft | None:
        """What a slot was about to say when it was cut off."""
        row = self._c.row("SELECT draft FROM announcements WHERE channel = ? AND slot = ?", (channel, slot))
        return _draft(row["draft"]) if row and row["draft"] else None

    def said(self, channel: str, slot: str, draft: Draft, now: datetime, key: str | None) -> None:
        """Writes that a slot was said by the message with *key*, or passed in silence, and what is known by it."""
        with self._c.transaction():
            self._c.change(
                "UPDATE announcements SET said = 1, draft = NULL WHERE channel = ? AND slot = ?", (channel, slot)
            )
            self.begin(channel, now)
            self._c.change(
                """UPDATE announced SET levels = ?, all_current = ?, week = ?, at = coalesce(?, at),
                   key = coalesce(?, key) WHERE channel = ?""",
                (
                    *(_encode(draft.levels).decode(), draft.all_current, draft.week),
                    *(stamp(now) if key else None, key, channel),
                ),
            )
            for mention in draft.mentions:
                self._c.change(
                    """INSERT INTO mentioned (ref, version, level, owner, at) VALUES (?, ?, ?, ?, ?)
                       ON CONFLICT (ref, version)
                       DO UPDATE SET level = excluded.level, owner = excluded.owner, at = excluded.at""",
                    (mention.ref, mention.version, mention.level, mention.owner, stamp(now)),
                )

    def heard(self, channel: str) -> Heard:
        """What a channel was told last."""
        row = self._c.row("SELECT * FROM announced WHERE channel = ?", (channel,))
        if row is None:
            return Heard()
        levels = {ref: level for ref, text in _levels(row["levels"]).items() if (level := parse_level(text))}
        return Heard(levels, bool(row["all_current"]), row["week"], moment(row["at"]), row["key"])

    def last(self, channel: str) -> str | None:
        """The key of the last announcement in a channel; None if there was none."""
        row = self._c.row("SELECT key FROM announced WHERE channel = ?", (channel,))
        return row["key"] if row else None

    def mentioned(self) -> dict[tuple[str, str], Level]:
        """For which findings, by reference and version, somebody was mentioned, and how bad they were then."""
        rows = self._c.rows("SELECT ref, version, level FROM mentioned")
        return {(row["ref"], row["version"]): level for row in rows if (level := parse_level(row["level"]))}

    def pinned(self, channel: str) -> str | None:
        """The `ts` of the living card of a channel that was pinned, or that cannot be."""
        row = self._c.row("SELECT pinned FROM announced WHERE channel = ?", (channel,))
        return row["pinned"] if row else None

    def pin(self, channel: str, ts: str | None) -> None:
        """Notes the living card of a channel; None: it is not kept up to date there any more."""
        self._c.change("UPDATE announced SET pinned = ? WHERE channel = ?", (ts, channel))

    def left(self, channel: str) -> tuple[str, ...]:
        """The other channels that have a living card."""
        rows = self._c.rows("SELECT channel FROM announced WHERE pinned IS NOT NULL AND channel <> ?", (channel,))
        return tuple(row["channel"] for row in rows)

    def shown(self) -> str:
        """Changes whenever owners, snoozes or settings do: what a living card shows beside fleet and runs."""
        row = self._c.row(
            """SELECT (SELECT count(*) || ' ' || coalesce(max(at), 0) FROM owners) || ' ' ||
               (SELECT count(*) || ' ' || count(ended_at) FROM snoozes) || ' ' ||
               (SELECT count(*) || ' ' || coalesce(max(at), 0) FROM announcer_settings) AS state"""
        )
        return str(row["state"]) if row else ""
