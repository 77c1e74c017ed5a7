"""Outcomes: how a step ended and what it proved, and why a run did not start. `messages` makes the sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.changes import Change, Effect
from bot.domain.plans import NoPlan, Plan, WhyNot
from bot.domain.snoozes import Held
from bot.errors import (
    CredentialsRefused,
    ModelBusy,
    ModelDenied,
    ModelGone,
    PlanRefused,
    RequestRefused,
    ServiceError,
)


class StepEnd(StrEnum):
    """How a step ended; the audit has the same words."""

    PROVEN = "proven"
    """The service lists a newer version than before."""
    WORKED = "worked"
    """The service worked on it; no newer version was expected."""
    TRAINED = "trained"
    NO_VERSION = "trained, no newer version shown"
    """Training should have upgraded it. IBM does not say that `versions` grows then, so this is not called an upgrade.
    """
    CHANGED = "changed by a person"
    """A person made the change that the plan asks for."""
    ALREADY_THERE = "already there"
    """Nothing was sent: the service already lists the version."""
    NOT_NEEDED = "not needed"
    """Nothing was sent: no data waits for training."""
    REFUSED = "refused"
    """The service refused the request."""
    UNCHANGED = "nothing changed"
    """The service accepted the request, but nothing changed."""
    BROKEN = "ended by the service"
    """The service ended it with status `failed`."""
    WRONG_STATUS = "wrong status"
    """Nothing was sent: the service would have refused."""
    DELETED = "model deleted"
    NOT_CONFIGURED = "instance not configured"
    NOT_TAKEN = "not taken"
    """The service did not take the request, after several attempts."""
    UNCLEAR = "unclear whether it began"
    """An approver marked it as failed; the service may still have taken the request."""
    UNWATCHED = "no longer watched"
    """An approver stopped watching; the service may still be at work."""


PROOFS = frozenset({StepEnd.PROVEN, StepEnd.ALREADY_THERE})
"""Ends that show the expected newer version."""

NOT_SENT = frozenset({StepEnd.ALREADY_THERE, StepEnd.NOT_NEEDED})
"""Ends of steps without a request."""

PASSED_OVER = frozenset({StepEnd.REFUSED, StepEnd.UNCHANGED})
"""Ends after which the next step may follow, if the plan allows it."""


class FaultKind(StrEnum):
    """Why the service did not do what was asked: it decides who takes the next step."""

    REFUSED = "refused"
    """The model is not ready for it."""
    CREDENTIALS = "credentials"
    ADDRESS = "address"
    PLAN = "plan"
    DENIED = "denied"
    """It says that it does not know a model, and lists it."""
    GONE = "gone"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of the service, as it is stored. *text* is our own sentence, with the status; *transaction* is IBM's."""

    kind: FaultKind
    text: str
    transaction: str | None = None


def fault_of(error: ServiceError) -> Fault:
    """The kind of an error of the service."""
    moved = error.status is not None and (error.status == 404 or 300 <= error.status < 400)
    kinds: dict[type[ServiceError], FaultKind] = {
        CredentialsRefused: FaultKind.CREDENTIALS,
        ModelGone: FaultKind.GONE,
        ModelBusy: FaultKind.BUSY,
        ModelDenied: FaultKind.DENIED,
        PlanRefused: FaultKind.PLAN,
        RequestRefused: FaultKind.ADDRESS if moved else FaultKind.REFUSED,
    }
    kind = next((kind for of, kind in kinds.items() if isinstance(error, of)), FaultKind.UNAVAILABLE)
    return Fault(kind, error.ours, error.transaction)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one step.

    *version* is the newer version that was seen, *status* the model's status then (the service's word), *detail* the
    service's words (untrusted), or who stopped watching or marked it as failed. *fault* is the error that ended it.
    """

    end: StepEnd
    version: str | None = None
    status: str = ""
    detail: str = ""
    fault: Fault | None = None

    @property
    def summary(self) -> str:
        """What is known of it besides its end, for the audit and for files."""
        fault = self.fault
        support = f"(transaction {fault.transaction})" if fault and fault.transaction else ""
        said = f"The answer was: {self.detail}" if fault and self.detail else self.detail
        return self.version or " ".join(filter(None, (fault.text if fault else "", said, support)))


class CauseKind(StrEnum):
    """Why a model was left out of a request, or of one whose plan no longer held."""

    POLICY = "policy not met"
    DIFFERS = "not as approved"
    NO_PLAN = "no plan"
    ELSEWHERE = "changed elsewhere"
    DELETED = "model deleted"
    NOT_CONFIGURED = "instance not configured"
    TOGETHER = "upgraded with another"
    SHARES = "shares a language model"
    IN_REQUEST = "in another request"
    NOT_TRIED_AGAIN = "not tried again"
    """It had failed, and the request ended before its retry."""
    UNREAD = "could not be read"
    ON_HOLD = "on hold"


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause with its facts; the kind decides which are set.

    *fresh* is the plan as it would be now; *other* a model's name; *detail* text from Retune's own errors; *held* the
    models that were on hold.
    """

    kind: CauseKind
    fresh: Plan | None = None
    no_plan: NoPlan | None = None
    change: Change | None = None
    effect: Effect | None = None
    request: int | None = None
    other: str = ""
    detail: str = ""
    held: tuple[Held, ...] = ()

    @property
    def summary(self) -> str:
        """The kind and its facts in a few words, for the audit."""
        facts = [self.other, self.detail, f"request {self.request}" if self.request else ""]
        if self.no_plan is not None:
            facts += [self.no_plan.reason, *self.no_plan.about]
        if self.change is not None:
            facts += [self.change.kind, self.change.new]
        facts += [f"{held.name} by {held.hold.author}" for held in self.held]
        return f"{self.kind}: {', '.join(fact for fact in facts if fact)}".removesuffix(": ")

    @property
    def link_is_missing(self) -> bool:
        """Whether the language model of an acoustic model must be named first."""
        return self.no_plan is not None and self.no_plan.reason is WhyNot.LINK_UNKNOWN


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A requested model that is not in the request."""

    name: str
    cause: Cause
