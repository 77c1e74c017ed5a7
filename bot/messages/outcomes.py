"""How steps ended and what that proves, in sentences. They are made when they are shown, and escaped here."""

from __future__ import annotations

from typing import Literal

from bot.domain.outcomes import NOT_SENT, PASSED_OVER, Outcome, StepEnd
from bot.domain.runs import Run, RunState, StepRecord, StepState
from bot.messages.causes import cause_text
from bot.messages.text import code, escape, listed


def step_sentence(record: StepRecord) -> str:
    """What proved a step, or what ended it and what to do; "" while it is not over."""
    if record.outcome is None:
        return ""
    return _failed(record, record.outcome) if record.state is StepState.FAILED else _done(record, record.outcome)


def _done(record: StepRecord, outcome: Outcome) -> str:
    """A step that is over, so that the next one follows."""
    again = " again" if record.before and record.before.status == outcome.status else ""
    status = f"its status is {escape(outcome.status)}{again}"
    match outcome.end:
        case StepEnd.PROVEN:
            return f"Proof: the service now lists {code(outcome.version or '')} in its versions, and {status}."
        case StepEnd.WORKED:
            return f"The service worked on it, and {status}."
        case StepEnd.NO_VERSION:
            return f"Trained: {status}. The service lists no newer version; IBM does not say that it would."
        case StepEnd.CHANGED:
            return f"A change was made: {status}."
        case StepEnd.ALREADY_THERE:
            return f"Nothing was sent: the service already lists {code(outcome.version or '')} in its versions."
        case StepEnd.NOT_NEEDED:
            return "Nothing was sent: it is available, so no data waits for training."
        case StepEnd.REFUSED:
            return f"The service does not upgrade it this way, so the next step follows. {_said(outcome)}".rstrip()
        case StepEnd.UNCHANGED:
            return "The service accepted it and nothing changed, so the next step follows."
        case _:
            return f"Trained: {status}."


def _failed(record: StepRecord, outcome: Outcome) -> str:
    """A step that ended its run, and what to do."""
    match outcome.end:
        case StepEnd.UNCHANGED:
            return (
                f"The service accepted the request, but nothing changed: {_versions(record)}, status "
                f"{escape(outcome.status)}. It may have been on the newest version already.{_support(record)}"
            )
        case StepEnd.BROKEN:
            said = f" It said: {escape(outcome.detail, 500)}." if outcome.detail else ""
            return (
                f"The service ended it with the status failed.{said} Look for invalid corpora, words or audio, fix "
                f"them, train the model, then ask again.{_support(record)}"
            )
        case StepEnd.WRONG_STATUS:
            return (
                f"Its status is {escape(outcome.status)}; the service upgrades only ready and available models. "
                "Nothing was sent."
            )
        case StepEnd.DELETED:
            return (
                "The instance does not know this model any more; somebody deleted it meanwhile. Nothing is left to "
                "upgrade."
            )
        case StepEnd.NOT_CONFIGURED:
            return "Its instance is not configured any more. Add it to RETUNE_INSTANCES again, then try again."
        case StepEnd.NOT_TAKEN:
            return f"The service did not take the request in {record.attempts} attempts. {_said(outcome)}".rstrip()
        case StepEnd.UNWATCHED:
            return f"{escape(outcome.detail)} stopped watching it. The service may still be working on it."
        case _:
            return _said(outcome) or "The service refused the request."


def _said(outcome: Outcome) -> str:
    return escape(outcome.detail, 900)


def _support(record: StepRecord) -> str:
    return f" IBM support asks for the transaction id: {escape(record.transaction)}." if record.transaction else ""


def _versions(record: StepRecord) -> str:
    had = [code(version) for version in record.before.versions] if record.before else []
    return f"versions {listed(had) or 'none'}"


def became(outcome: Outcome) -> Literal["done", "not needed", "not possible"]:
    """What became of a step that is over."""
    if outcome.end in NOT_SENT:
        return "not needed"
    return "not possible" if outcome.end in PASSED_OVER else "done"


def failure_text(run: Run) -> str:
    """Why a run failed; "" where it did not."""
    if run.state is not RunState.FAILED:
        return ""
    if run.cause is not None:
        return cause_text(run.cause, run.plan.model.name, run)
    record = next((record for record in run.steps if record.state is StepState.FAILED), None)
    return step_sentence(record) if record else ""


def proofs(run: Run) -> str:
    """Everything that was proven on a run's own model."""
    own = (record for record in run.steps if record.step.ref == run.plan.model.ref)
    return " ".join(sentence for record in own if (sentence := step_sentence(record)))
