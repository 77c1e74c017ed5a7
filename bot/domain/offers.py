"""Offers: the models that a form shows with a checkbox each, and which of them can go at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.links import LinkChoice
from bot.domain.plans import Action, Plan
from bot.domain.snoozes import Held
from bot.domain.verdicts import Judgement

OPEN = "?"
"""In place of a digest in the key of an offer without a plan: the question is still open."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that a form offers.

    *key* is the key of its *plan*; without one, *link* is the open question. *held* are the models on hold among those
    it would change; *link* is also there where the answer can be corrected.
    """

    key: str
    judgement: Judgement
    plan: Plan | None
    held: tuple[Held, ...] = ()
    link: LinkChoice | None = None

    @property
    def by_hand(self) -> bool:
        """Whether a person must make a change first."""
        return self.plan is not None and by_hand(self.plan)

    @property
    def goes_at_once(self) -> bool:
        """Whether nothing stands in its way: no person, no hold, no open question."""
        return self.plan is not None and not self.held and not self.by_hand


def by_hand(plan: Plan) -> bool:
    """Whether a plan waits for a change that a person makes."""
    return any(step.action is Action.AWAIT_CHANGE for step in plan.steps)


def open_key(ref: str) -> str:
    """The key of an offer without a plan."""
    return f"{ref} {OPEN}"


def ref_of(key: str) -> str:
    """The reference of the model of an offer with that key."""
    return key.rpartition(" ")[0]


def ready(offers: Sequence[Offer]) -> list[Plan]:
    """The plans of those that can go at once, in their order."""
    return [offer.plan for offer in offers if offer.plan is not None and offer.goes_at_once]
