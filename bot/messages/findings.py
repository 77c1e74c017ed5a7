"""One model in an announcement: how far behind, since when, what it risks, who takes care of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.domain.findings import News
from bot.domain.lag import Lag
from bot.domain.owners import Owner
from bot.domain.requests import Request
from bot.domain.snoozes import Snooze
from bot.domain.verdicts import Judgement
from bot.messages import tables
from bot.messages.refusals import called
from bot.messages.signs import OF_VERDICT, Sign
from bot.messages.snoozes import mark
from bot.messages.steps import state_word
from bot.messages.text import counted, escape
from bot.messages.verdicts import dates, evidence_line, level_text, one_line
from bot.ports import Block


@dataclass(frozen=True, slots=True)
class About:
    """What is known around the models that are shown, by reference. *names*: people and groups by id."""

    today: date
    asked: Mapping[str, Request] = field(default_factory=dict)
    snoozed: Mapping[str, Snooze] = field(default_factory=dict)
    """A snooze that speaks of a model, also where the model breaks through it."""
    owners: Mapping[str, Owner] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    lags: Mapping[str, Lag] = field(default_factory=dict)

    def name(self, id: str) -> str:
        """What somebody is called, without a mention: nobody is disturbed."""
        return called(id, self.names)


def line(judgement: Judgement, about: About, news: News) -> Block:
    """One model with its facts, its risk, its people, and one button."""
    model = judgement.model
    reasons = [evidence_line(item, model.base) for item in judgement.evidence[:1]]
    facts = (_behind(judgement, about), *dates(judgement, about.today), *reasons)
    lines = (
        f"{_tag(model.ref, news)}{one_line(judgement)}",
        " · ".join(filter(None, facts)),
        f"Risk: {level_text(judgement)}",
        " · ".join(_people(judgement, about)),
    )
    return [
        tables.words(model.name, NAME),
        tables.signed(OF_VERDICT[judgement.verdict], state),
        tables.words(f"{have}{to}"),
        tables.signed(Sign.URGENT, judgement.risk.value) if urgent else tables.words(judgement.risk.value),
        tables.on_day(judgement.since),
        *(tables.words(text, NAME) for text in (evidence, *who, *([model.instance] if several else []))),
    ]


def short(judgement: Judgement, about: About, news: News, *, several: bool) -> str:
    """The same in one line, for workspaces without tables."""
    model, since = judgement.model, waiting_since(judgement, about.today)
    tag = _tag(model.ref, news)
    where = f" in {code(model.instance)}" if several else ""
    facts = (
        _behind(judgement, about),
        f"newer base {since}" if since else "",
        f"risk: {level_text(judgement)}",
        *(evidence_line(item, model.base) for item in judgement.evidence[:1]),
        *_people(judgement, about),
    )
    return " · ".join(filter(None, (f"{f'*{tag}* · ' if tag else ''}{one_line(judgement)}{where}", *facts)))


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
    """One model for people who hear the text alone: no signs, no markup."""
    name, verdict = escape(judgement.model.name, 60), judgement.verdict.value
    facts = [f"{name}: {verdict}", _behind(judgement, about), _spoken(level_text(judgement))]
    facts += dates(judgement, about.today)
    facts += [_spoken(part) for part in _people(judgement, about)]
    return f"{', '.join(fact for fact in facts if fact)}."
