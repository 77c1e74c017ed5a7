"""`/stt-models` and `/stt-model`: the fleet, and one custom model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.domain.changes import Change
from bot.domain.counts import Counts
from bot.domain.fleet import Holdings, Snapshot
from bot.domain.observations import Stage
from bot.domain.owners import Owner
from bot.domain.plans import NoPlan, Plan
from bot.domain.requests import Request
from bot.domain.snoozes import Snooze
from bot.domain.verdicts import Judgement, Verdict, calls_for_action
from bot.messages.buttons import ask_button, check_button
from bot.messages.changes import history_line
from bot.messages.counts import fleet_text, matching_text, outdated_text, snoozed_text
from bot.messages.doubts import not_believed, unreadable
from bot.messages.fitting import MOST, size_of
from bot.messages.kit import actions, button, context, divider, header, modal, pages_of, paging, paragraph, section
from bot.messages.model_table import model_table, open_menu
from bot.messages.owners import line as owner_line
from bot.messages.owners import set_button
from bot.messages.quotes import Quote, quoted
from bot.messages.refusals import answer_of, no_plan, no_plan_quotes
from bot.messages.requests import state_line
from bot.messages.signs import Sign
from bot.messages.snoozes import of_model
from bot.messages.steps import estimate_text, steps_text
from bot.messages.text import ago, bold, code, counted, defused, entities, moment, plain
from bot.messages.verdicts import dates, pair_text, risk_text, verdict_text, verdict_word, why
from bot.ports import Block, Message

SHORT = 200
"""Characters of an instance's answer where there are several."""

FAILURES = 5
"""Answers quoted. The log has the others, and one outage often affects all instances."""

MANY = 100
"""More models than people read page by page."""

NARROW = (
    "Narrow it by words: `outdated`, `risky`, `acoustic`, an instance, `en-US`, a base model, part of a name. *Export* "
    "sends all of them as a CSV file."
)

PAGE = 15
"""Models on one page: a row and an option take about 550 characters, and `MOST` must hold all."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page, from 0, of the matching models; the counts of all that match, and the size of the fleet."""

    shown: Sequence[Judgement]
    page: int
    counts: Counts
    total: int

    @property
    def count(self) -> int:
        """How many match."""
        return self.counts.total


def models(
    found: Found,
    snapshot: Snapshot,
    now: datetime,
    *,
    filters: str = "",
    marks: Mapping[str, str] = MappingProxyType({}),
) -> Message:
    """One page of the fleet, worst first. *marks* say more about some models, by reference."""
    if not found.count:
        return Message(NO_MODELS, (section(NO_MODELS), *age(snapshot, now)))
    text = f"{matching_text(found.counts, filters) if filters else fleet_text(found.counts)}."
    waits = ". ".join(filter(None, (outdated_text(found.counts), snoozed_text(found.counts))))
    pages, several = pages_of(found.count, PAGE), len(snapshot.instances) > 1
    caption = f"{counted(found.count, 'custom model')}{f', page {found.page + 1} of {pages}' if pages > 1 else ''}"
    above = section(f"*{text}*{f'{chr(10)}{waits}.' if waits else ''}")
    below = [actions(opens)] if (opens := open_menu(found.shown, several=several)) else []
    export = button("Export", "export-models", filters[:2000] or " ", label="Export all of these models as a CSV file")
    below += paging("page", found.page, pages, filters, *([export] if pages > 1 else []))
    below += [context(NARROW)] if found.count > MANY else []
    below += age(snapshot, now)
    table = model_table(found.shown, caption, marks, MOST - size_of([above, *below]) - 10, several=several)
    names = "; ".join(f"{defused(plain(j.model.name, 60))} {verdict_word(j)}" for j in found.shown)
    return Message(f"{text} {entities(names)}", (above, table, *below))


NO_MODELS = "There are no custom models in the instances that Retune reads. `python -m bot check` tests each of them."


TROUBLES = 8
"""Lines about instances below a list: a context block takes ten."""


def age(snapshot: Snapshot, now: datetime) -> list[Block]:
    """When the instances were read, and which ones could not be."""
    read = [f"Read {ago(snapshot.read_at, now)}."] if snapshot.read_at is not None else []
    lines: list[str] = []
    quotes: list[Quote] = []
    for reading in snapshot.instances.values():
        if reading.failing_since is not None:
            last = f"; shown as read {ago(reading.read_at, now)}" if reading.read_at else ""
            lines.append(f":warning: {code(reading.name)} cannot be read since {moment(reading.failing_since)}{last}")
            quotes.append(answer_of(reading.name, reading.failure))
        elif reading.read_at is None:
            lines.append(f"{Sign.READING} {code(reading.name)} is being read for the first time.")
        lines += filter(None, (not_believed(reading), unreadable(reading)))
    more = [f"and {len(lines) - TROUBLES} more lines like these"] if len(lines) > TROUBLES else []
    return [
        *([context(*read, *lines[:TROUBLES], *more)] if read or lines else []),
        *quoted(*(replace(quote, limit=SHORT) for quote in quotes[:FAILURES])),
    ]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What Retune knows of a model beyond its instance's answer.

    *snooze* is in force for it. *trained_with* names an acoustic model's language model: "" for none, None where nobody
    said.
    """

    requests: Sequence[Request] = ()
    changes: Sequence[Change] = ()
    snooze: Snooze | None = None
    owner: Owner | None = None
    trained_with: str | None = None


def model(
    judgement: Judgement, holdings: Holdings | None, outlook: Plan | NoPlan | None, dossier: Dossier, now: datetime
) -> Message:
    """One custom model: versions, verdict with evidence, data, what an upgrade would do, history.

    *holdings* and *outlook* are None where its instance does not answer.
    """
    m = judgement.model
    since = " · ".join(dates(judgement, now.date()))
    linked = dossier.trained_with
    trained = "" if linked is None else f" · trained with {bold(linked) if linked else 'no language model'}"
    blocks: list[Block] = [
        header(f"Model {m.name}"),
        section(
            f"*{verdict_text(judgement)}*{f' · {since}' if since else ''}\n"
            + "\n".join(f"• {line}" for line in why(judgement))
            + f"\n*Risk:* {risk_text(judgement)}"
        ),
        section(
            f"{m.kind} model on {code(m.base)} · instance {code(m.instance)} · status {code(m.status)}\n"
            f"Versions, oldest first: {', '.join(code(v) for v in m.versions) if m.versions else 'not told'}\n"
            f"{_holds(holdings)}{trained}\n{owner_line(dossier.owner)}\nId {code(m.id)}"
        ),
    ]
    if pair := pair_text(judgement):
        blocks.append(section(pair))
    if dossier.snooze is not None:
        blocks += of_model(dossier.snooze, judgement)
    if m.description:
        blocks += quoted(Quote(f"Description of {m.name}, from the instance {m.instance}", m.description))
    if isinstance(outlook, Plan):
        blocks += [
            divider(),
            section(f"*Steps:*\n{steps_text(outlook)}\n{estimate_text(outlook.estimate)}"),
        ]
        blocks.append(actions([ask_button(m.ref, m.name, "primary")]))
    elif isinstance(outlook, NoPlan) and judgement.verdict is not Verdict.CURRENT:
        blocks += [divider(), section(no_plan(outlook)), *quoted(*no_plan_quotes(outlook))]
    blocks.append(actions(_further(judgement)))
    if dossier.requests or dossier.changes:
        blocks += [divider(), section(f"*History*\n{_history(dossier, m.ref, now)}")]
    return Message(f"Model {code(m.name)}: {verdict_word(judgement)}", tuple(blocks))


def _history(dossier: Dossier, ref: str, now: datetime) -> str:
    """A model's history, here and elsewhere, newest first."""
    asked = dossier.requests
    lines = [(one.ended_at or one.started_at or one.requested_at, state_line(one, now, ref)) for one in asked]
    lines += [(change.at, history_line(change)) for change in dossier.changes]
    return "\n".join(f"• {line}" for _, line in sorted(lines, key=lambda item: item[0], reverse=True))


def _further(judgement: Judgement) -> list[Block]:
    """Further buttons of a model."""
    m = judgement.model
    buttons = []
    if m.status == "available":
        buttons.append(check_button(m))
    if m.kind == "acoustic":
        buttons.append(button("Trained with…", "link", m.ref, label=f"Say with which model {m.name} was trained"))
    if calls_for_action(judgement):
        buttons.append(button("Snooze…", "snooze", m.ref, label=f"Snooze {m.name}"))
    if judgement.outdated or judgement.verdict in (Verdict.RETIRED, Verdict.RECREATE):
        buttons.append(button("Hold…", "hold", m.ref, label=f"Hold {m.name} on its old version on purpose"))
    buttons.append(set_button(m))
    return buttons


def reading(name: str) -> Mapping[str, Any]:
    """The window of a model while it is read."""
    return window(name, [section(f"{Sign.READING} Reading {code(name)} …")])


def window(name: str, blocks: Iterable[Block]) -> Mapping[str, Any]:
    """A model in its own window, for places without a channel."""
    return modal(f"Model {name}", blocks, callback="model")


PROBED = {
    Stage.SILENT: (
        "No warning: recognition with {name} says nothing of an older version. That is a good sign, and no proof of "
        "being current."
    ),
    Stage.PREVIOUS: (
        ":warning: Recognition with {name} warns that it uses a previous version of its base model. It is outdated."
    ),
    Stage.IGNORED: (
        ":rotating_light: Recognition with {name} *ignores the customization*: the old version of its base model is "
        "gone. Upgrade it now."
    ),
}


def probed(judgement: Judgement, stage: Stage) -> Message:
    """What recognition said with a model."""
    ask = [button("Upgrade…", "ask", judgement.model.ref, style="primary")] if stage is not Stage.SILENT else []
    return paragraph(PROBED[stage].format(name=bold(judgement.model.name)), "", *ask)


def _holds(holdings: Holdings | None) -> str:
    if holdings is None:
        return "Its data could not be read just now."
    if holdings.empty:
        return "Holds no data."
    counts = {
        "corpus file": holdings.corpora,
        "custom word": holdings.words,
        "grammar": holdings.grammars,
        "audio resource": holdings.recordings,
    }
    parts = [counted(count, noun) for noun, count in counts.items() if count]
    if holdings.audio_minutes:
        parts.append(f"{holdings.audio_minutes:.0f} minutes of audio")
    extra = f"; not valid: {', '.join(code(name) for name in holdings.invalid[:5])}" if holdings.invalid else ""
    return f"Holds {', '.join(parts)}{extra}."
