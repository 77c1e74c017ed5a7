"""Deciding on campaigns: votes and wishes. A decision must meet the policy of every instance that it touches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Literal, get_args

from bot.domain.approvals import (
    NOBODY,
    Decision,
    Person,
    Policy,
    Reason,
    Vote,
    decide,
    is_approver,
    may_approve,
    may_take_part,
    policy_of,
)
from bot.domain.campaigns import Campaign, CampaignState
from bot.domain.runs import Run, RunState
from bot.flows.electorate import Electorate
from bot.messages import campaign as messages
from bot.messages.proof import shows_no_version
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database

CampaignWish = Literal["resume", "drop", "withdraw", "back"]


class CampaignDecisions:
    """Every click is judged anew; one that does not count is recorded and changes nothing."""

    def __init__(
        self,
        db: Database,
        electorate: Electorate,
        policies: Mapping[str, Policy],
        clock: Clock,
        *,
        wake: Callable[[], None],
    ) -> None:
        self._db = db
        self._store = db.store
        self._electorate = electorate
        self._policies = policies
        self._clock = clock
        self._wake = wake

    def policy(self, instance: str) -> Policy:
        """The instance's policy. One that is not configured any more lets nobody decide."""
        return policy_of(self._policies, instance)

    def strictest(self, campaign: Campaign) -> Policy:
        """The policy of those it must meet that asks for most approvals; for what is shown."""
        policies = [self.policy(instance) for instance in campaign.instances]
        return max(policies, key=lambda policy: policy.needed, default=NOBODY)

    def answer_at_once(self, campaign_id: int, digest: str) -> str | None:
        """What a click hears that can be answered without asking anybody."""
        campaign = self._store.campaigns.get(campaign_id)
        if campaign is None:
            return messages.GONE
        if campaign.digest != digest or campaign.state is not CampaignState.WAITING:
            return messages.decided(campaign, self._clock.now())
        return None

    async def vote(self, campaign_id: int, digest: str, vote: Vote, user: str, reason: str = "") -> str | None:
        """One person's click. None when it counts; otherwise what to tell that person, and nothing has changed.

        It must meet the policy of every instance that the campaign touches.
        """
        refused = self.answer_at_once(campaign_id, digest)
        campaign = self._store.campaigns.get(campaign_id)
        if refused is not None or campaign is None:
            return refused or messages.GONE
        earlier = [voter for voter in campaign.approved_by if voter != user]
        people = await self._people([user, *earlier], campaign)
        now = self._clock.now()
        with self._store.transaction():
            campaign = self._store.campaigns.get(campaign_id)
            assert campaign is not None
            lapsed = [v for v in earlier if not all(self._may(people[i][v], i, campaign) for i in campaign.instances)]
            decision, instance = self._decide(campaign, vote, user, people, lapsed)
            if decision.allowed:
                self._apply(campaign, decision, vote, user, reason, lapsed)
            else:
                self._deny(campaign, vote, decision, user)
        if not decision.allowed:
            return messages.denied(decision.reason, campaign, self.policy(instance), now)
        if decision.state is RunState.APPROVED:
            self._wake()
        return None

    async def would_count(self, campaign_id: int, vote: Vote, user: str) -> str | None:
        """None when a vote would count now; otherwise what to tell the person. A denial is recorded."""
        campaign = self._store.campaigns.get(campaign_id)
        if campaign is None:
            return messages.GONE
        decision, instance = self._decide(campaign, vote, user, await self._people([user], campaign), [])
        if decision.allowed:
            return None
        self._deny(campaign, vote, decision, user)
        return messages.denied(decision.reason, campaign, self.policy(instance), self._clock.now())

    async def wish(self, wish: CampaignWish, campaign_id: int, user: str) -> str | None:
        """Resume, drop the rest, withdraw, take a vote back. None when it counts, else what to tell the person."""
        campaign = self._store.campaigns.get(campaign_id)
        if campaign is None:
            return messages.GONE
        people = await self._people([user], campaign)
        now = self._clock.now()
        with self._store.transaction():
            campaign = self._store.campaigns.get(campaign_id)
            assert campaign is not None
            reason = self._allowed(wish, campaign, user, people)
            if reason is Reason.COUNTS:
                self._fulfil(wish, campaign, user, now)
            else:
                self._deny(campaign, wish, Decision(reason), user)
        if reason is not Reason.COUNTS:
            return messages.denied(reason, campaign, self.policy(campaign.instances[0]), now)
        self._wake()
        return None

    async def offers(self, campaign: Campaign, user: str) -> frozenset[CampaignWish]:
        """What somebody may want of it now; for the buttons that are shown, not for decisions."""
        people = await self._people([user], campaign)
        return frozenset(
            wish for wish in get_args(CampaignWish) if self._allowed(wish, campaign, user, people) is Reason.COUNTS
        )

    async def _people(self, users: Collection[str], campaign: Campaign) -> dict[str, dict[str, Person]]:
        """Everybody as each instance's policy sees them, at this moment."""
        found = {}
        for instance in campaign.instances:
            persons = await self._electorate.persons(users, self.policy(instance))
            found[instance] = {person.id: person for person in persons}
        return found

    def _may(self, person: Person, instance: str, campaign: Campaign) -> bool:
        return may_approve(person, self.policy(instance), team=self._electorate.team, requester=campaign.requester)

    def _decide(
        self, campaign: Campaign, vote: Vote, user: str, people: dict[str, dict[str, Person]], lapsed: list[str]
    ) -> tuple[Decision, str]:
        """The decision that all policies agree on, or the first refusal with the instance whose policy it is."""
        state = RunState.WAITING if campaign.state is CampaignState.WAITING else RunState.APPROVED
        decisions = []
        for instance in campaign.instances:
            decision = decide(
                *(vote, people[instance][user], self.policy(instance)),
                team=self._electorate.team,
                state=state,
                requester=campaign.requester,
                approved_by=[voter for voter in campaign.approved_by if voter not in lapsed],
                expires_at=campaign.expires_at,
                now=self._clock.now(),
            )
            if not decision.allowed:
                return decision, instance
            decisions.append(decision)
        waits = next((decision for decision in decisions if decision.state is RunState.WAITING), None)
        return waits or decisions[0], campaign.instances[0]

    def _apply(
        self, campaign: Campaign, decision: Decision, vote: Vote, user: str, reason: str, lapsed: list[str]
    ) -> None:
        now, campaigns = self._clock.now(), self._store.campaigns
        for voter in lapsed:
            campaigns.void(campaign, voter, "retune", "may not approve any more", now)
        campaigns.vote(campaign, user, vote, reason, now)
        match decision.state:
            case RunState.APPROVED:
                campaigns.move(campaign.id, CampaignState.WAITING, CampaignState.RUNNING, now, by=user)
            case RunState.REJECTED | RunState.WITHDRAWN as ended:
                new = CampaignState.REJECTED if ended is RunState.REJECTED else CampaignState.WITHDRAWN
                campaigns.move(campaign.id, CampaignState.WAITING, new, now, by=user, outcome=reason)
                campaigns.end_waiting(campaign, ended, user, now, reason)

    def _allowed(
        self, wish: CampaignWish, campaign: Campaign, user: str, people: dict[str, dict[str, Person]]
    ) -> Reason:
        person = people[campaign.instances[0]][user]
        member = may_take_part(person, self._electorate.team)
        if member is not Reason.COUNTS:
            return member
        if wish == "withdraw":
            if user != campaign.requester:
                return Reason.NOT_THE_REQUESTER
            return Reason.COUNTS if campaign.state is CampaignState.WAITING else Reason.STARTED
        if wish == "back":
            if campaign.state is not CampaignState.WAITING:
                return Reason.STARTED
            return Reason.COUNTS if user in campaign.approved_by else Reason.NO_VOTE
        if not all(is_approver(people[instance][user], self.policy(instance)) for instance in campaign.instances):
            return Reason.NOT_AN_APPROVER
        fitting = {
            "resume": campaign.state is CampaignState.PAUSED,
            "drop": campaign.state in (CampaignState.PAUSED, CampaignState.RUNNING),
        }
        return Reason.COUNTS if fitting[wish] else Reason.ALREADY_DECIDED

    def _fulfil(self, wish: CampaignWish, campaign: Campaign, user: str, now: datetime) -> None:
        campaigns = self._store.campaigns
        match wish:
            case "withdraw":
                campaigns.move(campaign.id, CampaignState.WAITING, CampaignState.WITHDRAWN, now, by=user)
                campaigns.end_waiting(campaign, RunState.WITHDRAWN, user, now)
            case "back":
                campaigns.void(campaign, user, user, "taken back", now)
            case "resume":
                campaigns.excuse(campaign.id, len(bad(campaign)))
                campaigns.move(campaign.id, CampaignState.PAUSED, CampaignState.RUNNING, now, by=user)
            case "drop":
                campaigns.move(campaign.id, campaign.state, CampaignState.DROPPED, now, by=user)
                campaigns.end_waiting(campaign, RunState.CANCELLED, user, now)
                take_back(self._store, campaign, user, now)

    def _deny(self, campaign: Campaign, what: str, decision: Decision, user: str) -> None:
        now = self._clock.now()
        self._store.audit.note(now, user, "denied", detail=f"campaign {campaign.id}: {what}: {decision.reason}")


def take_back(store: Store, campaign: Campaign, by: str, now: datetime, *, again: bool = False) -> None:
    """Runs that were released and did not start: they wait again after a pause, and end after a drop."""
    for run in campaign.runs:
        if run.state is RunState.APPROVED:
            state = RunState.WAITING if again else RunState.CANCELLED
            store.runs.move(run.id, RunState.APPROVED, state, now, by=by)


def unproven(run: Run) -> bool:
    """Whether a run ended without the proof of a newer version."""
    return run.state is RunState.DONE and shows_no_version(run)


def bad(campaign: Campaign) -> list[int]:
    """Its runs that failed, or that nothing proves."""
    return [run.id for run in campaign.runs if run.state is RunState.FAILED or unproven(run)]
