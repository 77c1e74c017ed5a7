"""Campaigns on fakes and a real database: one decision, one model and its proof, then waves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from bot.domain.campaigns import Campaign, CampaignState
from bot.domain.fleet import Holdings
from bot.domain.runs import RunState
from bot.domain.timing import Window
from bot.errors import Refusal
from tests.world import ADA, CHANNEL, GRACE, MEI, NEW, OLD, TOMAS, World, model


async def proposed(world: World, count: int = 5) -> Campaign:
    """A campaign over *count* outdated models; its card is there."""
    world.speech.add(model("sibling", versions=(OLD, NEW)))
    for number in range(count):
        world.speech.add(model(f"m{number}"), Holdings(corpora=1, words=number + 1))
    await world.inventory.refresh()
    judged = [judgement for judgement in world.inventory.judged_now().judgements if judgement.outdated]
    found = await world.campaigns.candidates(judged)
    drafts = [f"{plan.model.ref} {plan.digest}" for plan in found.plans]
    campaign = world.campaigns.propose("V1", drafts, "new base model", ADA, None)
    await world.campaign_teller.tell_all()
    return campaign


def now(world: World, campaign: Campaign) -> Campaign:
    found = world.store.campaigns.get(campaign.id)
    assert found is not None
    return found


def states(world: World, campaign: Campaign) -> list[str]:
    return [run.state.value for run in now(world, campaign).runs]


async def approve(world: World, campaign: Campaign, user: str = GRACE) -> str | None:
    return await world.campaign_decisions.vote(campaign.id, campaign.digest, "approve", user)


async def under_way(world: World, count: int = 5) -> Campaign:
    """An approved campaign whose first model the service works on."""
    campaign = await proposed(world, count)
    assert await approve(world, campaign) is None
    await world.ring(after=4)
    await world.ring(after=4)
    return campaign


async def finish(world: World, *, grow: bool = True, status: str | None = None) -> None:
    """The service ends everything that it works on, and Retune sees it."""
    await world.ring(after=10)
    for one in list(world.speech.kept.values()):
        if one.status == "upgrading":
            world.speech.finish(one.id, grow=grow, status=status)
    await world.ring(after=10)
    await world.ring(after=4)
    await world.ring(after=4)


async def test_one_first_then_waves(world: World):
    """Nothing before the approval; one model and its proof; then two at a time; one card, one thread."""
    campaign = await proposed(world)
    await world.ring(after=5)
    assert world.speech.begun == []
    assert await approve(world, campaign) is None
    await world.ring(after=4)
    await world.ring(after=4)
    assert len(world.speech.begun) == 1
    assert states(world, campaign).count("running") == 1
    await finish(world)
    assert len(world.speech.begun) == 3
    await finish(world)
    assert len(world.speech.begun) == 5
    await finish(world)
    await world.ring(after=4)
    assert states(world, campaign) == ["done"] * 5
    assert now(world, campaign).state is CampaignState.DONE
    prefix = f"campaign:{campaign.id}:"
    assert [said.key for said in world.chat.said] == [f"{prefix}{what}" for what in ("card", "first", "end")]
    card = world.chat.keyed(f"{prefix}card")
    assert card.channel == CHANNEL
    assert card.buttons == []
    assert "5 of 5 models done" in card.text
    end = world.chat.keyed(f"{prefix}end")
    assert end.thread == card.ts
    assert "*done*: 5 of 5" in end.text
    assert f"<@{ADA}>" in end.text
    for number in range(5):
        assert NEW in (world.speech.kept[f"id-m{number}"].versions or ())


async def test_it_stops_at_the_first_failed_proof_and_resumes(world: World):
    """The first ends without a newer version: nothing new starts, the thread asks; resumed, the others go on."""
    campaign = await under_way(world)
    await finish(world, grow=False)
    assert now(world, campaign).state is CampaignState.PAUSED
    assert len(world.speech.begun) == 1
    pause = world.chat.keyed(f"campaign:{campaign.id}:pause:{campaign.runs[0].id}.0")
    assert pause.buttons == ["Resume", "Drop the rest", "Try again…"]
    for _ in range(3):
        await world.ring(after=60)
    assert len(world.speech.begun) == 1
    assert "may not decide" in str(await world.campaign_decisions.wish("resume", campaign.id, MEI))
    assert await world.campaign_decisions.wish("resume", campaign.id, TOMAS) is None
    await world.ring(after=4)
    await world.ring(after=4)
    assert len(world.speech.begun) == 3
    for _ in range(3):
        await finish(world)
    assert sorted(states(world, campaign)) == ["done"] * 4 + ["failed"]
    assert now(world, campaign).state is CampaignState.DONE
    assert "4 of 5" in world.chat.keyed(f"campaign:{campaign.id}:end").text


async def test_the_failed_one_is_tried_again(world: World):
    """An approver tries the failed model again; when it is proven, the resumed campaign owes nobody an excuse."""
    campaign = await under_way(world)
    await finish(world, grow=False)
    failed = next(run for run in now(world, campaign).runs if run.state is RunState.FAILED)
    assert await world.decisions.wish("retry", failed.id, TOMAS) is None
    await world.ring(after=4)
    await finish(world)
    assert world.run(failed.id).state is RunState.DONE
    assert now(world, campaign).state is CampaignState.PAUSED
    assert [said.key.rsplit(":", 2)[1:] for said in world.chat.said if ":pause:" in said.key] == [
        ["pause", f"{failed.id}.0"]
    ]
    assert await world.campaign_decisions.wish("resume", campaign.id, GRACE) is None
    for _ in range(4):
        await finish(world)
    assert states(world, campaign) == ["done"] * 5
    assert now(world, campaign).excused == 0


async def test_every_pause_is_said(world: World):
    """The first fails, is resumed, and one of the wave fails as well: the thread asks again, by another message."""
    campaign = await under_way(world)
    await finish(world, grow=False)
    await world.campaign_decisions.wish("resume", campaign.id, TOMAS)
    await world.ring(after=4)
    await world.ring(after=4)
    await finish(world, grow=False)
    assert now(world, campaign).state is CampaignState.PAUSED
    assert sum(1 for said in world.chat.said if ":pause:" in said.key) == 2


async def test_a_failure_with_nothing_left_ends_it(world: World):
    """The last one fails: there is nothing to resume, so it ends and says what is not upgraded."""
    campaign = await under_way(world, 1)
    await finish(world, grow=False)
    assert now(world, campaign).state is CampaignState.DONE
    end = world.chat.keyed(f"campaign:{campaign.id}:end")
    assert "0 of 1 model upgraded" in end.text
    assert "Not upgraded" in str(end.message.blocks)


async def test_dropping_the_rest(world: World):
    """After a pause somebody leaves the rest: it ends, and nothing of it starts any more."""
    campaign = await under_way(world)
    await finish(world, status="failed", grow=False)
    assert await world.campaign_decisions.wish("drop", campaign.id, GRACE) is None
    await world.ring(after=4)
    assert now(world, campaign).state is CampaignState.DROPPED
    assert states(world, campaign) == ["failed"] + ["cancelled"] * 4
    assert "Already approved" in str(await world.campaign_decisions.wish("resume", campaign.id, GRACE))
    assert world.store.runs.open_for("stt/language/id-m3") is None
    assert "Not upgraded" in str(world.chat.keyed(f"campaign:{campaign.id}:end").message.blocks)


async def test_a_failure_in_a_wave_keeps_what_runs(world: World):
    """Two run when one fails: the other goes to its end, and the third does not start."""
    campaign = await under_way(world)
    await finish(world)
    running = [one.id for one in world.speech.kept.values() if one.status == "upgrading"]
    assert len(running) == 2
    world.speech.finish(running[0], status="failed", grow=False)
    await world.ring(after=10)
    await world.ring(after=4)
    assert now(world, campaign).state is CampaignState.PAUSED
    world.speech.finish(running[1])
    await world.ring(after=10)
    assert sorted(states(world, campaign)) == ["done", "done", "failed", "waiting", "waiting"]


async def test_a_model_that_changed_is_left_out_and_stops_nothing(world: World):
    """Upgraded by hand meanwhile: that one is not started, the others are."""
    campaign = await proposed(world, 3)
    first = campaign.runs[0].plan.model
    world.speech.kept[first.id] = replace(world.speech.kept[first.id], versions=(OLD, NEW))
    await approve(world, campaign)
    for _ in range(4):
        await finish(world)
    assert states(world, campaign) == ["changed", "done", "done"]
    assert len(world.speech.begun) == 2


@pytest.mark.parametrize(("user", "why"), [(ADA, "asked for this campaign yourself"), (MEI, "may not decide")])
async def test_who_may_not_approve(world: World, user: str, why: str):
    """The requester and members without the role hear why; it is recorded, and nothing else changes."""
    campaign = await proposed(world, 2)
    assert why in str(await approve(world, campaign, user))
    assert now(world, campaign).state is CampaignState.WAITING
    assert now(world, campaign).votes == ()


@pytest.mark.parametrize("needed", [1, 2])
async def test_two_approvers_in_the_same_instant(tmp_path, needed: int):
    """Both clicks are judged; one decides, the other hears who was first; with two needed, both count."""
    world = World(tmp_path / "two.db", needed=needed)
    campaign = await proposed(world, 2)
    answers = await asyncio.gather(approve(world, campaign, GRACE), approve(world, campaign, TOMAS))
    assert now(world, campaign).state is CampaignState.RUNNING
    assert len(now(world, campaign).votes) == needed
    assert sum(1 for answer in answers if answer is None) == needed
    world.store.close()


async def test_the_same_form_twice_is_one_campaign(world: World):
    """A second submit of the same form changes nothing; another form finds every model taken."""
    campaign = await proposed(world, 2)
    drafts = [f"{run.plan.model.ref} {run.digest}" for run in campaign.runs]
    assert world.campaigns.propose("V1", drafts, "", ADA, None).id == campaign.id
    with pytest.raises(Refusal, match="another request"):
        world.campaigns.propose("V2", drafts, "", ADA, None)


async def test_expiry_and_reminder(world: World):
    """It reminds once, and ends with all its runs when nobody decides."""
    campaign = await proposed(world, 2)
    await world.ring(after=86400 * 0.8)
    await world.ring(after=4)
    assert world.chat.keyed(f"campaign:{campaign.id}:remind").thread is not None
    await world.ring(after=86400 * 0.2)
    await world.ring(after=4)
    assert now(world, campaign).state is CampaignState.EXPIRED
    assert states(world, campaign) == ["expired", "expired"]
    assert world.store.runs.open_for("stt/language/id-m0") is None
    assert "Nobody decided" in world.chat.keyed(f"campaign:{campaign.id}:end").text


async def test_rejected_and_taken_back(tmp_path):
    """A vote taken back leaves it waiting; a rejection ends it for all its models."""
    world = World(tmp_path / "r.db", needed=2)
    campaign = await proposed(world, 2)
    assert await approve(world, campaign) is None
    assert await world.campaign_decisions.wish("back", campaign.id, GRACE) is None
    assert now(world, campaign).votes == ()
    assert "no vote" in str(await world.campaign_decisions.wish("back", campaign.id, GRACE))
    assert await world.campaign_decisions.vote(campaign.id, campaign.digest, "reject", TOMAS, "not now") is None
    assert now(world, campaign).state is CampaignState.REJECTED
    assert states(world, campaign) == ["rejected", "rejected"]
    await world.ring(after=4)
    assert "not now" in world.chat.keyed(f"campaign:{campaign.id}:end").text
    world.store.close()


async def test_withdrawn(world: World):
    """Only the requester can, and only before it starts."""
    campaign = await proposed(world, 2)
    assert "withdraw" in str(await world.campaign_decisions.wish("withdraw", campaign.id, GRACE))
    assert await world.campaign_decisions.wish("withdraw", campaign.id, ADA) is None
    assert states(world, campaign) == ["withdrawn", "withdrawn"]


async def test_a_crash_in_the_middle(world: World):
    """Killed after the first model was asked for: no second request, and the waves go on."""
    campaign = await under_way(world)
    world.crash()
    await world.ring()
    assert len(world.speech.begun) == 1
    for _ in range(4):
        await finish(world)
    assert states(world, campaign) == ["done"] * 5
    assert len(world.speech.begun) == 5
    assert len([said for said in world.chat.said if said.key.endswith(":card")]) == 1


async def test_a_freeze_holds_the_next_wave(world: World):
    """What runs goes on; the next wave waits, the card says why, and it goes on when the freeze ends."""
    campaign = await under_way(world)
    freeze = world.pauses.freeze("", "audit week", GRACE, world.clock.now().replace(hour=20), world.clock.now())
    await finish(world)
    assert len(world.speech.begun) == 1
    assert states(world, campaign).count("done") == 1
    assert "audit week" in str(world.chat.keyed(f"campaign:{campaign.id}:card").message.blocks)
    world.pauses.end(freeze.id, GRACE, world.clock.now())
    await world.ring(after=4)
    await world.ring(after=4)
    assert len(world.speech.begun) == 3


async def test_a_run_of_a_campaign_has_no_card_of_its_own(world: World):
    """Its vote is the campaign's; nobody can decide on it alone."""
    campaign = await proposed(world, 2)
    run = campaign.runs[0]
    assert "campaign" in str(await world.decisions.vote(run.id, run.digest, "approve", GRACE))
    assert world.run(run.id).state is RunState.WAITING
    assert not [said for said in world.chat.said if said.key.startswith("run:")]


async def test_an_approval_of_one_run_of_it_is_not_taken_back(world: World):
    """The campaign would give it to the run again: the person hears what they can do instead, and it counts."""
    world.window = Window(time(22), time(5), ZoneInfo("UTC"))
    world.store.close()
    world.start()
    campaign = await proposed(world)
    assert await approve(world, campaign) is None
    await world.ring(after=4)
    (released,) = [run for run in now(world, campaign).runs if run.state is RunState.APPROVED]
    heard = str(await world.decisions.wish("take back", released.id, GRACE))
    assert f"approved with campaign {campaign.id}" in heard
    assert "take back" not in await world.decisions.offers(released.id, GRACE)
    assert await world.decisions.wish("cancel", released.id, GRACE) is None
    await world.ring(after=4)
    assert world.run(released.id).state is RunState.CANCELLED
    assert world.speech.begun == []
