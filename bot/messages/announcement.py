"""The announcement and the living card: what is outdated, since when, what it risks, and who takes care of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.announcements import Announcement, Timing, at_risk, seen_risk
from bot.domain.changes import Change, ChangeKind
from bot.domain.findings import News
from bot.domain.lag import Lag
from bot.domain.owners import Owner
from bot.domain.runs import Run
from bot.domain.snoozes import Snooze
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages.kit import button, context, section
from bot.messages.refusals import mention
from bot.messages.snooze import mark
from bot.messages.text import code, counted, day, escape, listed
from bot.messages.timetable import heard, rule
from bot.messages.verdict import evidence_line, level_text, one_line, waiting_since
from bot.ports import Block, Message

SHOWN = 12
"""Models in the channel; the others are in the thread."""

REPLY = 20
"""Models in one reply: with a heading for each instance it stays below Slack's 50 blocks."""

IN_ALL = SHOWN + 10 * REPLY
"""Models in an announcement and its thread."""

NAMES = 5
"""Models named to one owner."""

TEXT = 3900
"""Slack refuses edits whose text has more than 4,000 characters."""

RISKS = (
    "*What it risks:* today a request with an outdated model succeeds with a warning. The older version is supported "
    "for a limited time only; when it goes, the service switches to the plain base model: requests still succeed, and "
    "the customization is silently lost."
)


@dataclass(frozen=True, slots=True)
class About:
    """What is known around the models that are shown, by reference. *names*: people and groups by id."""

    today: date
    asked: Mapping[str, Run] = field(default_factory=dict)
    snoozed: Mapping[str, Snooze] = field(default_factory=dict)
    """A snooze that speaks of a model, also where the model breaks through it."""
    owners: Mapping[str, Owner] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    lags: Mapping[str, Lag] = field(default_factory=dict)

    def name(self, id: str) -> str:
        """What somebody is called, without a mention: nobody is disturbed."""
        return escape(self.names.get(id, id), 60)


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since the last announcement: to what it listed, and to the fleet."""

    at: datetime
    news: News
    changes: Sequence[Change] = ()


def announcement(
    said: Announcement, about: About, *, since: Since | None = None, mentioned: str = "", audio: int = 0
) -> tuple[Message, ...]:
    """The announcement and, where the list is long, the replies that go on with it.

    *mentioned* are the words of `mentions`; *audio* the seconds that were sent this month to see warnings.
    """
    first, shown, rest = headline(said), said.worth[:SHOWN], said.worth[SHOWN:IN_ALL]
    news = since.news if since else News()
    blocks: list[Block] = [section(f"*{first}*")]
    if at_risk(said):
        blocks.append(section(RISKS))
    if mentioned:
        blocks.append(section(mentioned))
    blocks += _grouped(shown, said, about, news)
    small = [_since(since)] if since else []
    if rest:
        small.append(f"{len(rest)} more in the thread.")
    small += _uncovered(said)
    if audio:
        small.append(heard(audio))
    if any(small):
        blocks.append(context(*small))
    return (
        Message(_text([first, *(_plain(j, about) for j in shown), *small]), tuple(blocks)),
        *_replies(rest, said, about, news),
    )


def _replies(rest: Sequence[Judgement], said: Announcement, about: About, news: News) -> Iterable[Message]:
    left = len(said.worth) - IN_ALL
    for start in range(0, len(rest), REPLY):
        part = rest[start : start + REPLY]
        first = f"Continued: {SHOWN + start + 1} to {SHOWN + start + len(part)} of {len(said.worth)}."
        blocks = [section(f"*{first}*"), *_grouped(part, said, about, news)]
        if left > 0 and start + REPLY >= len(rest):
            blocks.append(context(f"and {left} more: `/stt-models outdated` lists all"))
        yield Message(_text([first, *(_plain(j, about) for j in part)]), tuple(blocks))


def living(said: Announcement, about: About, timing: Timing) -> Message:
    """The living card: the present state. It is edited in place, so it mentions nobody and counts no seconds."""
    first, shown = headline(said), said.worth[:SHOWN]
    blocks = [section(f"*Now:* {first}"), *_grouped(shown, said, about, News())]
    left = len(said.worth) - SHOWN
    small = [f"and {left} more: `/stt-models outdated` lists all."] if left > 0 else []
    small += _uncovered(said)
    when = f"Announcements go {rule(timing)}" if timing.on else "Scheduled announcements are off"
    blocks.append(context(*small, f"This message is kept up to date. {when}: `/stt-announce`"))
    return Message(_text([f"Now: {first}", *(_plain(j, about) for j in shown), *small]), tuple(blocks))


def moved(channel: str) -> Message:
    """What a living card becomes when announcements go to another channel."""
    text = f"Announcements go to <#{channel}> now; the present state is there."
    return Message(text, (section(text),))


def mentions(fresh: Sequence[Judgement], about: About) -> tuple[tuple[Judgement, ...], str]:
    """Mentions the owner of each, one line an owner, as far as one section takes them; gives whose were."""
    by_owner: dict[str, list[Judgement]] = {}
    for judgement in fresh:
        by_owner.setdefault(about.owners[judgement.model.ref].id, []).append(judgement)
    lines: list[str] = []
    found: list[Judgement] = []
    for owner, mine in by_owner.items():
        names = [code(j.model.name, 60) for j in mine[:NAMES]]
        more = [f"{len(mine) - NAMES} more"] if len(mine) > NAMES else []
        line = f"New for {mention(owner)}: {listed([*names, *more])}"
        if sum(len(known) + 1 for known in lines) + len(line) > 2900:
            break
        lines.append(line)
        found += mine
    return tuple(found), "\n".join(lines)


def headline(said: Announcement) -> str:
    """The state in words."""
    if not said.total:
        return f"No custom model is known{' yet' if said.unread else ''}."
    of = counted(said.total, "custom model")
    if said.outdated:
        first = f"{said.outdated} of {of} {'is' if said.outdated == 1 else 'are'} outdated"
    elif said.verdicts.get(Verdict.CURRENT, 0) == said.total:
        return f"All {of} are on the newest version that is known."
    else:
        first = f"None of {of} is known to be outdated"
    parts = [
        f"{count} {words[count != 1]}"
        for count, words in (
            (
                seen_risk(said, Risk.IGNORED),
                ("is ignored by recognition already", "are ignored by recognition already"),
            ),
            (seen_risk(said, Risk.RETIRED), ("is on a retired base", "are on a retired base")),
            (seen_risk(said, Risk.REFUSED), ("must be created again", "must be created again")),
            (
                seen_risk(said, Risk.WARNED),
                ("already returns recognition warnings", "already return recognition warnings"),
            ),
            (
                seen_risk(said, Risk.EXPECTED),
                ("expected to return recognition warnings", "expected to return recognition warnings"),
            ),
            (_failed(said), ("failed its last training", "failed their last training")),
            (len(said.silenced), ("is snoozed", "are snoozed")),
        )
        if count
    ]
    if not said.worth and (unknown := said.verdicts.get(Verdict.UNKNOWN, 0)):
        parts.append(f"{unknown} cannot be judged")
    return f"{first}; {listed(parts)}." if parts else f"{first}."


def _failed(said: Announcement) -> int:
    return sum(1 for j in said.worth if j.verdict is Verdict.FAILED)


def _grouped(shown: Iterable[Judgement], said: Announcement, about: About, news: News) -> list[Block]:
    """One section a model; with several instances, those together that are in the same one, the worst first."""
    by_instance: dict[str, list[Judgement]] = {}
    for judgement in shown:
        by_instance.setdefault(judgement.model.instance, []).append(judgement)
    blocks: list[Block] = []
    for instance, judgements in by_instance.items():
        if said.instances > 1:
            blocks.append(section(f"*Instance {code(instance)}*"))
        blocks += [_line(judgement, about, news) for judgement in judgements]
    return blocks


def _line(judgement: Judgement, about: About, news: News) -> Block:
    model = judgement.model
    since = waiting_since(judgement, about.today)
    reasons = [evidence_line(item, model.base) for item in judgement.evidence[:1]]
    facts = (_behind(judgement, about), f"newer base {since}" if since else "", *reasons)
    lines = [
        f"{_tag(model.ref, news)}{one_line(judgement)}",
        " · ".join(fact for fact in facts if fact),
        f"Risk: {level_text(judgement)}",
        " · ".join(_people(judgement, about)),
    ]
    text = "\n".join(line for line in lines if line)
    upgradable = judgement.verdict in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED)
    if not upgradable or model.ref in about.asked:
        return section(text, button("Details", "model", model.ref, label=f"Details of {model.name}"))
    return section(text, button("Upgrade…", "ask", model.ref, label=f"Ask for an upgrade of {model.name}"))


def _tag(ref: str, news: News) -> str:
    if ref in news.new:
        return "*new* · "
    return "*worse* · " if ref in news.worse else ""


def _behind(judgement: Judgement, about: About) -> str:
    lag = about.lags.get(judgement.model.ref)
    if lag is None:
        return ""
    return f"{'' if lag.exact else 'at least '}{counted(lag.count, 'version')} behind"


def _people(judgement: Judgement, about: About) -> list[str]:
    """Who owns it, who asked, who snoozed it: by name."""
    ref, parts = judgement.model.ref, []
    if (owner := about.owners.get(ref)) is not None:
        parts.append(f"owner: {about.name(owner.id)}")
    if (run := about.asked.get(ref)) is not None:
        parts.append(f"_an upgrade is asked for_ by {about.name(run.requester)} ({run.state.value})")
    if (snooze := about.snoozed.get(ref)) is not None:
        parts.append(f"{mark(snooze)} by {about.name(snooze.author)}, and said all the same")
    return parts


def _plain(judgement: Judgement, about: About) -> str:
    """One model for people who hear the text alone: no signs, no markup."""
    name, verdict = escape(judgement.model.name, 60), judgement.verdict.value
    facts = [f"{name}: {verdict}", _behind(judgement, about), _spoken(level_text(judgement))]
    if judgement.since is not None:
        facts.append(f"newer base for {(about.today - judgement.since).days:,} days")
    facts += [_spoken(part) for part in _people(judgement, about)]
    return f"{', '.join(fact for fact in facts if fact)}."


def _spoken(markup: str) -> str:
    """Without the signs and marks that we put in ourselves."""
    return re.sub(r":[a-z_]+: |[*`]|\b_|_\b", "", markup)


def _uncovered(said: Announcement) -> list[str]:
    if not said.unread:
        return []
    return [f"Not counted fully, because it cannot be read: {listed([code(name) for name in said.unread])}."]


def _since(since: Since) -> str:
    """One line: what differs from the last announcement, and the everyday changes meanwhile."""
    news = since.news
    differs = (
        (news.new, "newly listed"),
        (news.worse, "worse"),
        (news.otherwise, "otherwise changed"),
        (news.gone, "not listed any more"),
    )
    listed_now = [f"{len(refs)} {words}" for refs, words in differs if refs]
    created = sum(1 for change in since.changes if change.kind is ChangeKind.CREATED)
    trained = sum(1 for change in since.changes if change.kind is ChangeKind.TRAINED)
    elsewhere = [f"{count} {word}" for count, word in ((created, "created"), (trained, "trained")) if count]
    parts = [", ".join(listed_now) or "nothing new to act on"]
    if elsewhere:
        parts.append(f"{', '.join(elsewhere)} elsewhere")
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
