"""What proves a step, and what ended it, in sentences for the journal. Plain text: escaped where it is shown."""

from __future__ import annotations

import re
from typing import Literal

from bot.domain.fleet import Model
from bot.domain.plans import TRAININGS, Action
from bot.domain.runs import Progress, Run, StepRecord, gained
from bot.messages.text import listed

_PROOF = "Proof:"
_NOT_SENT = "Nothing was sent"
_WAS_THERE = f"{_NOT_SENT}: the service already lists"
_NOT_THIS_WAY = "The service does not upgrade it this way"
_UNCHANGED = "The service accepted it and nothing changed"


def proven(record: StepRecord, seen: Model) -> str:
    """What the service shows that it did not show before."""
    if record.step.action is Action.AWAIT_CHANGE:
        return "Its status is ready: a change was made."
    before = record.before
    fresh = gained(before, seen) if before else None
    status = f"its status is {seen.status}" + (" again" if before and before.status == seen.status else "")
    if fresh is not None:
        return f"{_PROOF} the service now lists {fresh} in its versions, and {status}."
    if record.step.action in TRAININGS and record.step.expects_version:
        return f"Trained: {status}. The service lists no newer version; IBM does not say that it would."
    if record.step.action in TRAININGS:
        return f"Trained: {status}."
    return f"The service worked on it, and {status}."


_LISTS = re.compile(r"(?:now|already) lists? (\S+) in its versions")


def brought(run: Run) -> str | None:
    """The version that a run proved on its own model, None where it did not, or not yet."""
    for record in reversed(run.steps):
        if record.step.ref == run.plan.model.ref and (found := _LISTS.search(record.result)):
            return found[1]
    return None


def shows_no_version(run: Run) -> bool:
    """Whether a run that should have brought a newer version ended without the service showing one.

    Training upgrades some models, and IBM does not say that `versions` then grows: such an end is no upgrade that
    anybody could claim.
    """
    expecting = [
        record for record in run.steps if record.step.expects_version and record.step.ref == run.plan.model.ref
    ]
    return bool(expecting) and not any(record.result.startswith((_PROOF, _WAS_THERE)) for record in expecting)


def became(result: str) -> Literal["done", "not needed", "not possible"]:
    """What became of a step that is over, from its sentence in the journal."""
    if result.startswith(_NOT_SENT):
        return "not needed"
    return "not possible" if result.startswith((_NOT_THIS_WAY, _UNCHANGED)) else "done"


def done_before(seen: Model) -> str:
    """A step that somebody did by hand meanwhile."""
    return f"{_WAS_THERE} {seen.newest} in its versions."


def refused(text: str) -> str:
    """A step that was allowed to be refused."""
    return f"{_NOT_THIS_WAY}, so the next step follows. {text}"


def no_effect() -> str:
    """A step that was allowed to change nothing."""
    return f"{_UNCHANGED}, so the next step follows."


def trained_before() -> str:
    """A training that is not needed."""
    return f"{_NOT_SENT}: it is available, so no data waits for training."


def ended(progress: Progress, record: StepRecord, seen: Model) -> str:
    """Why a step failed, and what to do."""
    support = f" IBM support asks for the transaction id: {record.transaction}." if record.transaction else ""
    if progress is Progress.FAILED:
        detail = f" It said: {seen.error}." if seen.error else ""
        return (
            f"The service ended it with the status failed.{detail} Look for invalid corpora, words or audio, repair "
            f"them, train the model, then ask again.{support}"
        )
    versions = listed(list(seen.versions or ())) or "none"
    return (
        f"The service accepted the request, but nothing changed: versions {versions}, status {seen.status}. "
        f"It may have been on the newest version already.{support}"
    )


def wrong_status(seen: Model) -> str:
    """The model is in a status in which the service refuses the step."""
    return f"Its status is {seen.status}; the service upgrades only ready and available models. Nothing was sent."


def deleted() -> str:
    """The model disappeared while a step was under way."""
    return "The instance does not know this model any more; somebody deleted it meanwhile. Nothing is left to upgrade."


def gave_up(attempts: int, last: str) -> str:
    """A step whose request the service did not take, several times."""
    return f"The service did not take the request in {attempts} attempts. {last}".strip()
