"""Thread messages whose buttons can't be used any longer: what was chosen and by whom, without the buttons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.outcomes import StepEnd
from bot.domain.requests import Noted, Request
from bot.domain.runs import Run
from bot.messages.kit import paragraph
from bot.messages.people import named
from bot.messages.quotes import Quote
from bot.messages.refusals import answer_of
from bot.messages.signs import Sign
from bot.messages.text import bold, some
from bot.ports import Message

CHOICES = ("resume", "cancel the rest", "retry", "send again", "mark as failed", "stop watching", "begun")
"""Acts in the audit that answer a message with buttons."""

ASKING = ("late", "unclear", "unclears", "pause", "failed", "end")
"""Messages with buttons that can be used once, by the prefix of their keys."""

NAMED = 10


@dataclass(frozen=True, slots=True)
class _Asked:
    """One such message: its run, if it is about one, when it was posted, and what people did since, oldest first."""

    kind: str
    runs: tuple[Run, ...]
    at: datetime
    acts: Sequence[Noted]
    names: Mapping[str, str]

    def chosen(self, **words: str) -> str:
        """The first of these acts since it was posted, in words with who did it; "" for none."""
        refs = {ref for run in self.runs for ref in run.plan.models}
        for act in self.acts:
            word = words.get(act.action.replace(" ", "_"))
            if word is not None and act.at >= self.at and (act.model is None or not refs or act.model in refs):
                return f"{word} by {named([act.actor], self.names)}"
        return ""

    @property
    def models(self) -> str:
        """The names of its models."""
        return some([bold(run.plan.model.name, 60) for run in self.runs], NAMED)


def settled(
    request: Request,
    posted: Mapping[str, datetime],
    told: Sequence[str],
    acts: Sequence[Noted],
    names: Mapping[str, str],
) -> Iterator[tuple[str, Message]]:
    """What replaces the messages that were *posted* with buttons and are not *told* now."""
    for key, at in posted.items():
        kind, _, rest = key.partition(":")
        if kind not in ASKING or key in told:
            continue
        ids = [part.split(".")[0] for part in rest.partition(":")[0].split("-") if part]
        known = {str(run.id): run for run in request.runs}
        runs = tuple(known[id] for id in ids if id in known)
        if kind == "end":
            runs = () if request.several else (request.first,)
            if request.several:
                continue  # the next end says how they ended
        yield key, _message(_Asked(kind, runs, at, acts, names))


def _message(asked: _Asked) -> Message:
    match asked.kind:
        case "late":
            done = asked.chosen(stop_watching="Marked as failed", mark_as_failed="Marked as failed") or "It went on"
            return paragraph(f"{asked.models} took far longer than estimated. {done}.", Sign.LATE)
        case "unclear" | "unclears":
            failed = "Marked as failed"
            done = asked.chosen(send_again="Sent again", mark_as_failed=failed, stop_watching=failed)
            text = f"It was unclear whether a step of {asked.models} began."
            return paragraph(f"{text} {done or 'The service shows that it began'}.", Sign.UNCLEAR)
        case "pause":
            done = asked.chosen(resume="Resumed", cancel_the_rest="The rest was dropped", retry="Retried")
            return paragraph(f"*Paused* after {asked.models} failed. {done or 'It is over'}.", Sign.PAUSED)
    text = f"*failed*: {asked.models}{_how(asked)}. {asked.chosen(retry='Retried') or 'It is retried'}."
    return paragraph(text, Sign.FAILED, quotes=_said(asked))


def _end(asked: _Asked) -> Noted | None:
    """The step that failed, from the audit."""
    refs = {ref for run in asked.runs for ref in run.plan.models}
    ends = [act for act in asked.acts if act.action in set(StepEnd) and act.model in refs and act.at <= asked.at]
    return ends[-1] if ends else None


def _how(asked: _Asked) -> str:
    end = _end(asked)
    return f" ({end.action})" if end is not None else ""


def _said(asked: _Asked) -> list[Quote]:
    """The service's answer stays."""
    end = _end(asked)
    if end is None or end.action in (StepEnd.UNCLEAR, StepEnd.UNWATCHED, StepEnd.PROVEN):
        return []
    return [answer_of(asked.runs[0].plan.model.instance, end.detail)]
