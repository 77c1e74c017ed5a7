"""App Home: what waits for you, what you asked for, what runs, the fleet at a glance, freezes, last outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.campaigns import Campaign, CampaignState
from bot.domain.fleet import Snapshot
from bot.domain.runs import Run, RunState
from bot.domain.timing import Freeze
from bot.domain.verdicts import Judgement, Verdict, acting_on
from bot.messages.campaign import card_buttons
from bot.messages.campaign import headline as campaign_line
from bot.messages.card import decision_buttons
from bot.messages.freezes import freeze_line
from bot.messages.kit import actions, button, context, divider, header, section
from bot.messages.run import state_line
from bot.messages.text import ago, code
from bot.messages.verdicts import one_line, sign
from bot.ports import Block

EACH = 5
"""Requests shown with their own buttons in one group; App Home holds 100 blocks."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one person's App Home is made of. *decides* are the instances on which *user* may decide."""

    user: str
    decides: frozenset[str]
    judgements: Sequence[Judgement]
    snapshot: Snapshot
    open_runs: Sequence[Run]
    ended: Sequence[Run]
    freezes: Sequence[Freeze]
    campaigns: Sequence[Campaign] = ()


def home(seen: Seen, now: datetime) -> Mapping[str, Any]:
    """One person's App Home; its buttons do what those on the cards do."""
    waiting = [run for run in seen.open_runs if run.state is RunState.WAITING and run.campaign is None]
    mine = [
        run
        for run in waiting
        if run.plan.model.instance in seen.decides and run.requester != seen.user and seen.user not in run.approved_by
    ]
    deciding = [campaign for campaign in seen.campaigns if _waits_for(campaign, seen)]
    asked = [run for run in seen.open_runs if run.requester == seen.user and run.campaign is None]
    running = [run for run in seen.open_runs if run not in mine and run not in asked and run.campaign is None]
    blocks: list[Block] = [header("Waiting for you"), *_campaigns(deciding), *_requests(mine, now, decide=True)]
    if not mine and not deciding:
        blocks.append(section("Nothing. Cards that need your decision appear here and in the channel."))
    if asked:
        blocks += [header("You asked for"), *_requests(asked, now, decide=False)]
    others = [campaign for campaign in seen.campaigns if campaign not in deciding]
    blocks += [header("Waiting and running"), *_campaigns(others), *_requests(running, now, decide=False)]
    if not running and not others:
        blocks.append(section("Nothing else." if mine or asked else "No upgrade is asked for or running."))
    if seen.freezes:
        blocks += [header("Frozen"), *(section(freeze_line(freeze)) for freeze in seen.freezes[:5])]
    blocks += [divider(), header("The fleet"), *_fleet(seen.judgements)]
    if seen.ended:
        lines = "\n".join(f"• {state_line(run, now)}" for run in seen.ended)
        blocks += [divider(), header("Last outcomes"), section(lines)]
    blocks.append(context(*_age(seen.snapshot, now)))
    return {"type": "home", "blocks": blocks}


def _waits_for(campaign: Campaign, seen: Seen) -> bool:
    """Whether this person could decide on a campaign that waits or is paused."""
    if not set(campaign.instances) <= seen.decides:
        return False
    if campaign.state is CampaignState.PAUSED:
        return True
    waits = campaign.state is CampaignState.WAITING
    return waits and campaign.requester != seen.user and seen.user not in campaign.approved_by


def _campaigns(campaigns: Sequence[Campaign]) -> list[Block]:
    blocks: list[Block] = []
    for campaign in campaigns[:EACH]:
        details = button("Details", "campaign-details", str(campaign.id), label=f"Details of campaign {campaign.id}")
        blocks.append(
            section(f"campaign {campaign.id}: {campaign_line(campaign)}, by <@{campaign.requester}>", details)
        )
        if buttons := card_buttons(campaign):
            blocks.append(actions(buttons, block_id=f"campaign:{campaign.id}"))
    return blocks


def _requests(runs: Collection[Run], now: datetime, *, decide: bool) -> list[Block]:
    blocks: list[Block] = []
    for run in list(runs)[:EACH]:
        details = button("Details", "details", str(run.id), label=f"Details of request {run.id}")
        blocks.append(section(state_line(run, now), details))
        if decide:
            blocks.append(actions(decision_buttons(run), block_id=f"decide:{run.id}"))
    if len(runs) > EACH:
        blocks.append(context(f"and {len(runs) - EACH} more: `/stt-runs open` lists all"))
    return blocks


def _fleet(judgements: Sequence[Judgement]) -> list[Block]:
    counts = Counter(j.verdict for j in judgements)
    glance = " · ".join(f"{sign(verdict)}: {counts[verdict]}" for verdict in Verdict if counts[verdict])
    blocks = [section(glance or "No custom models were read yet.")]
    outdated = [j for j in acting_on(judgements) if j.verdict in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED)]
    for judgement in outdated[:10]:
        details = button("Details", "model", judgement.model.ref, label=f"Details of {judgement.model.name}")
        blocks.append(section(one_line(judgement), details))
    if len(outdated) > 10:
        blocks.append(context(f"and {len(outdated) - 10} more: `/stt-models outdated` lists all"))
    blocks.append(actions([button("Refresh", "home:refresh", "now")]))
    return blocks


def _age(snapshot: Snapshot, now: datetime) -> list[str]:
    read = snapshot.read_at
    unread = [code(r.name) for r in snapshot.instances.values() if r.failing_since is not None]
    small = [f"Read {ago(read, now)}." if read else "Being read for the first time."]
    if unread:
        small.append(f":warning: cannot be read: {', '.join(unread)}")
    return small
