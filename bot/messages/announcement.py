"""The announcement: what is outdated, since when, and what it risks."""

from __future__ import annotations

from datetime import date

from bot.domain.announcements import Announcement, at_risk, seen_risk
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages.kit import button, context, section
from bot.messages.text import code, counted, listed
from bot.messages.verdict import evidence_line, one_line, waiting_since
from bot.ports import Block, Message

SHOWN = 12


def announcement(said: Announcement, asked: frozenset[str], today: date) -> Message:
    """One announcement. *asked* are the models whose upgrade somebody has asked for already."""
    first = headline(said)
    blocks: list[Block] = [section(f"*{first}*")]
    if said.worth and at_risk(said):
        blocks.append(
            section(
                "*What it risks:* recognition with an outdated model succeeds with a warning today. The old version is "
                "supported for a limited time only; when IBM removes it, requests still succeed but the service falls "
                "back to the plain base model and the customization is silently lost."
            )
        )
    for judgement in said.worth[:SHOWN]:
        blocks.append(_line(judgement, asked, today))
    left = len(said.worth) - SHOWN
    small = [f"and {left} more: `/stt-models outdated` lists all" if left > 0 else ""]
    if said.unread:
        small.append(f"Not counted fully, because it cannot be read: {listed([code(name) for name in said.unread])}")
    if any(small):
        blocks.append(context(*small))
    names = listed([code(j.model.name) for j in said.worth[:SHOWN]])
    return Message(f"{first} {names}".strip(), tuple(blocks))


def headline(said: Announcement) -> str:
    """The state in words."""
    if not said.outdated:
        return f"All {counted(said.total, 'custom model')} are on the newest version that is known."
    are = "is" if said.outdated == 1 else "are"
    first = f"{said.outdated} of {counted(said.total, 'custom model')} {are} outdated"
    parts = [
        f"{count} {words}"
        for count, words in (
            (seen_risk(said, Risk.IGNORED), "ignored by recognition already"),
            (seen_risk(said, Risk.WARNED), "seen returning recognition warnings"),
            (seen_risk(said, Risk.EXPECTED), "expected to return recognition warnings"),
        )
        if count
    ]
    return f"{first}; {listed(parts)}." if parts else f"{first}."


def _line(judgement: Judgement, asked: frozenset[str], today: date) -> Block:
    model = judgement.model
    lines = [one_line(judgement)]
    since = waiting_since(judgement, today)
    reasons = [evidence_line(item, model.base) for item in judgement.evidence[:1]]
    lines.append(" · ".join(part for part in (since, *reasons) if part))
    upgradable = judgement.verdict in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED)
    if model.ref in asked:
        lines.append("_an upgrade is asked for_")
    text = "\n".join(line for line in lines if line)
    if not upgradable or model.ref in asked:
        return section(text, button("Details", "model", model.ref, label=f"Details of {model.name}"))
    return section(text, button("Upgrade…", "ask", model.ref, label=f"Ask for an upgrade of {model.name}"))
