"""Plans, their steps and the states of requests in words, and how long steps may take."""

from __future__ import annotations

import math
from datetime import timedelta

from bot.domain.plans import Action, Estimate, Plan, Step
from bot.domain.requests import Request, RequestState
from bot.domain.runs import Run, StepRecord, StepState
from bot.messages.signs import Sign
from bot.messages.text import brief, code, escape, short_version, spelled, version

MINUTE, HOUR = 60, 3600

WEIGHT = "A saved customization weight that is not the default is dropped; the default becomes 0.1."

WORDS = {RequestState.OPEN: "waiting for approval", RequestState.SCHEDULED: "approved"}
"""Words that differ from the state's own name."""


def state_word(request: Request) -> str:
    """The state of a request in words."""
    return WORDS.get(request.state, request.state.value)


def noun(plan: Plan) -> str:
    """The kind of a plan: an upgrade, or a training that only takes in data."""
    return "training" if plan.is_training else "upgrade"


def versions(plan: Plan, brought: str | None = None) -> str:
    """The versions, `old → new`: the new one is the proven one, else the expected one."""
    base, to = plan.model.base, brought or plan.target
    have = brief(short_version(plan.have or "unknown", base), 60)
    if plan.is_training:
        return code(have)
    return (
        f"{code(have)} → a newer version" if to is None else code(f"{have} → {brief(short_version(to, base), 60)}", 130)
    )


def goal(plan: Plan, brought: str | None = None) -> str:
    """Where a plan leads: training, or an arrow to the version."""
    return "training" if plan.is_training else f"→ {version(brought or plan.target, plan.model.base)}"


def about_model(run: Run) -> str:
    """The versions, kind, base and instance of the model that a run changes."""
    model = run.plan.model
    moves = versions(run.plan, run.brought)
    return f"{moves} · {model.kind} model on {code(model.base)} · instance {code(model.instance)}"


def others(plan: Plan) -> list[str]:
    """The names of the models beside its own that a plan changes for good."""
    return [name for ref, name in plan.changes.items() if ref != plan.model.ref]


def changed(request: Request) -> list[str]:
    """The names of all models that a request changes for good."""
    return list(dict.fromkeys(name for run in request.meant for name in run.plan.changes.values()))


def step_text(step: Step) -> str:
    """What one step does."""
    name = code(step.name)
    only = " (only if the step before was refused)" if step.only_if_needed else ""
    left_out = ", without the data that is not valid" if step.lenient else ""
    return {
        Action.UPGRADE: f"upgrade {name}",
        Action.UPGRADE_WITH_LANGUAGE: f"upgrade {name} again, with its language model",
        Action.TRAIN: f"train {name}{left_out}",
        Action.FORCE_TRAIN: f"retrain {name} (`force`{left_out}){only}; this upgrades it",
        Action.AWAIT_CHANGE: f"somebody changes a word, corpus or grammar of {name}",
    }[step.action]


def doing(record: StepRecord) -> str:
    """What happens in a step that is not over, as far as is known."""
    if record.step.action is Action.AWAIT_CHANGE:
        return "waits for a person"
    match record.state:
        case StepState.STARTING if record.unclear_at is not None:
            return "unclear whether it began: an approver decides"
        case StepState.STARTING if record.instead:
            return f"sent, {answered(record)}: Retune looks whether it began"
        case StepState.STARTING:
            return "asked for, the service has not answered yet"
        case StepState.WAITING if record.seen_busy:
            return "the service is working on it"
        case StepState.WAITING:
            return "accepted; waiting for it to start"
        case _ if record.unanswered:
            return "sent, and nothing shows that it began: Retune sends it again"
        case _ if record.attempts:
            return "not begun: the service did not take it, Retune asks again"
        case _:
            return "not sent yet"


def answered(record: StepRecord) -> str:
    """What came for a request instead of an answer that proves anything."""
    return f"answered with {record.instead}, which proves nothing" if record.instead.isdigit() else "no answer came"


def numbered(plan: Plan) -> list[str]:
    """The steps of a plan for the person who may have to take one: 1. **You** add or change a word."""
    return [f"{number}. {_own_step(step)}" for number, step in enumerate(plan.steps, start=1)]


def _own_step(step: Step) -> str:
    if step.action is Action.AWAIT_CHANGE:
        return f"*You* add or change a word, corpus or grammar of {code(step.name)}; Retune waits for that"
    text = step_text(step)
    upgrades = "; this upgrades it" if step.action is Action.TRAIN and step.expects_version else ""
    return f"{text[:1].upper()}{text[1:]}{upgrades}"


def steps_text(plan: Plan) -> str:
    """The steps of a plan, and what it entails."""
    weight = [f":warning: {WEIGHT}"] if plan.drops_weight else []
    return "\n".join([*numbered(plan), *weight, *entailed(plan)])


def entailed(plan: Plan) -> list[str]:
    """What a plan entails beyond its steps and a saved weight."""
    lines = []
    if plan.trains_after:
        lines.append("Untrained data stays untrained: train the model afterwards.")
    if plan.uncertain:
        lines.append("IBM's pages disagree whether models on this base are upgraded by training.")
    if plan.experimental:
        lines.append(
            f"{Sign.EXPERIMENTAL} Experimental: no page of IBM says how models on a large speech model are upgraded, "
            "and none needed it so far."
        )
    return lines


def estimate_text(estimate: Estimate | None) -> str:
    """How long it may take, said as an estimate with its source."""
    return f"_{estimate_words(estimate)}_"


def estimate_words(estimate: Estimate | None) -> str:
    """The same as it is read aloud."""
    if estimate is None:
        return "Estimate: usually minutes (IBM); no past runs yet."
    return f"Estimate: {span_text(estimate.low, estimate.high)} ({escape(estimate.source)})."


def span_text(low: float, high: float) -> str:
    """A range of seconds, rounded outwards to an estimate's precision: about 2 to 5 minutes."""
    unit = 10 if high < 2 * MINUTE else MINUTE if high < HOUR else 5 * MINUTE
    begins, ends = int(low // unit * unit), int(max(1, math.ceil(high / unit)) * unit)
    if begins <= 0:
        return f"up to about {spelled(ends)}"
    if ends - begins <= unit:
        return f"about {spelled(round(high / unit) * unit)}"
    if ends < 2 * MINUTE:
        return f"about {begins} to {ends} seconds"
    if begins % MINUTE == ends % MINUTE == 0 and ends < HOUR:
        return f"about {begins // MINUTE} to {ends // MINUTE} minutes"
    return f"about {spelled(begins)} to {spelled(ends)}"


def left_text(estimate: Estimate, elapsed: timedelta) -> str:
    """The time left by an estimate: a range while it holds, then how long ago it was over."""
    low, high = estimate.low - elapsed.total_seconds(), estimate.high - elapsed.total_seconds()
    if high > 0:
        return f"{span_text(low, high)} left"
    if high > -MINUTE:
        return "that time is over"
    return f"overdue: {spelled(-high // MINUTE * MINUTE)} longer than estimated"
