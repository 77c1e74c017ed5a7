"""`/stt-upgrade outdated [filters]`: many models, one decision. The form, the card's buttons, the details."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, get_args

from bot.domain.campaigns import MOST, Campaign
from bot.domain.timing import LATEST
from bot.domain.verdicts import Verdict, acting_on
from bot.errors import Refusal, RetuneError
from bot.flows.campaign_deciding import CampaignWish
from bot.messages import campaign_form as forms
from bot.messages.campaign import GONE
from bot.messages.freezes import freeze_line
from bot.messages.refusals import private
from bot.messages.request import LATER, WHY, Wanted, refused, wanted
from bot.messages.text import escape
from bot.ports import Message, Place
from commands.decide import split
from commands.desk import Answer, Ask, Desk
from commands.models import fits
from commands.upgrade import QUICK, errors, later_start, moment_of, value_of

WISHES: Mapping[str, CampaignWish] = {wish: wish for wish in get_args(CampaignWish)}


async def several(ask: Ask, desk: Desk) -> Answer:
    """Opens the form with every outdated model that fits the filters."""
    ask, later = await later_start(ask, desk)
    filters = ask.text.split()[1:]
    judged = await desk.inventory.read_once()
    found = [
        judgement
        for judgement in acting_on(judged.judgements)
        if judgement.verdict in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED)
        and all(fits(judgement, word) for word in filters)
    ]
    if not found:
        said = f" that fits “{escape(' '.join(filters))}”" if filters else ""
        return private(f"No custom model{said} is outdated. `/stt-models outdated` lists those that are.", warn=False)
    trigger = ask.trigger
    if trigger is None:
        raise Refusal("A mention cannot open the form. Type /stt-upgrade outdated in a channel.")

    async def work() -> Message | None:
        view_id = await desk.windows.open(trigger, forms.reading(len(found)))
        try:
            await desk.requests.may_ask(ask.user)
            candidates = await desk.campaigns.candidates(found)
        except RetuneError as error:
            await desk.windows.update(view_id, refused(f":warning: {escape(error.text, 2000)}"))
            return None
        what = Wanted(ask.place.channel, later)
        notes = "\n".join(freeze_line(freeze) for freeze in desk.pauses.holding(desk.clock.now())[:5])
        view = (
            forms.form(candidates.plans, candidates.cannot, what, len(found) - MOST, notes)
            if candidates.plans
            else forms.nothing(candidates.cannot)
        )
        await desk.windows.update(view_id, view)
        return None

    return work


async def submitted(user: str, view: Mapping[str, Any], desk: Desk) -> dict[str, Any] | None:
    """The form was sent: the campaign is written before Slack hears that we took it, the card follows."""
    what, _ = wanted(f"{view['private_metadata']} ")
    chosen = [
        option["value"]
        for block, values in view["state"]["values"].items()
        if block.startswith(forms.MODELS)
        for option in next(iter(values.values())).get("selected_options") or []
    ]
    if not chosen:
        return errors(f"{forms.MODELS}0", "Choose at least one model.")
    later = moment_of(view, LATER)
    if later is not None and later <= desk.clock.now():
        return errors(LATER, "That moment is over already. Choose one to come, or leave it empty.")
    if later is not None and later > desk.clock.now() + LATEST:
        return errors(LATER, "That is more than a year away. Choose an earlier moment, or leave it empty.")
    why = str(value_of(view, WHY) or "").strip()
    try:
        await asyncio.wait_for(desk.requests.may_ask(user), QUICK)
        campaign = desk.campaigns.propose(str(view["id"]), chosen, why, user, later)
    except TimeoutError:
        return errors(WHY, "Slack does not answer just now. Press Ask again in a moment.")
    except RetuneError as error:
        return errors(WHY, error.text)
    desk.background.spawn(_post(campaign, user, what.channel, desk), f"card of campaign {campaign.id}")
    return None


async def _post(campaign: Campaign, user: str, origin: str, desk: Desk) -> None:
    await desk.campaign_teller.tell_all()
    shown = desk.store.messages.get(f"campaign:{campaign.id}:card")
    if shown is None or shown.ts is None:
        text = (
            f"Your campaign {campaign.id} is kept, but its card cannot be posted in <#{campaign.channel}> just now. "
            "Retune keeps trying. If the bot is not in that channel, invite it there: `/invite @retune`."
        )
        await desk.chat.whisper(Place(user, origin), private(text))
    elif origin != campaign.channel:
        text = f"Asked: the card of campaign {campaign.id} is in <#{campaign.channel}>."
        await desk.chat.whisper(Place(user, origin), private(text, warn=False))


def approve(ask: Ask, desk: Desk) -> Answer:
    """A click on Approve; the button's value is the campaign and the digest of what it shows."""
    campaign_id, digest = split(ask.text)
    refusal = desk.campaign_decisions.answer_at_once(campaign_id, digest)
    if refusal is not None:
        return private(refusal)

    async def work() -> Message | None:
        answer = await desk.campaign_decisions.vote(campaign_id, digest, "approve", ask.user)
        await desk.campaign_teller.tell_all()
        return None if answer is None else private(answer)

    return work


def reject(ask: Ask, desk: Desk) -> Answer:
    """A click on Reject asks why; the vote counts when the answer comes."""
    campaign_id, digest = split(ask.text)
    refusal = desk.campaign_decisions.answer_at_once(campaign_id, digest)
    campaign = desk.store.campaigns.get(campaign_id)
    if refusal is not None or campaign is None:
        return private(refusal or GONE)
    trigger, value = ask.trigger or "", ask.text

    async def work() -> Message | None:
        answer = await desk.campaign_decisions.would_count(campaign_id, "reject", ask.user)
        if answer is not None:
            return private(answer)
        await desk.windows.open(trigger, forms.reject(value, campaign))
        return None

    return work


async def rejected(user: str, view: Mapping[str, Any], desk: Desk) -> dict[str, Any] | None:
    """The reason came: the vote counts now, if it still may."""
    campaign_id, digest = split(str(view["private_metadata"]))
    why = str(value_of(view, WHY) or "").strip()
    try:
        answer = await asyncio.wait_for(desk.campaign_decisions.vote(campaign_id, digest, "reject", user, why), QUICK)
    except TimeoutError:
        return errors(WHY, "Slack does not answer just now. Press Reject again in a moment.")
    except RetuneError as error:
        return errors(WHY, error.text)
    desk.background.spawn(desk.campaign_teller.tell_all(), "card of a campaign")
    return None if answer is None else {"response_action": "update", "view": refused(answer)}


def details(ask: Ask, desk: Desk) -> Answer:
    """Opens what the card leaves out, with the buttons that this person may press."""
    campaign_id, trigger = int(ask.text) if ask.text.isdigit() else 0, ask.trigger
    if trigger is None or desk.store.campaigns.get(campaign_id) is None:
        raise Refusal(GONE)

    async def work() -> Message | None:
        view_id = await desk.windows.open(trigger, forms.reading(0))
        await desk.windows.update(view_id, await _details(campaign_id, ask.user, desk))
        return None

    return work


def wish(ask: Ask, desk: Desk) -> Answer:
    """Resume, drop the rest, withdraw, take a vote back: the button's value is the wish and the campaign."""
    word, _, number = ask.text.partition(" ")
    wish_: CampaignWish | None = WISHES.get(word)
    if wish_ is None or not number.isdigit():
        raise Refusal(GONE)

    async def work() -> Message | None:
        answer = await desk.campaign_decisions.wish(wish_, int(number), ask.user)
        await desk.campaign_teller.tell_all()
        if ask.view is None:
            return None if answer is None else private(answer)
        await desk.windows.update(ask.view, await _details(int(number), ask.user, desk, answer or ""))
        return None

    return work


async def _details(campaign_id: int, user: str, desk: Desk, answer: str = "") -> Mapping[str, Any]:
    campaign = desk.store.campaigns.get(campaign_id)
    if campaign is None:
        raise Refusal(GONE)
    return forms.details(campaign, await desk.campaign_decisions.offers(campaign, user), answer)
