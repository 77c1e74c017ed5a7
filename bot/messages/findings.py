"""One model in an announcement: how far behind, since when, its risk, and who takes care of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.domain.evidence import EvidenceKind
from bot.domain.findings import News
from bot.domain.lag import Lag
from bot.domain.owners import Owner
from bot.domain.requests import Request
from bot.domain.snoozes import Snooze
from bot.domain.verdicts import Judgement, Risk
from bot.messages import tables
from bot.messages.drawn_signs import drawn
from bot.messages.refusals import called
from bot.messages.signs import Sign
from bot.messages.snoozes import mark
from bot.messages.steps import state_word
from bot.messages.tables import Cell, Column
from bot.messages.text import code, counted, escape, unmarked
from bot.messages.verdicts import dates, level_text, one_line, verdict_text, verdict_word


@dataclass(frozen=True, slots=True)
class About:
    """What is known around the models shown, by reference. *names*: of people and groups, by id."""

    today: date
    asked: Mapping[str, Request] = field(default_factory=dict)
    snoozed: Mapping[str, Snooze] = field(default_factory=dict)
    """A snooze that covers a model, even where the model breaks through it."""
    owners: Mapping[str, Owner] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    lags: Mapping[str, Lag] = field(default_factory=dict)

    def name(self, id: str) -> str:
        """A name without a mention: nobody is pinged."""
        return called(id, self.names)


NAME = 60
"""Characters of a name in the table."""

_EVIDENCE = {
    EvidenceKind.WARNING: "warning seen",
    EvidenceKind.SIBLING: "another model",
    EvidenceKind.CANARY: "a new model",
    EvidenceKind.CATALOG: "release note",
}


def columns(*, several: bool) -> list[Column]:
    """The columns of the table of models. *several*: they are in more than one instance."""
    titles = ("Verdict", "Since", "Versions", "Risk", "Evidence", "Owner", "Request")
    return [Column("Model", names=True), *map(Column, titles), *([Column("Instance")] if several else [])]


def cells(judgement: Judgement, about: About, news: News, *, several: bool) -> list[Cell]:
    """One model as a row of that table."""
    model, ref = judgement.model, judgement.model.ref
    owner, request = about.owners.get(ref), about.asked.get(ref)
    have, target = (text.removeprefix(f"{model.base}.") for text in (model.newest or "", judgement.target or ""))
    to = f" → {target or 'newer'}" if judgement.outdated else ""
    tag = _tag(ref, news)
    state = f"{drawn(verdict_text(judgement))}{f' ({tag})' if tag else ''}"
    urgent = judgement.risk is Risk.IGNORED
    who = (
        "" if owner is None else about.names.get(owner.id, owner.id),
        "" if request is None else f"{request.id}, {state_word(request)}",
    )
    return [
        tables.words(model.name, NAME),
        tables.ours(state),
        tables.on_day(judgement.since),
        tables.words(f"{have}{to}"),
        tables.signed(Sign.URGENT, judgement.risk.value) if urgent else tables.words(judgement.risk.value),
        *(tables.words(text, NAME) for text in (_evidence(judgement), *who, *([model.instance] if several else []))),
    ]


def short(judgement: Judgement, about: About, news: News, *, several: bool) -> str:
    """The same in one line, for workspaces without tables."""
    tag = _tag(judgement.model.ref, news)
    facts = (
        f"{f'*{tag}* · ' if tag else ''}{one_line(judgement)}",
        f"*{judgement.risk.value}*",
        *dates(judgement, about.today),
        _evidence(judgement),
        *_people(judgement, about),
        f"instance {code(judgement.model.instance)}" if several else "",
    )
    return " · ".join(filter(None, facts))


def _evidence(judgement: Judgement) -> str:
    """The best reason in two words, and how strong it is."""
    return next((f"{_EVIDENCE[item.kind]} ({item.strength.value})" for item in judgement.evidence), "")


def _tag(ref: str, news: News) -> str:
    return "new" if ref in news.new else "worse" if ref in news.worse else ""


def _behind(judgement: Judgement, about: About) -> str:
    lag = about.lags.get(judgement.model.ref)
    return f"{'' if lag.exact else 'at least '}{counted(lag.count, 'version')} behind" if lag else ""


def _people(judgement: Judgement, about: About) -> list[str]:
    """Who owns it, who asked, who snoozed it: by name."""
    ref, parts = judgement.model.ref, []
    if (owner := about.owners.get(ref)) is not None:
        parts.append(f"owner: {about.name(owner.id)}")
    if (request := about.asked.get(ref)) is not None:
        parts.append(f"_requested_ by {about.name(request.requester)} ({state_word(request)})")
    if (snooze := about.snoozed.get(ref)) is not None:
        parts.append(f"{mark(snooze)} by {about.name(snooze.author)}, and still announced")
    return parts


def plain(judgement: Judgement, about: About) -> str:
    """One model for people who get the text alone: no signs, no markup."""
    name, verdict = escape(judgement.model.name, 60), verdict_word(judgement)
    facts = [f"{name}: {verdict}", _behind(judgement, about), unmarked(level_text(judgement))]
    facts += dates(judgement, about.today)
    facts += [unmarked(part) for part in _people(judgement, about)]
    return f"{', '.join(fact for fact in facts if fact)}."
