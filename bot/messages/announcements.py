"""The announcement and the living card: what is outdated, since when, what it risks, and who takes care of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from bot.domain.announcements import Findings, at_risk
from bot.domain.changes import Change, ChangeKind
from bot.domain.findings import News
from bot.domain.timing import Timing
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages.findings import About, line, plain, short
from bot.messages.fitting import MOST, portion, size_of
from bot.messages.kit import context, grouped, instance_heading, paragraph, section, sections
from bot.messages.refusals import mention
from bot.messages.text import code, counted, day, listed, some
from bot.messages.timetable import audio_sent, rule
from bot.ports import Block, Message
from bot.turns import Work

SHOWN = 12
"""Models in the channel; the others are in the thread."""

LIVING = 30
"""Models on the living card, a line each."""

REPLY = 20
"""Models in one reply: with a heading for each instance it stays below Slack's 50 blocks."""

REPLIES = 4
"""Replies that go on with an announcement: with long names fewer models fit into each."""

IN_ALL = 50
"""Models in an announcement and its thread; of more a file has the list."""


UNREAD = 8
"""Instances that are named where they could not be read."""


def filed(models: int) -> bool:
    """Whether so many models are listed in a file instead of replies."""
    return models > IN_ALL


SPARE = 800
"""Characters that are left free for what stands around a list."""

NAMES = 5
"""Models named to one owner."""

TEXT = 3900
"""Slack refuses edits whose text has more than 4,000 characters."""

FILTERS = (
    "`/stt-models outdated`, narrowed by `risky`, an instance, `en-US` or a base model; the thread gets a CSV file"
)

RISKS = (
    "*What it risks:* today a request with an outdated model succeeds with a warning. The older version is supported "
    "for a limited time only; when it goes, the service switches to the plain base model: requests still succeed, and "
    "the customization is silently lost."
)


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since the last announcement: to what it listed, and to the fleet."""

    at: datetime
    news: News
    changes: Sequence[Change] = ()


def announcement(
    found: Findings, about: About, *, since: Since | None = None, mentioned: str = "", audio: int = 0
) -> Work[tuple[Message, ...]]:
    """The announcement and, where the list is long, the replies that go on with it.

    *mentioned* are the words of `mentions`; *audio* the seconds that were sent this month to see warnings.
    """
    first, news = headline(found), since.news if since else News()
    tops = [section(top) for top in (f"*{first}*", RISKS if at_risk(found) else "", mentioned) if top]
    small = [*_uncovered(found), *([audio_sent(audio)] if audio else [])]
    small = [*([_since(since)] if since else []), *small]
    lines: dict[str, Block] = {}
    for judgement in found.worth[:IN_ALL]:
        lines[judgement.model.ref] = line(judgement, about, news)
        yield

    def draw(some: Sequence[Judgement]) -> list[Block]:
        return _grouped(some, found, lines)

    shown = portion(found.worth[:IN_ALL], draw, SHOWN, MOST - size_of([*tops, context(*small)]) - SPARE)
    parts = [] if filed(found.count) else _parts(found.worth[len(shown) : IN_ALL], draw)
    if filed(found.count):
        small.insert(1 if since else 0, f"{found.count - len(shown):,} more, the worst first: {FILTERS}.")
    elif parts:
        small.insert(1 if since else 0, f"{sum(map(len, parts))} more in the thread.")
    blocks = [*tops, *draw(shown), *([context(*small)] if small else [])]
    said = Message(_text([first, *(plain(j, about) for j in shown), *small]), tuple(blocks))
    return (said, *_replies(parts, len(shown), found, about, draw))


def _parts(rest: Sequence[Judgement], draw: Callable[[Sequence[Judgement]], list[Block]]) -> list[Sequence[Judgement]]:
    """What goes into the thread, by replies."""
    parts: list[Sequence[Judgement]] = []
    while rest and len(parts) < REPLIES:
        parts.append(portion(rest, draw, REPLY, MOST - SPARE))
        rest = rest[len(parts[-1]) :]
    return parts


def previewed(messages: Sequence[Message]) -> Message:
    """An announcement and its replies, as one person sees it before anybody else does."""
    first, *more = messages
    thread = [context(f"The thread would have {len(more)} more.")] if more else []
    return Message(first.text, (context("Only you see this preview:"), *first.blocks, *thread))


def _replies(
    parts: Sequence[Sequence[Judgement]],
    start: int,
    found: Findings,
    about: About,
    draw: Callable[[Sequence[Judgement]], list[Block]],
) -> Iterable[Message]:
    left = found.count - start - sum(map(len, parts))
    for number, part in enumerate(parts, start=1):
        first = f"Continued: {start + 1} to {start + len(part)} of {found.count}."
        blocks = [section(f"*{first}*"), *draw(part)]
        if left > 0 and number == len(parts):
            blocks.append(context(f"and {left:,} more: `/stt-models outdated` lists all"))
        yield Message(_text([first, *(plain(j, about) for j in part)]), tuple(blocks))
        start += len(part)


def living(found: Findings, about: About, timing: Timing) -> Message:
    """The living card: the present state. It is edited in place, so it mentions nobody and counts no seconds."""
    first = headline(found)

    def draw(some: Sequence[Judgement]) -> list[Block]:
        return sections(short(j, about) for j in some)

    shown = portion(found.worth, draw, LIVING, MOST - 2 * SPARE)
    blocks = [section(f"*Now:* {first}"), *draw(shown)]
    left = found.count - len(shown)
    small = [f"and {left:,} more: `/stt-models outdated` lists all."] if left > 0 else []
    small += _uncovered(found)
    when = f"Announcements go {rule(timing)}" if timing.on else "Scheduled announcements are off"
    blocks.append(context(*small, f"This message is kept up to date. {when}: `/stt-announce`"))
    return Message(_text([f"Now: {first}", *(plain(j, about) for j in shown), *small]), tuple(blocks))


def moved(channel: str) -> Message:
    """What a living card becomes when announcements go to another channel."""
    return paragraph(f"Announcements go to <#{channel}> now; the present state is there.")


def mentions(fresh: Sequence[Judgement], about: About) -> tuple[tuple[Judgement, ...], str]:
    """Mentions the owner of each, one line an owner, as far as one section takes them; gives whose were."""
    by_owner: dict[str, list[Judgement]] = {}
    for judgement in fresh:
        by_owner.setdefault(about.owners[judgement.model.ref].id, []).append(judgement)
    lines: list[str] = []
    found: list[Judgement] = []
    for owner, mine in by_owner.items():
        line = f"New for {mention(owner)}: {some([code(j.model.name, 60) for j in mine], NAMES)}"
        if sum(len(known) + 1 for known in lines) + len(line) > 2900:
            break
        lines.append(line)
        found += mine
    return tuple(found), "\n".join(lines)


def headline(found: Findings) -> str:
    """The state in words."""
    if not found.total:
        return f"No custom model is known{' yet' if found.unread else ''}."
    of = counted(found.total, "custom model")
    if found.outdated:
        first = f"{found.outdated:,} of {of} {'is' if found.outdated == 1 else 'are'} outdated"
    elif found.verdicts.get(Verdict.CURRENT, 0) == found.total:
        return f"All {of} are on the newest known version."
    else:
        first = f"None of {of} is known to be outdated"
    counts = (
        (found.risks.get(Risk.IGNORED, 0), "is", "are", " ignored by recognition already"),
        (found.risks.get(Risk.RETIRED, 0), "is", "are", " on a retired base"),
        (found.risks.get(Risk.REFUSED, 0), "", "", "must be created again"),
        (found.risks.get(Risk.WARNED, 0), "already returns", "already return", " recognition warnings"),
        (found.risks.get(Risk.EXPECTED, 0), "", "", "expected to return recognition warnings"),
        (found.failed, "failed its", "failed their", " last training"),
        (len(found.silenced), "is", "are", " snoozed"),
    )
    parts = [f"{count:,} {one if count == 1 else many}{rest}" for count, one, many, rest in counts if count]
    if not found.worth and (unknown := found.verdicts.get(Verdict.UNKNOWN, 0)):
        parts.append(f"{unknown} cannot be judged")
    return f"{first}; {listed(parts)}." if parts else f"{first}."


def _grouped(shown: Iterable[Judgement], found: Findings, lines: Mapping[str, Block]) -> list[Block]:
    """One section a model; with several instances, those together that are in the same one, the worst first."""
    by_instance: dict[str, list[tuple[str, Block]]] = {}
    for judgement in shown:
        instance = judgement.model.instance
        group = instance if found.instances > 1 else ""
        by_instance.setdefault(instance, []).append((group, lines[judgement.model.ref]))
    return grouped(chain.from_iterable(by_instance.values()), instance_heading)


def _uncovered(found: Findings) -> list[str]:
    unread, verb = some([code(name) for name in found.unread], UNREAD), "is" if len(found.unread) == 1 else "are"
    return [f"Incomplete: {unread} {verb} unreachable."] if unread else []


def _since(since: Since) -> str:
    """One line: what differs from the last announcement, and the everyday changes meanwhile."""
    news, kinds = since.news, Counter(change.kind for change in since.changes)
    differs = {
        "newly listed": len(news.new),
        "worse": len(news.worse),
        "otherwise changed": len(news.otherwise),
        "no longer listed": len(news.gone),
    }
    elsewhere = {"created": kinds[ChangeKind.CREATED], "trained": kinds[ChangeKind.TRAINED]}
    here, there = (", ".join(f"{n} {word}" for word, n in of.items() if n) for of in (differs, elsewhere))
    parts = [here or "nothing new to act on", *([f"{there} elsewhere"] if there else [])]
    return f"Since the announcement of {day(since.at.date())}: {'; '.join(parts)}."


def _text(sentences: Sequence[str]) -> str:
    """As many sentences as Slack takes, and how many more there are."""
    kept: list[str] = []
    room = TEXT - 60
    for number, sentence in enumerate(sentences):
        room -= len(sentence) + 1
        if room < 0:
            kept.append(f"And {len(sentences) - number} more in the message.")
            break
        kept.append(sentence)
    return " ".join(kept)
