"""Campaigns: several runs decided together. One first, with its proof; then the rest in waves; a failure stops them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.plans import Plan
from bot.domain.runs import OPEN, Run, RunState, VoteRecord

MOST = 50
"""Models in one campaign: what a form can list and a card can show, a line for each."""


class CampaignState(StrEnum):
    """Where a campaign is."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    """An upgrade failed or could not be proven; nothing new starts until somebody decides."""
    DONE = "done"
    DROPPED = "dropped"
    """Somebody ended it early; what ran went to its end."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


OPEN_CAMPAIGNS = frozenset({CampaignState.WAITING, CampaignState.RUNNING, CampaignState.PAUSED})

CAMPAIGN_FOLLOWS: Mapping[CampaignState, frozenset[CampaignState]] = {
    CampaignState.WAITING: frozenset(
        {CampaignState.RUNNING, CampaignState.REJECTED, CampaignState.WITHDRAWN, CampaignState.EXPIRED}
    ),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.DONE, CampaignState.DROPPED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.DROPPED}),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model that was meant and is not in the campaign, and why, in a sentence."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """Several runs with one decision, one card and one thread.

    *excused* is how many failures somebody saw and went on after. *digest* changes with any of the plans. *voters* is
    how many people could approve it when it was asked for, None while nobody has looked.
    """

    id: int
    digest: str
    state: CampaignState
    requester: str
    why: str
    requested_at: datetime
    expires_at: datetime
    channel: str
    decided_by: str | None
    decided_at: datetime | None
    ended_at: datetime | None
    outcome: str
    excused: int
    version: int
    left_out: tuple[LeftOut, ...]
    runs: tuple[Run, ...]
    votes: tuple[VoteRecord, ...]
    voters: int | None = None
    remind_at: datetime | None = None
    reminded: bool = False

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Whose approvals count."""
        return tuple(vote.voter for vote in self.votes if vote.vote == "approve")

    @property
    def instances(self) -> tuple[str, ...]:
        """The instances whose policies it must meet."""
        return tuple(sorted({run.plan.model.instance for run in self.runs}))


def together(plans: Iterable[Plan]) -> tuple[tuple[Plan, ...], tuple[LeftOut, ...]]:
    """The plans that can be one campaign, in the order in which they start, and those that cannot.

    The quickest comes first: its proof is what the others wait for. A model that another plan upgrades on its way is
    not upgraded twice; of two acoustic models with the same outdated language model, the second waits for another
    request.
    """
    wanted = sorted(plans, key=lambda plan: (plan.model.kind == "language", plan.model.name.casefold()))
    taken: dict[str, Plan] = {}
    chosen: list[Plan] = []
    left_out: list[LeftOut] = []
    for plan in wanted:
        touches = {step.ref for step in plan.steps} | {plan.model.ref}
        holder = next((taken[ref] for ref in sorted(touches) if ref in taken), None)
        if holder is None:
            chosen.append(plan)
            taken.update(dict.fromkeys(touches, plan))
        elif plan.model.ref in taken:
            left_out.append(LeftOut(plan.model.name, f"It is upgraded together with {holder.model.name}."))
        else:
            left_out.append(
                LeftOut(plan.model.name, f"It shares a language model with {holder.model.name}. Ask for it afterwards.")
            )
    chosen.sort(key=lambda plan: (len(plan.steps), plan.estimate.low if plan.estimate else 0.0, plan.model.name))
    return tuple(chosen), tuple(left_out)


class Move(StrEnum):
    """What a running campaign does next."""

    WAIT = "wait"
    RELEASE = "release"
    PAUSE = "pause"
    FINISH = "finish"


def next_move(campaign: Campaign, unproven: Collection[int], parallel: int) -> tuple[Move, tuple[Run, ...]]:
    """What comes next in a running campaign, and the runs that it is about.

    *unproven* are runs that ended without the proof of a newer version. Until one run is proven only one is under
    way; then at most *parallel* on each instance.
    """
    bad = tuple(run for run in campaign.runs if run.state is RunState.FAILED or run.id in unproven)
    waiting = [run for run in campaign.runs if run.state is RunState.WAITING]
    if waiting and len(bad) > campaign.excused:  # with nothing left to hold back there is nothing to decide
        return Move.PAUSE, bad
    under_way = [run for run in campaign.runs if run.state in OPEN and run.state is not RunState.WAITING]
    if not waiting:
        return (Move.WAIT, ()) if under_way else (Move.FINISH, ())
    proven = any(run.state is RunState.DONE and run.id not in unproven for run in campaign.runs)
    if not proven and not campaign.excused:
        return (Move.WAIT, ()) if under_way else (Move.RELEASE, (waiting[0],))
    busy = Counter(run.plan.model.instance for run in under_way)
    released = []
    for run in waiting:
        if busy[run.plan.model.instance] < parallel:
            busy[run.plan.model.instance] += 1
            released.append(run)
    return (Move.RELEASE, tuple(released)) if released else (Move.WAIT, ())
