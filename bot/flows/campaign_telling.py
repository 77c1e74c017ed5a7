"""Telling campaigns: one card, edited as its models go on, and a thread that speaks only of what matters."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.domain.campaigns import Campaign
from bot.errors import ChatError
from bot.flows.campaign_deciding import CampaignDecisions
from bot.flows.campaigning import Campaigns
from bot.flows.freezes import Pauses
from bot.flows.telling import Teller
from bot.messages.campaign import tellings
from bot.ports import Clock
from bot.store.database import Database

log = logging.getLogger(__name__)

REST = timedelta(seconds=30)
"""How long a campaign is left alone after Slack refused to show it."""


class CampaignTeller:
    """Brings cards and threads of campaigns up to date, after a change as after a crash."""

    def __init__(
        self,
        db: Database,
        teller: Teller,
        campaigns: Campaigns,
        decisions: CampaignDecisions,
        pauses: Pauses,
        clock: Clock,
    ) -> None:
        self._db = db
        self._store = db.store
        self._teller = teller
        self._campaigns = campaigns
        self._decisions = decisions
        self._pauses = pauses
        self._clock = clock
        self._resting: dict[int, datetime] = {}
        self._at_work: set[int] = set()

    async def tell_all(self) -> None:
        """Every campaign of which Slack does not show the present state."""
        now = self._clock.now()
        for campaign_id, number in self._store.campaigns.untold():
            if campaign_id not in self._at_work and self._resting.get(campaign_id, now) <= now:
                self._at_work.add(campaign_id)
                try:
                    await self._tell(campaign_id, number)
                finally:
                    self._at_work.discard(campaign_id)

    async def _tell(self, campaign_id: int, number: int) -> None:
        campaign = self._store.campaigns.get(campaign_id)
        if campaign is None:
            return
        await self._campaigns.look_for_voters(campaign)
        campaign = self._store.campaigns.get(campaign_id) or campaign
        try:
            complete = await self._show(campaign)
        except ChatError as error:
            self._resting[campaign_id] = self._clock.now() + REST
            log.warning("Slack does not show campaign %s: %s", campaign_id, error.text)
            return
        if complete:
            self._resting.pop(campaign_id, None)
            self._store.campaigns.told(campaign_id, number)

    async def _show(self, campaign: Campaign) -> bool:
        now = self._clock.now()
        wait = next((held for run in campaign.runs if (held := self._pauses.wait(run, now)) is not None), None)
        complete = True
        card: str | None = None
        for telling in tellings(campaign, self._decisions.strictest(campaign), wait):
            if telling.threaded and card is None:
                return False
            thread = card if telling.threaded else None
            if telling.lasting:
                shown = await self._teller.post(telling.key, campaign.channel, telling.message, thread)
            else:
                shown = await self._teller.keep(telling.key, campaign.channel, telling.message)
            complete = complete and shown is not None
            if not telling.threaded:
                known = self._store.messages.get(telling.key)
                card = shown or (known.ts if known else None)
        return complete
