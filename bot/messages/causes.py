"""Why a model was left out, in words that are escaped already."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.outcomes import Cause, CauseKind, LeftOut
from bot.domain.plans import Difference, Plan, differences
from bot.domain.runs import Run
from bot.messages.changes import outcome
from bot.messages.refusals import no_plan
from bot.messages.text import code, counted, escape, listed


def cause_text(cause: Cause, name: str, run: Run | None = None) -> str:
    """Why the model *name* was left out; *run* is the one that was to upgrade it, where there is one."""
    match cause.kind:
        case CauseKind.POLICY:
            return (
                "The approvals do not meet the policy any more: it asks for more of them now, or somebody who approved "
                "may not do so any longer. Nothing was sent. Ask again for a new decision."
            )
        case CauseKind.DIFFERS if cause.fresh is not None and run is not None:
            return _differs(run.plan, cause.fresh, run.done)
        case CauseKind.NO_PLAN if cause.link_is_missing:
            return f"Say first what it was trained with: press *Trained with…* on `/stt-model {escape(name)}`."
        case CauseKind.NO_PLAN if cause.no_plan is not None:
            return no_plan(cause.no_plan)
        case CauseKind.ELSEWHERE if cause.change is not None and cause.effect is not None and run is not None:
            return escape(outcome(cause.change, cause.effect, run.plan), 600)
        case CauseKind.DELETED:
            return "Its instance does not know it any more; somebody deleted it. Nothing is left to do."
        case CauseKind.NOT_CONFIGURED:
            return "Its instance is not configured any more. Add it to RETUNE_INSTANCES again, then ask again."
        case CauseKind.TOGETHER:
            return f"It is upgraded together with {code(cause.other)}."
        case CauseKind.SHARES:
            return f"It shares a language model with {code(cause.other)}. Ask for it afterwards."
        case CauseKind.IN_REQUEST:
            return f"It is in request {cause.request} already. `/stt-runs {cause.request}` shows it."
        case CauseKind.UNREAD:
            return escape(cause.detail, 500)
        case _:
            return "Something changed since it was approved. Nothing was sent. Ask again to see the new plan."


def _differs(approved: Plan, fresh: Plan, done: int) -> str:
    said = []
    for difference in differences(approved, fresh, done):
        match difference:
            case Difference.VERSIONS:
                have = listed([code(version) for version in fresh.model.versions or ()]) or "none"
                said.append(f"its versions are now {have}")
            case Difference.TARGET:
                said.append(f"the newest version is now {code(fresh.target) if fresh.target else 'not known by name'}")
            case Difference.STEPS:
                said.append(f"it now takes {counted(len(fresh.steps), 'step')} that are not those that were approved")
            case Difference.STATUS:
                waits = "has data that waits for training" if fresh.trains_after else "has no data that waits any more"
                said.append(f"it {waits}")
            case Difference.DATA:
                said.append("it holds other data than when it was approved")
    return f"Since it was approved, {listed(said)}. Nothing was sent. Look at the new plan to decide on it."


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """Models that are not in a request, each with its reason."""
    return [f"• {code(item.name, 60)}: {cause_text(item.cause, item.name)}" for item in left_out]
