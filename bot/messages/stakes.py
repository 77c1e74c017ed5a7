"""What a decision is about: what else a plan changes, loses and needs, why, how long, and that it is for good.

The card, the question of Approve and Details say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.evidence import Evidence, EvidenceKind, Strength
from bot.domain.forecasts import whole
from bot.domain.freezes import Wait
from bot.domain.plans import Action, Plan
from bot.domain.requests import Request, RequestState
from bot.messages.signs import Sign
from bot.messages.steps import others, span_text
from bot.messages.text import around, bold, counted, escape, listed, plain, short_version
from bot.messages.verdicts import evidence_line

FOR_GOOD = f"{Sign.ATTENTION} *This cannot be undone.*"

LOSES = "a saved customization weight"

_CHANGE = "adds or changes a word, corpus or grammar of"


def by_hand(plan: Plan) -> list[str]:
    """The models that a person must change before the plan goes on, by name."""
    return [step.name for step in plan.steps if step.action is Action.AWAIT_CHANGE]


def stakes(plan: Plan, who: str) -> list[str]:
    """What else it changes, what it loses, what a person must do, and whether it is an experiment. *who* is escaped."""
    found = []
    if names := others(plan):
        found.append(f"Also changes {listed([bold(name, 60) for name in names])}")
    if plan.drops_weight:
        found.append(f"Loses {LOSES}")
    if names := by_hand(plan):
        found.append(f"Needs a person: {who} {_CHANGE} {listed([bold(name, 60) for name in names])}")
    if plan.experimental:
        found.append(f"{Sign.EXPERIMENTAL} Experimental: IBM documents no upgrade for this base")
    return found


def in_short(plan: Plan) -> list[str]:
    """The same for one line of several, with the risk of waiting."""
    found = [f"also changes {listed([bold(name, 60) for name in others(plan)])}"] if others(plan) else []
    found += ["loses a saved weight"] if plan.drops_weight else []
    found += ["needs a person"] if by_hand(plan) else []
    found += ["experimental"] if plan.experimental else []
    best = best_evidence(plan.evidence)
    return [*found, *(["warning seen"] if best is not None and best.kind is EvidenceKind.WARNING else [])]


def losses(plan: Plan, who: str) -> str:
    """What it loses and what a person must do, in plain text with a space at the end; *who* does it."""
    found = [f"Loses {LOSES}."] if plan.drops_weight else []
    found += [f"Needs a person: {plain(who, 20)} changes a word, corpus or grammar."] if by_hand(plan) else []
    return "".join(f"{sentence} " for sentence in found)


def moves(plan: Plan) -> str:
    """From which version to which, in plain text."""
    base, to = plan.model.base, plan.target
    have = plain(short_version(plan.have or "unknown", base), 24)
    return f"{have} → {plain(short_version(to, base), 24) if to else 'a newer version'}"


def totals(plans: Sequence[Plan]) -> list[str]:
    """How many of several lose something or need a person, in plain text."""
    lose, need = sum(plan.drops_weight for plan in plans), sum(bool(by_hand(plan)) for plan in plans)
    found = [f"{counted(lose, 'model')} {'loses' if lose == 1 else 'lose'} {LOSES}"] if lose else []
    return [*found, *([f"{counted(need, 'model')} {'needs' if need == 1 else 'need'} a person"] if need else [])]


def best_evidence(evidence: Sequence[Evidence]) -> Evidence | None:
    """The most convincing evidence: a warning that recognition returned, else the strongest."""
    strengths = list(Strength)
    return min(
        evidence, key=lambda one: (one.kind is not EvidenceKind.WARNING, strengths.index(one.strength)), default=None
    )


def why_line(plan: Plan) -> str:
    """The best reason to believe that a model is outdated; "" where there is none, as for a training."""
    best = best_evidence(plan.evidence)
    return f"Why: {evidence_line(best, plan.model.base)}" if best is not None else ""


def times(request: Request, wait: Wait | None, parallel: int) -> str:
    """How long it will take before it has begun, and when: an estimate, from the start that can be known."""
    plans = [run.plan for run in request.meant]
    estimate = whole(plans, parallel)
    if estimate is None:
        some = "" if all(plan.estimate is None for plan in plans) else " of some of them"
        return f"Estimate: usually minutes (IBM); no past runs{some} yet."
    said = f"Estimate: {span_text(estimate.low, estimate.high)} ({escape(estimate.source, 120)})"
    if any(map(by_hand, plans)):
        return f"{said}, and the time until a person made the change."
    starts, span = wait.until if wait is not None else None, timedelta(seconds=estimate.high)
    if request.state is RequestState.OPEN:
        approved = "if approved at once" if starts is None else "if approved by then"
        return f"{said}, {around(starts or request.requested_at, span)} {approved}."
    return f"{said}, {around(starts, span)}." if starts is not None else f"{said}."
