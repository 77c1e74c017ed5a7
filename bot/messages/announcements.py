"""The announcement: how many models are outdated, what is new, what it risks and who is asked, in five lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.announcements import Findings
from bot.domain.changes import Change, ChangeKind
from bot.domain.counts import Counts, Group
from bot.domain.findings import News
from bot.domain.verdicts import UPGRADABLE, Judgement, Risk
from bot.messages.announcement_thread import IN_ALL, filed, thread
from bot.messages.findings import About
from bot.messages.kit import actions, button, context, section
from bot.messages.refusals import called, mention
from bot.messages.signs import Sign
from bot.messages.text import bold, code, counted, day, listed, some, unmarked
from bot.messages.timetable import audio_sent
from bot.ports import Block, Message
from bot.turns import Work

NAMES, NAME = 3, 40
"""Models named one by one in a line, and the characters of each name."""

OWNERS = 10
"""Owners asked by one announcement; the next one asks the others."""

UNREAD = 8
"""Instances named where they could not be read."""

UPGRADE_ALL, SNOOZE = "upgrade-all", "snooze-listed"
"""Actions of the buttons; *Review* has that of a page of `/stt-models`."""


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since the last announcement, to its models and to the fleet."""

    at: datetime
    news: News
    changes: Sequence[Change] = ()


def announcement(
    found: Findings,
    about: About,
    *,
    since: Since | None = None,
    asked: Sequence[Judgement] = (),
    loud: bool = False,
    audio: int = 0,
) -> Work[tuple[Message, ...]]:
    """The announcement, and the first replies in its thread: the models, unless a file has them all.

    *asked* are the models whose owners it asks (`those_asked`); *loud*: by mentions. *audio* is the seconds of audio
    sent this month to see warnings.
    """
    news = since.news if since else News()
    replies = yield from thread(found, about, news)
    counts, new = state_text(found.counts), _news(found, since)
    risk, small = _risk(found), [*_where(found, replies), *unreachable(found), *([audio_sent(audio)] if audio else [])]
    lines = [
        f"*{counts.partition(' · ')[0]}*{counts.removeprefix(counts.partition(' · ')[0])}",
        *filter(None, (new, risk, _people(found, about, news, asked, loud=loud))),
    ]
    blocks = [section("\n".join(lines)), *([context(*small)] if small else [])]
    if buttons := _buttons(found, about):
        blocks.append(actions(buttons))
    people = _people(found, about, news, asked, loud=False)
    said = [f"{unmarked(line).removesuffix('.')}." for line in (counts, new, risk, people) if line]
    return (Message(" ".join([*said, *small]), tuple(blocks)), *replies)


def previewed(messages: Sequence[Message]) -> Message:
    """The announcement and its replies as a preview for one person."""
    first, *more = messages
    thread = [context("In its thread:"), *more[0].blocks] if more else []
    also = [context(f"The thread would have {len(more) - 1} more.")] if len(more) > 1 else []
    return Message(first.text, (context("Only you see this preview:"), *first.blocks, *thread, *also))


def state_text(counts: Counts) -> str:
    """The state of the fleet, most important first; the counts add up to all models."""
    total, groups = counts.total, counts.groups
    if not total:
        return f"There are no custom models{' yet' if counts.unread else ''}"
    of = counted(total, "model")
    if outdated := groups.pop(Group.OUTDATED, 0):
        first = f"{outdated:,} of {of} {'is' if outdated == 1 else 'are'} outdated"
    elif groups.get(Group.CURRENT) == total:
        groups.clear()
        first = f"{f'All {of} are' if total > 1 else 'The one model is'} on the newest known version"
    else:
        first = f"None of {of} is{' known to be' if groups.get(Group.UNKNOWN) else ''} outdated"
    left_out = {"snoozed": counts.snoozed, "on hold": counts.on_hold}
    of_these = listed([f"{number:,} {word}" for word, number in left_out.items() if number])
    parts = [first, *(f"{models:,} {group.value}" for group, models in groups.items())]
    return " · ".join([*parts, *([f"of these {of_these}"] if of_these else [])])


def unreachable(found: Findings) -> list[str]:
    """What the counts leave out."""
    unread, verb = some([code(name) for name in found.unread], UNREAD), "is" if len(found.unread) == 1 else "are"
    return [f"Incomplete: {unread} {verb} unreachable."] if unread else []


def _news(found: Findings, since: Since | None) -> str:
    """One line: what changed since the last announcement, with the worst of each kind, and everyday changes."""
    if since is None:
        return "First announcement in this channel."
    news, kinds = since.news, Counter(change.kind for change in since.changes)
    differs = {"new": news.new, "worse": news.worse, "otherwise changed": news.otherwise}
    names = {judgement.model.ref: bold(judgement.model.name, NAME) for judgement in found.worth}
    here = [f"{len(refs):,} {word} ({_named(refs, names)})" for word, refs in differs.items() if refs]
    here += [f"{len(news.gone):,} no longer listed"] if news.gone else []
    elsewhere = {"created": kinds[ChangeKind.CREATED], "trained": kinds[ChangeKind.TRAINED]}
    there = ", ".join(f"{number:,} {word}" for word, number in elsewhere.items() if number)
    also = f"; {there} elsewhere" if there else ""
    on = day(since.at.date())
    return f"Since {on}: {', '.join(here)}{also}." if here else f"Nothing new since {on}{also}."


def _named(refs: Collection[str], names: Mapping[str, str]) -> str:
    """The worst of them, and the number of the rest."""
    shown = [name for ref, name in names.items() if ref in refs][:NAMES]
    return listed([*shown, *([f"{len(refs) - len(shown):,} more"] if len(refs) > len(shown) else [])])


_RISKS = {
    Risk.IGNORED: (
        "{sign} *Risk:* the customization of {models} is already ignored: requests get the plain base model",
        Sign.URGENT,
    ),
    Risk.RETIRED: ("*Risk:* requests with {models} on a retired base can fail or lose the customization any time", ""),
    Risk.REFUSED: ("*Risk:* requests with {models} fail until created again", ""),
    Risk.WARNED: (
        "*Risk:* requests with {models} return a warning; when the old version goes, the customization is silently "
        "lost",
        "",
    ),
    Risk.EXPECTED: (
        "*Risk:* requests with {models} probably return a warning; when the old version goes, the customization is "
        "silently lost",
        "",
    ),
    Risk.PAIR: ("*Risk:* {models} of a pair on two versions: requests with both get the older one", ""),
}
"""The sentence of each level, and its sign."""


def _risk(found: Findings) -> str:
    """The worst level that applies, for how many models, and how many are below it."""
    levels = [(risk, found.risks[risk]) for risk in _RISKS if found.risks.get(risk)]
    if not levels:
        return ""
    (risk, number), *below = levels
    sentence, sign = _RISKS[risk]
    less = sum(models for _, models in below)
    said = sentence.format(models=counted(number, "model"), sign=sign)
    return f"{said}{f' ({less:,} more at a lower risk)' if less else ''}."


def those_asked(fresh: Sequence[Judgement], about: About) -> tuple[Judgement, ...]:
    """Of models with owners, those whose owners one announcement asks."""
    owners = dict.fromkeys(about.owners[judgement.model.ref].id for judgement in fresh)
    now = frozenset([*owners][:OWNERS])
    return tuple(judgement for judgement in fresh if about.owners[judgement.model.ref].id in now)


def _people(found: Findings, about: About, news: News, asked: Sequence[Judgement], *, loud: bool) -> str:
    """One line: the owners asked, how many new findings have no owner, and how many are requested already."""
    by_owner: dict[str, list[str]] = {}
    for judgement in asked:
        by_owner.setdefault(about.owners[judgement.model.ref].id, []).append(bold(judgement.model.name, NAME))
    parts = [
        f"{mention(owner) if loud else called(owner, about.names)}: {some(names, NAMES)}"
        for owner, names in by_owner.items()
    ]
    refs = [judgement.model.ref for judgement in found.worth[:IN_ALL]]
    without = sum(1 for ref in refs if ref in news.new and ref not in about.owners)
    requested = sum(1 for ref in refs if ref in about.asked)
    parts += [f"{without:,} new without an owner"] if without else []
    parts += [f"{requested:,} already requested"] if requested else []
    return f"*Owners:* {' · '.join(parts)}" if by_owner else " · ".join(parts)


def _where(found: Findings, replies: Sequence[Message]) -> list[str]:
    """Where to find the models."""
    if filed(found.count):
        return [f"{found.count:,} models to act on: the worst are in the thread, all of them in its CSV file."]
    return [f"{counted(found.count, 'model')} to act on, in the thread."] if replies else []


def _buttons(found: Findings, about: About) -> list[Block]:
    """The buttons for all of it. Each click is checked when it comes."""
    if not found.count:
        return []
    upgradable = any(j.verdict in UPGRADABLE and j.model.ref not in about.asked for j in found.worth)
    all_of_them = button("Upgrade all…", UPGRADE_ALL, "outdated", style="primary", label="Upgrade all outdated models")
    return [
        *([all_of_them] if upgradable else []),
        button("Review", "page:review", "0 outdated", label="List the outdated models, for you alone"),
        button("Snooze…", SNOOZE, "listed", label="Snooze a model of this announcement"),
    ]
