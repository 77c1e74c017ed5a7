"""Campaigns: many models, one decision; then one model and its proof, then waves, until all are done or one fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.campaigns import MOST, Campaign, CampaignState, LeftOut, Move, next_move, together
from bot.domain.plans import Plan, WhyNot
from bot.domain.runs import RunState
from bot.domain.timing import reminder_at
from bot.domain.verdicts import Judgement
from bot.errors import ChatError, Refusal, RetuneError
from bot.flows.campaign_deciding import CampaignDecisions, take_back, unproven
from bot.flows.electorate import Electorate
from bot.flows.requests import Requests
from bot.messages import campaign as messages
from bot.messages.refusals import no_plan
from bot.messages.text import escape
from bot.ports import Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

AT_ONCE = 6
"""Models that are read at the same time while a campaign is planned: a service answers a few well, dozens badly."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a campaign could hold, in the order in which it would start, and what it could not, with the reason."""

    plans: tuple[Plan, ...]
    cannot: tuple[LeftOut, ...]


class Campaigns:
    """Finds what can be one, writes it down, and takes it from wave to wave."""

    def __init__(
        self,
        db: Database,
        requests: Requests,
        decisions: CampaignDecisions,
        electorate: Electorate,
        clock: Clock,
        *,
        parallel: int,
        wake: Callable[[], None],
    ) -> None:
        self._db = db
        self._store = db.store
        self._requests = requests
        self._decisions = decisions
        self._electorate = electorate
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
        ttl = min(self._decisions.policy(plan.model.instance).ttl for plan in known)
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
        policies = [self._decisions.policy(instance) for instance in campaign.instances]
        try:
            counts = [await self._electorate.count(policy, campaign.requester) for policy in policies]
            zones = await self._electorate.zones(policies[0], self._requests.zone)
        except ChatError as error:
            log.warning("who could approve campaign %s is not known: %s", campaign.id, error.text)
            return
        remind_at = reminder_at(campaign.requested_at, campaign.expires_at, zones)
        needed = max(policy.needed for policy in policies)
        self._store.campaigns.voters(campaign.id, min(counts), needed, remind_at)

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
        move, runs = next_move(campaign, {run.id for run in campaign.runs if unproven(run)}, self._parallel)
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
                    take_back(self._store, campaign, "retune", now, again=True)
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
                self._store.votes.vote(run, vote.voter, "approve", f"campaign {campaign.id}", vote.at)
        by = campaign.decided_by or "retune"
        self._store.runs.move(run.id, RunState.WAITING, RunState.APPROVED, now, by=by)


def _escaped(left_out: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """The reasons name models: foreign text."""
    return tuple(LeftOut(item.name, escape(item.why)) for item in left_out)
