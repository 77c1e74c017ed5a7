"""Estimating: what the journal says of steps like these."""

from __future__ import annotations

from bot.domain.estimates import estimate, total
from bot.domain.plans import Action, Estimate, Plan, Step
from bot.domain.runs import Run, RunState
from bot.messages.proof import became
from bot.store import Store


def estimate_now(store: Store, run: Run) -> Estimate | None:
    """For the step that a running run is at; None also where nobody can say, or no service works."""
    if run.state is not RunState.RUNNING or run.current is None:
        return None
    return estimate_step(store, run.plan, run.current.step)


def estimate_plan(store: Store, plan: Plan) -> Estimate | None:
    """For all steps that are sure to come, else what the plan itself says."""
    sure = [step for step in plan.steps if not step.only_if_needed and step.action is not Action.AWAIT_CHANGE]
    return total(estimate_step(store, plan, step) for step in sure) or plan.estimate


def estimate_step(store: Store, plan: Plan, step: Step) -> Estimate | None:
    """For one step. How long a person takes to make a change is never estimated."""
    if step.action is Action.AWAIT_CHANGE:
        return None
    past = store.journal.past(step.action, step.ref.split("/")[1])
    # A request that was refused, or changed nothing, says nothing about how long the work takes.
    proven = [one for one, result in past if became(result) == "done"]
    return estimate(plan.holdings if step.ref == plan.model.ref else None, proven)
