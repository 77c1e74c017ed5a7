"""Plans and their steps in words."""

from __future__ import annotations

from bot.domain.fleet import Model
from bot.domain.plans import Action, Estimate, Plan, Step
from bot.messages.kit import button, confirm
from bot.messages.text import code, duration, escape
from bot.ports import Block


def noun(plan: Plan) -> str:
    """What a plan is: an upgrade, or a training that only takes in data."""
    return "training" if plan.is_training else "upgrade"


def step_text(step: Step) -> str:
    """What one step does."""
    name = code(step.name)
    only = " (only if the step before was refused)" if step.only_if_needed else ""
    left_out = ", without the data that is not valid" if step.lenient else ""
    return {
        Action.UPGRADE: f"upgrade {name}",
        Action.UPGRADE_WITH_LANGUAGE: f"upgrade {name} again, with its language model",
        Action.TRAIN: f"train {name}{left_out}",
        Action.FORCE_TRAIN: f"train {name} with `force`, which upgrades it{left_out}{only}",
        Action.AWAIT_CHANGE: f"somebody changes a word, corpus or grammar of {name}",
    }[step.action]


def steps_text(plan: Plan) -> str:
    """The steps of a plan, and what it entails."""
    lines = [f"{number}. {step_text(step)}" for number, step in enumerate(plan.steps, start=1)]
    if plan.drops_weight:
        lines.append(
            ":warning: A saved customization weight that is not the default is dropped; the default becomes 0.1."
        )
    if plan.trains_after:
        lines.append("Untrained data stays untrained: train the model afterwards.")
    if plan.uncertain:
        lines.append("IBM's pages disagree whether models on this base are upgraded by training.")
    if plan.experimental:
        lines.append(
            ":test_tube: Experimental: no page of IBM says how models on a large speech model are upgraded, and none "
            "needed it so far."
        )
    return "\n".join(lines)


def estimate_text(estimate: Estimate | None) -> str:
    """How long it may take, said as an estimate with its source."""
    if estimate is None:
        return "_Estimate: minutes, IBM's documentation says; no run of this kind to compare with yet._"
    if round(estimate.low) == round(estimate.high):
        span = duration(estimate.low)
    else:
        span = f"{duration(estimate.low)} to {duration(estimate.high)}"
    return f"_Estimate: {span} ({escape(estimate.source)})._"


def check_button(model: Model) -> Block:
    """The button that asks recognition for its warning; what it costs is said before."""
    return button(
        "Check for warning",
        "probe",
        model.ref,
        label=f"Check {model.name} for a warning",
        confirm=confirm(
            "Check for a warning?",
            f"Sends one second of built-in audio for recognition with {model.name}. IBM bills it as any audio; nothing "
            "of it is kept.",
            "Check",
        ),
    )
