"""The announcement: what is outdated, since when, what it risks; and the living card with the present state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.domain.announcements import Announcement, at_risk, seen_risk
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages.kit import button, context, section
from bot.messages.refusals import mention
from bot.messages.text import code, counted, escape, listed
from bot.messages.verdict import evidence_line, level_text, one_line, waiting_since
from bot.ports import Block, Message

SHOWN = 12
"""Models in the channel's message; the rest follows in its thread."""

IN_THREAD = 20
"""Models in one reply of the thread."""

RISK = (
    "*What it risks:* today a recognition request with an outdated model succeeds with a warning. The older version is "
    "supported for a limited time only. When IBM removes it, requests still succeed, but the service switches to the "
    "plain base model and the customization is *silently lost*."
)


@dataclass(frozen=True, slots=True)
class About:
    """What an announcement knows of the models beside their judgements.

    *asked* are those with an open request, *owners* whom to mention, once, by the model's reference. *audio* are the
    seconds of audio that checks of recognition used this month; *made* and *trained* count what was changed elsewhere
    since the last announcement.
    """

    today: date
    asked: frozenset[str] = frozenset()
    owners: Mapping[str, str] = field(default_factory=dict)
    audio: int = 0
    made: int = 0
    trained: int = 0


def announcement(said: Announcement, about: About) -> tuple[Message, ...]:
    """One announcement: the channel's message, then what follows in its thread."""
    first = headline(said)
    blocks: list[Block] = [section(f"*{first}*")]
    if said.worth and at_risk(said):
        blocks.append(section(RISK))
    blocks += _lines(said.worth[:SHOWN], said, about)
    left = len(said.worth) - SHOWN
    blocks.append(context(*_small_print(said, about), f"the other {left} are in the thread" if left > 0 else ""))
    names = listed([escape(j.model.name, 60) for j in said.worth[:SHOWN]])
    text = f"{first} {names}.".replace(" .", "") if said.worth else first
    whole = Message(text[:3000], tuple(block for block in blocks if block.get("elements") != []))
    return (whole, *_rest(said, about))


def _rest(said: Announcement, about: About) -> list[Message]:
    found = []
    for start in range(SHOWN, len(said.worth), IN_THREAD):
        part = said.worth[start : start + IN_THREAD]
        text = f"Models {start + 1} to {start + len(part)} of {len(said.worth)}"
        names = listed([escape(j.model.name, 60) for j in part])
        found.append(Message(f"{text}: {names}."[:3000], (section(f"*{text}*"), *_lines(part, said, about))))
    return found


def living(said: Announcement, about: About) -> Message:
    """The pinned message that always tells the present state; its edits notify nobody."""
    first = headline(said)
    blocks: list[Block] = [section(f":round_pushpin: *{first}*")]
    blocks += _lines(said.worth[:SHOWN], said, about)
    left = len(said.worth) - SHOWN
    more = f"and {left} more: `/stt-models outdated` lists all" if left > 0 else ""
    blocks.append(context("Always the present state.", more, *_small_print(said, about)))
    return Message(f"The present state: {first}", tuple(blocks))


def headline(said: Announcement) -> str:
    """The state in words."""
    snoozed = f" {len(said.silenced)} snoozed." if said.silenced else ""
    if not said.outdated:
        return f"All {counted(said.total, 'custom model')} are on the newest version that is known.{_other(said)}"
    are = "is" if said.outdated == 1 else "are"
    first = f"{said.outdated} of {counted(said.total, 'custom model')} {are} outdated"
    parts = [
        f"{count} {words}"
        for count, words in (
            (seen_risk(said, Risk.IGNORED), "ignored by recognition already"),
            (seen_risk(said, Risk.WARNED), "already seen returning recognition warnings"),
            (seen_risk(said, Risk.EXPECTED), "expected to return recognition warnings"),
        )
        if count
    ]
    return f"{first}; {listed(parts)}.{snoozed}" if parts else f"{first}.{snoozed}"


def _other(said: Announcement) -> str:
    """What is worth acting on although nothing is outdated: discontinued bases, failed models."""
    return f" {counted(len(said.worth), 'model')} cannot be upgraded or failed." if said.worth else ""


def _lines(judgements: Sequence[Judgement], said: Announcement, about: About) -> list[Block]:
    """A line for each model, grouped by instance where there are several."""
    groups: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        groups.setdefault(judgement.model.instance, []).append(judgement)
    several = len({j.model.instance for j in said.worth}) > 1
    blocks: list[Block] = []
    for instance, group in groups.items():
        if several:
            blocks.append(section(f"*Instance {code(instance)}*"))
        blocks += [_line(judgement, said, about) for judgement in group]
    return blocks


def _line(judgement: Judgement, said: Announcement, about: About) -> Block:
    model = judgement.model
    reasons = [evidence_line(item, model.base) for item in judgement.evidence[:1]]
    facts = [_behind(judgement, said), waiting_since(judgement, about.today), *reasons]
    lines = [one_line(judgement), " · ".join(fact for fact in facts if fact), f"risk: {level_text(judgement)}"]
    if model.ref in about.asked:
        lines.append("_an upgrade is asked for_")
    if owner := about.owners.get(model.ref):
        lines.append(f"for {mention(owner)}, whose model it is")
    text = "\n".join(line for line in lines if line)
    upgradable = judgement.verdict in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED)
    if not upgradable or model.ref in about.asked:
        return section(text, button("Details", "model", model.ref, label=f"Details of {model.name}"))
    return section(text, button("Upgrade…", "ask", model.ref, label=f"Ask for an upgrade of {model.name}"))


def _behind(judgement: Judgement, said: Announcement) -> str:
    count = said.behind.get(judgement.model.ref, 0)
    if not count or judgement.verdict in (Verdict.RETIRED, Verdict.RECREATE):
        return ""
    at_least = "" if judgement.target else "at least "
    return f"{at_least}{counted(count, 'version')} behind"


def _small_print(said: Announcement, about: About) -> Iterable[str]:
    if said.unread:
        yield f"Not counted fully, because it cannot be read: {listed([code(name) for name in said.unread])}"
    if said.silenced:
        yield f"{len(said.silenced)} snoozed or on hold: `/stt-announce snoozes`"
    if about.made or about.trained:
        yield f"since the last announcement, elsewhere: {about.made} created, {about.trained} trained"
    if about.audio:
        yield f"checks of recognition used {about.audio} s of audio this month"
