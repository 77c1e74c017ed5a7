"""Outcomes: how a step ended and what it proved, and why a run was not carried out. Sentences are made when shown."""

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
    """The service worked on it, and no newer version was to come of it."""
    TRAINED = "trained"
    NO_VERSION = "trained, no newer version shown"
    """Training was to upgrade it. IBM does not say that `versions` then grows: no upgrade that anybody could claim."""
    CHANGED = "changed by a person"
    """The change that the plan asked somebody for was made."""
    ALREADY_THERE = "already there"
    """Nothing was sent: the service lists the version already."""
    NOT_NEEDED = "not needed"
    """Nothing was sent: no data waits for training."""
    REFUSED = "refused"
    """The service refused the request in its own words."""
    UNCHANGED = "nothing changed"
    """The service accepted the request, and nothing changed."""
    BROKEN = "ended by the service"
    """The service ended it in the status `failed`."""
    WRONG_STATUS = "wrong status"
    """Nothing was sent: the service would have refused it."""
    DELETED = "model deleted"
    NOT_CONFIGURED = "instance not configured"
    NOT_TAKEN = "not taken"
    """The service did not take the request, several times."""
    UNCLEAR = "unclear whether it began"
    """An approver marked it as failed; the service may still have taken the request."""
    UNWATCHED = "no longer watched"
    """An approver stopped watching; the service may still be at work."""


PROOFS = frozenset({StepEnd.PROVEN, StepEnd.ALREADY_THERE})
"""Ends that show the newer version of a step that was to bring one."""

NOT_SENT = frozenset({StepEnd.ALREADY_THERE, StepEnd.NOT_NEEDED})
"""Ends of steps for which nothing had to be sent."""

PASSED_OVER = frozenset({StepEnd.REFUSED, StepEnd.UNCHANGED})
"""Ends after which the next step follows, where the plan allows that."""


class FaultKind(StrEnum):
    """What is wrong where the service did not do what was asked: it decides who takes the next step."""

    REFUSED = "refused"
    """The model is not fit for it."""
    CREDENTIALS = "credentials"
    ADDRESS = "address"
    PLAN = "plan"
    DENIED = "denied"
    """It says that it does not know a model that it lists."""
    GONE = "gone"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of the service, as it is kept. *text* is our own sentence, with the status; *transaction* is IBM's."""

    kind: FaultKind
    text: str
    transaction: str | None = None


def fault_of(error: ServiceError) -> Fault:
    """What an error of the service is."""
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

    *version* is the newer version that was seen, *status* the model's status then (the service's word), *detail* what
    the service said (foreign), or who stopped watching or marked it as failed. *fault* is the error that ended it.
    """

    end: StepEnd
    version: str | None = None
    status: str = ""
    detail: str = ""
    fault: Fault | None = None

    @property
    def summary(self) -> str:
        """What is known of it beside its end, for the audit and for files."""
        fault = self.fault
        support = f"(transaction {fault.transaction})" if fault and fault.transaction else ""
        said = f"The answer was: {self.detail}" if fault and self.detail else self.detail
        return self.version or " ".join(filter(None, (fault.text if fault else "", said, support)))


class CauseKind(StrEnum):
    """Why a model was left out: of a request that was not made for it, or of one whose plan did not hold any more."""

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
    """It had failed, and somebody ended the request before its turn came again."""
    UNREAD = "could not be read"
    ON_HOLD = "on hold"


@dataclass(frozen=True, slots=True)
class Cause:
    """One such reason with its facts; which of them are there depends on the kind.

    *fresh* is the plan as it would be now; *other* a model's name; *detail* a text of our own error tree; *held* are
    the models that were on hold then.
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
        """The kind and its facts in few words, for the audit."""
        facts = [self.other, self.detail, f"request {self.request}" if self.request else ""]
        if self.no_plan is not None:
            facts += [self.no_plan.reason, *self.no_plan.about]
        if self.change is not None:
            facts += [self.change.kind, self.change.new]
        facts += [f"{held.name} by {held.hold.author}" for held in self.held]
        return f"{self.kind}: {', '.join(fact for fact in facts if fact)}".removesuffix(": ")

    @property
    def link_is_missing(self) -> bool:
        """Whether a person must say first with which language model an acoustic model was trained."""
        return self.no_plan is not None and self.no_plan.reason is WhyNot.LINK_UNKNOWN


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model that was meant and is not in the request."""

    name: str
    cause: Cause
