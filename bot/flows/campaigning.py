"""Campaigns: many models, one decision; then one model and its proof, then waves, until all are done or one fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from bot.domain.approvals import Decision, Person, Policy, Reason, Vote, can_approve, decide, is_approver, may_take_part
from bot.domain.campaigns import MOST, Campaign, CampaignState, LeftOut, Move, next_move, together
from bot.domain.plans import Plan, WhyNot
from bot.domain.runs import Run, RunState
from bot.domain.timing import reminder_at
from bot.domain.verdicts import Judgement
from bot.errors import ChatError, Refusal, RetuneError
from bot.flows.electorate import Electorate
from bot.flows.requests import Requests
from bot.messages import campaign as messages
from bot.messages.proof import shows_no_version
from bot.messages.refusals import no_plan
from bot.messages.text import escape
from bot.ports import Clock
from bot.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 6
"""Models that are read at the same time while a campaign is planned: a service answers a few well, dozens badly."""

CampaignWish = Literal["resume", "drop", "withdraw", "back"]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a campaign could hold, in the order in which it would start, and what it could not, with the reason."""

    plans: tuple[Plan, ...]
    cannot: tuple[LeftOut, ...]


class Campaigns:
    """Everything about campaigns but their messages."""

    def __init__(
        self,
        store: Store,
        requests: Requests,
        electorate: Electorate,
        policies: Mapping[str, Policy],
        clock: Clock,
        *,
        parallel: int,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._requests = requests
        self._electorate = electorate
        self._policies = policies
        self._clock = clock
        self._parallel = parallel
        self._wake = wake

    async def candidates(self, judgements: Sequence[Judgement]) -> Candidates:
        """Reads and plans each of these models; what cannot be planned says why, and stops no other."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(judgement: Judgement) -> Plan | LeftOut:
            name = judgement.model.name
            try:
                async with gate:
                    prepared = await self._requests.prepare(judgement.model.ref)
            except RetuneError as error:
                return LeftOut(name, escape(error.text, 500))
            if prepared.run is not None:
                return LeftOut(name, f"It is in request {prepared.run.id} already.")
            if isinstance(prepared.outlook, Plan):
                return prepared.outlook
            if prepared.outlook.reason is WhyNot.LINK_UNKNOWN:
                return LeftOut(name, messages.link_first(name))
            return LeftOut(name, no_plan(prepared.outlook))

        found = await asyncio.gather(*(one(judgement) for judgement in judgements[:MOST]))
        plans, overlapping = together(item for item in found if isinstance(item, Plan))
        cannot = [item for item in found if isinstance(item, LeftOut)]
        return Candidates(plans, (*_escaped(overlapping), *cannot))

    def propose(
        self, request: str, drafts: Iterable[str], why: str, user: str, not_before: datetime | None
    ) -> Campaign:
        """Writes the campaign that a submitted form asks for; *drafts* are keys of plans. Raises `Refusal`."""
        plans = [self._store.runs.drafted(draft) for draft in drafts]
        known = [plan for plan in plans if plan is not None]
        if len(known) < len(plans) or not known:
            raise Refusal("That form is too old. Ask again with /stt-upgrade outdated.")
        now = self._clock.now()
        ttl = min(self._policy(plan.model.instance).ttl for plan in known)
        chosen, left_out = together(known)
        found = self._store.campaigns.propose(
            *(
                request,
                chosen,
                _escaped(left_out),
                user,
                why,
                self._requests.channel,
                now,
                now + timedelta(seconds=ttl),
            ),
            not_before,
        )
        if found is None:
            raise Refusal("Every one of these models is in another request meanwhile. /stt-runs open shows them.")
        return found

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
            return messages.denied(decision.reason, campaign, self._policy(instance), now)
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
        return messages.denied(decision.reason, campaign, self._policy(instance), self._clock.now())

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
            return messages.denied(reason, campaign, self._policy(campaign.instances[0]), now)
        self._wake()
        return None

    def ring(self) -> None:
        """Lets every open campaign take its next step. Cheap when there is none: one indexed read."""
        now = self._clock.now()
        for campaign in self._store.campaigns.open():
            if campaign.state is CampaignState.WAITING:
                self._watch(campaign, now)
            elif campaign.state is CampaignState.RUNNING:
                self._advance(campaign, now)

    async def look_for_voters(self, campaign: Campaign) -> None:
        """Writes how many people could approve it and when to remind them; Slack's troubles put it off."""
        if campaign.voters is not None or campaign.state is not CampaignState.WAITING:
            return
        policies = [self._policy(instance) for instance in campaign.instances]
        try:
            counts = [await self._electorate.count(policy, campaign.requester) for policy in policies]
            zones = await self._electorate.zones(policies[0], self._requests.zone)
        except ChatError as error:
            log.warning("who could approve campaign %s is not known: %s", campaign.id, error.text)
            return
        remind_at = reminder_at(campaign.requested_at, campaign.expires_at, zones)
        needed = max(policy.needed for policy in policies)
        self._store.campaigns.voters(campaign.id, min(counts), needed, remind_at)

    async def offers(self, campaign: Campaign, user: str) -> frozenset[CampaignWish]:
        """What somebody may want of it now; for the buttons that are shown, not for decisions."""
        people = await self._people([user], campaign)
        return frozenset(
            wish for wish in get_args(CampaignWish) if self._allowed(wish, campaign, user, people) is Reason.COUNTS
        )

    def strictest(self, campaign: Campaign) -> Policy:
        """The policy of those it must meet that asks for most approvals; for what is shown."""
        policies = [self._policy(instance) for instance in campaign.instances]
        return max(policies, key=lambda policy: policy.needed, default=Policy((), 1, False, 0))

    def _policy(self, instance: str) -> Policy:
        return self._policies.get(instance) or Policy((), 1, False, 0)

    async def _people(self, users: Collection[str], campaign: Campaign) -> dict[str, dict[str, Person]]:
        """Everybody as each instance's policy sees them, at this moment."""
        found = {}
        for instance in campaign.instances:
            persons = await self._electorate.persons(users, self._policy(instance))
            found[instance] = {person.id: person for person in persons}
        return found

    def _may(self, person: Person, instance: str, campaign: Campaign) -> bool:
        policy = self._policy(instance)
        return can_approve(policy, [person], team=self._electorate.team, requester=campaign.requester) == 1

    def _decide(
        self, campaign: Campaign, vote: Vote, user: str, people: dict[str, dict[str, Person]], lapsed: list[str]
    ) -> tuple[Decision, str]:
        """The decision that all policies agree on, or the first refusal with the instance whose policy it is."""
        state = RunState.WAITING if campaign.state is CampaignState.WAITING else RunState.APPROVED
        decisions = []
        for instance in campaign.instances:
            decision = decide(
                *(vote, people[instance][user], self._policy(instance)),
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
        if not all(is_approver(people[instance][user], self._policy(instance)) for instance in campaign.instances):
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
                campaigns.excuse(campaign.id, len(_bad(campaign)))
                campaigns.move(campaign.id, CampaignState.PAUSED, CampaignState.RUNNING, now, by=user)
            case "drop":
                campaigns.move(campaign.id, campaign.state, CampaignState.DROPPED, now, by=user)
                campaigns.end_waiting(campaign, RunState.CANCELLED, user, now)
                self._take_back(campaign, user, now)

    def _deny(self, campaign: Campaign, what: str, decision: Decision, user: str) -> None:
        now = self._clock.now()
        self._store.audit.note(now, user, "denied", detail=f"campaign {campaign.id}: {what}: {decision.reason}")

    def _watch(self, campaign: Campaign, now: datetime) -> None:
        if now >= campaign.expires_at:
            text = "Nobody decided in time. Ask again when somebody is there who may approve."
            with self._store.transaction():
                self._store.campaigns.end_waiting(campaign, RunState.EXPIRED, "retune", now)
                states = (CampaignState.WAITING, CampaignState.EXPIRED)
                self._store.campaigns.move(campaign.id, *states, now, by="retune", outcome=text)
        elif campaign.remind_at is not None and not campaign.reminded and now >= campaign.remind_at:
            self._store.campaigns.remind(campaign.id)

    def _advance(self, campaign: Campaign, now: datetime) -> None:
        """The next wave, a pause after a failure, or the end."""
        move, runs = next_move(campaign, {run.id for run in campaign.runs if _unproven(run)}, self._parallel)
        campaigns = self._store.campaigns
        with self._store.transaction():
            match move:
                case Move.RELEASE:
                    for run in runs:
                        self._release(campaign, run.id, now)
                case Move.PAUSE:
                    names = ", ".join(run.plan.model.name for run in runs)
                    text = f"Not proven: {names}. Nothing new starts until somebody decides."
                    campaigns.move(
                        campaign.id, CampaignState.RUNNING, CampaignState.PAUSED, now, by="retune", outcome=text
                    )
                    self._take_back(campaign, "retune", now, again=True)
                case Move.FINISH:
                    campaigns.move(campaign.id, CampaignState.RUNNING, CampaignState.DONE, now, by="retune")
                case Move.WAIT:
                    pass
        if move is Move.RELEASE:
            self._wake()

    def _release(self, campaign: Campaign, run_id: int, now: datetime) -> None:
        """Hands one run to the runner, with the approvals that the campaign got."""
        run = self._store.runs.get(run_id)
        if run is None or run.state is not RunState.WAITING:
            return
        for vote in campaign.votes:
            if vote.vote == "approve":
                self._store.runs.vote(run, vote.voter, "approve", f"campaign {campaign.id}", vote.at)
        by = campaign.decided_by or "retune"
        self._store.runs.move(run.id, RunState.WAITING, RunState.APPROVED, now, by=by)

    def _take_back(self, campaign: Campaign, by: str, now: datetime, *, again: bool = False) -> None:
        """Runs that were released and did not start: they wait again after a pause, and end after a drop."""
        for run in campaign.runs:
            if run.state is RunState.APPROVED:
                state = RunState.WAITING if again else RunState.CANCELLED
                self._store.runs.move(run.id, RunState.APPROVED, state, now, by=by)


def _escaped(left_out: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """The reasons name models: foreign text."""
    return tuple(LeftOut(item.name, escape(item.why)) for item in left_out)


def _unproven(run: Run) -> bool:
    return run.state is RunState.DONE and shows_no_version(run)


def _bad(campaign: Campaign) -> list[int]:
    return [run.id for run in campaign.runs if run.state is RunState.FAILED or _unproven(run)]
