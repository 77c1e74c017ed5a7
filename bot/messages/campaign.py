"""A campaign in Slack: one card with a line for each model, and a thread with the first proof, pauses and the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.approvals import Policy, Reason
from bot.domain.campaigns import OPEN_CAMPAIGNS, Campaign, CampaignState, LeftOut
from bot.domain.runs import Run, RunState
from bot.domain.timing import Wait
from bot.messages.card import people, wait_text
from bot.messages.ending import retry_button
from bot.messages.kit import actions, button, confirm, context, section, sections
from bot.messages.proof import brought, shows_no_version
from bot.messages.refusals import approvers
from bot.messages.refusals import denied as denied_run
from bot.messages.run import Telling
from bot.messages.text import ago, code, counted, escape, listed, moment, plain, version
from bot.ports import Block, Message

GONE = "That campaign is not known any more. Ask again with `/stt-upgrade outdated`."

_LINES = {
    RunState.WAITING: ":white_circle: to come",
    RunState.APPROVED: ":white_check_mark: starts next",
    RunState.RUNNING: ":hourglass_flowing_sand: runs",
    RunState.DONE: ":white_check_mark: done",
    RunState.FAILED: ":x: failed",
    RunState.CHANGED: ":arrows_counterclockwise: not started, something changed",
    RunState.REJECTED: ":no_entry_sign: rejected",
    RunState.WITHDRAWN: ":leftwards_arrow_with_hook: withdrawn",
    RunState.EXPIRED: ":alarm_clock: expired",
    RunState.CANCELLED: ":octagonal_sign: cancelled",
}


def card(campaign: Campaign, policy: Policy, wait: Wait | None) -> Message:
    """The message in the channel. *policy* is the strictest it must meet, *wait* what holds a start back now."""
    first = headline(campaign)
    lines = [f"*{first}*"]
    if campaign.why:
        lines.append(f"Why: {escape(campaign.why)}")
    if campaign.state in (CampaignState.WAITING, CampaignState.PAUSED):
        lines.append(
            ":warning: *An upgrade cannot be undone.* One model goes first; when its new version is proven the others "
            "follow, a few at a time. The first failure stops everything that has not begun."
        )
    details = button("Details", "campaign-details", str(campaign.id), label=f"Details of campaign {campaign.id}")
    blocks: list[Block] = [section("\n".join(lines), details)]
    blocks += sections(_line(run) for run in campaign.runs)
    blocks.append(context(*_small_print(campaign, policy)))
    if wait is not None and campaign.state in OPEN_CAMPAIGNS:
        blocks.append(context(wait_text(wait)))
    if buttons := card_buttons(campaign):
        blocks.append(actions(buttons, block_id=f"campaign:{campaign.id}"))
    names = listed([escape(run.plan.model.name, 60) for run in campaign.runs[:10]])
    return Message(f"{_words(campaign)}: {names}.", tuple(blocks))


def card_buttons(campaign: Campaign) -> list[Block]:
    """What can be decided now, as on the card and in App Home."""
    value, what = f"{campaign.id}:{campaign.digest}", f"campaign {campaign.id}"
    if campaign.state is CampaignState.WAITING:
        names = listed([run.plan.model.name for run in campaign.runs[:4]])
        more = f" and {len(campaign.runs) - 4} more" if len(campaign.runs) > 4 else ""
        ask = confirm(
            f"Upgrade {counted(len(campaign.runs), 'model')}?",
            plain(f"{names}{more} will be upgraded, one first. This cannot be undone.", 300),
            "Approve",
        )
        return [
            button("Approve", "campaign-approve", value, style="primary", label=f"Approve {what}", confirm=ask),
            button("Reject", "campaign-reject", value, style="danger", label=f"Reject {what}"),
        ]
    if campaign.state is CampaignState.PAUSED:
        return pause_buttons(campaign)
    return []


def pause_buttons(campaign: Campaign) -> list[Block]:
    """Go on after a failure, or leave the rest."""
    left = counted(sum(1 for run in campaign.runs if run.state is RunState.WAITING), "model")
    return [
        button(
            "Resume",
            "campaign-wish:resume",
            f"resume {campaign.id}",
            style="primary",
            label=f"Resume campaign {campaign.id}",
            confirm=confirm("Resume?", f"{left} will still be upgraded. This cannot be undone.", "Resume"),
        ),
        button(
            "Drop the rest",
            "campaign-wish:drop",
            f"drop {campaign.id}",
            style="danger",
            label=f"Drop the rest of campaign {campaign.id}",
            confirm=confirm("Drop the rest?", f"{left} will not be upgraded. Ask again at any time.", "Drop"),
        ),
    ]


def headline(campaign: Campaign) -> str:
    """The state of a campaign in one line."""
    return f"{_SIGNS[campaign.state]} {_words(campaign)}"


_SIGNS = {
    CampaignState.WAITING: ":ballot_box_with_check:",
    CampaignState.RUNNING: ":hourglass_flowing_sand:",
    CampaignState.PAUSED: ":double_vertical_bar:",
    CampaignState.DONE: ":checkered_flag:",
    CampaignState.DROPPED: ":octagonal_sign:",
    CampaignState.REJECTED: ":no_entry_sign:",
    CampaignState.WITHDRAWN: ":leftwards_arrow_with_hook:",
    CampaignState.EXPIRED: ":alarm_clock:",
}


def _words(campaign: Campaign) -> str:
    models = counted(len(campaign.runs), "model")
    done = sum(1 for run in campaign.runs if run.state is RunState.DONE and not _unproven(run))
    unproven = sum(1 for run in campaign.runs if _unproven(run))
    failed = sum(1 for run in campaign.runs if run.state is RunState.FAILED)
    so_far = f"{done} of {models} done" + (f", {failed} failed" if failed else "")
    so_far += f", {unproven} not proven" if unproven else ""
    match campaign.state:
        case CampaignState.WAITING:
            return f"Approve the upgrade of {models}"
        case CampaignState.RUNNING:
            return f"Upgrading {models}: {so_far}"
        case CampaignState.PAUSED:
            return f"Paused: {so_far}"
        case CampaignState.DONE:
            return f"Campaign over: {so_far}"
        case CampaignState.DROPPED:
            return f"Campaign ended early: {so_far}"
        case _:
            return f"Campaign of {models} {campaign.state.value}"


def _line(run: Run) -> str:
    model = run.plan.model
    to = version(brought(run) or run.plan.target, model.base)
    state = _LINES[run.state]
    if run.state is RunState.DONE and shows_no_version(run):
        state = ":grey_question: trained, no newer version shown"
    if run.state is RunState.RUNNING and run.started_at is not None:
        number = run.current.number if run.current else len(run.steps)
        state = f"{state} since {moment(run.started_at)}, step {number} of {len(run.steps)}"
    if run.state in (RunState.FAILED, RunState.CHANGED) and run.outcome:
        state = f"{state}: {escape(run.outcome, 160)}"
    return f"{state} · {code(model.name, 60)} → {to}"


def _small_print(campaign: Campaign, policy: Policy) -> list[str]:
    where = f" on {listed([code(name) for name in campaign.instances])}" if len(campaign.instances) > 1 else ""
    lines = [f"Campaign {campaign.id} by <@{campaign.requester}>, {moment(campaign.requested_at)}{where}"]
    if campaign.state is CampaignState.WAITING:
        missing = policy.needed - len(campaign.approved_by)
        by = f" of {approvers(policy)}" if policy.approvers else ""
        votes = f"; approved so far by {people(campaign.approved_by)}" if campaign.approved_by else ""
        lines.append(f"needs {counted(missing, 'approval')}{by} until {moment(campaign.expires_at)}{votes}")
        if campaign.voters is not None and campaign.voters < policy.needed:
            lines.append(
                f":warning: only {campaign.voters} could approve it. An operator must name more people in "
                "RETUNE_APPROVERS."
            )
    elif campaign.decided_by and campaign.decided_at:
        verb = {CampaignState.REJECTED: "rejected", CampaignState.WITHDRAWN: "withdrawn"}.get(
            campaign.state, "approved"
        )
        who = campaign.approved_by if verb == "approved" and campaign.approved_by else (campaign.decided_by,)
        lines.append(f"{verb} by {people(who)}, {moment(campaign.decided_at)}")
    if campaign.left_out:
        lines.append(f"{counted(len(campaign.left_out), 'model')} left out: see Details")
    return lines


def tellings(campaign: Campaign, policy: Policy, wait: Wait | None = None) -> list[Telling]:
    """Everything that Slack should show of a campaign now, in the order in which it is posted."""
    prefix = f"campaign:{campaign.id}:"
    told = [Telling(f"{prefix}card", card(campaign, policy, wait), threaded=False, lasting=False)]
    if campaign.reminded and campaign.state is CampaignState.WAITING:
        told.append(Telling(f"{prefix}remind", _reminder(campaign, policy), threaded=True, lasting=True))
    proven = [run for run in campaign.runs if run.state is RunState.DONE and not shows_no_version(run)]
    if proven:
        first = min(proven, key=lambda run: (run.ended_at or campaign.requested_at, run.id))
        told.append(Telling(f"{prefix}first", _first(campaign, first), threaded=True, lasting=True))
    bad = [run for run in campaign.runs if run.state is RunState.FAILED or _unproven(run)]
    if campaign.state is CampaignState.PAUSED and bad:  # none: what failed is tried again, and was said when it paused
        which = "-".join(f"{run.id}.{run.retries}" for run in bad)
        told.append(Telling(f"{prefix}pause:{which}", _pause(campaign, bad, policy), threaded=True, lasting=True))
    if campaign.ended_at is not None and all(run.ended_at is not None for run in campaign.runs):
        told.append(Telling(f"{prefix}end", _end(campaign), threaded=True, lasting=True))
    return told


def _unproven(run: Run) -> bool:
    return run.state is RunState.DONE and shows_no_version(run)


def _reminder(campaign: Campaign, policy: Policy) -> Message:
    missing = counted(policy.needed - len(campaign.approved_by), "approval")
    text = (
        f"{approvers(policy)}: campaign {campaign.id}, {counted(len(campaign.runs), 'model')}, still needs {missing}. "
        f"It expires {moment(campaign.expires_at)}."
    )
    return Message(text, (section(f":alarm_clock: {text}"),))


def _first(campaign: Campaign, run: Run) -> Message:
    proofs = " ".join(record.result for record in run.steps if record.step.ref == run.plan.model.ref)
    left = sum(1 for other in campaign.runs if other.id != run.id)
    rest = f" The other {counted(left, 'model')} follow." if left > 1 else ""
    text = f"The first is *done*: {code(run.plan.model.name)}. {escape(proofs, 1000)}{rest}"
    return Message(text, (section(f":white_check_mark: {text}"),))


def _pause(campaign: Campaign, bad: Sequence[Run], policy: Policy) -> Message:
    lines = [
        f"• {code(run.plan.model.name)}: {escape(run.outcome or 'no newer version is shown', 400)}" for run in bad[:10]
    ]
    text = (
        f"{approvers(policy)}: *paused*, because {counted(len(bad), 'upgrade')} could not be proven. What runs goes "
        "on, nothing new starts. Resume goes on with the others; Drop leaves them as they are."
    )
    again = [retry_button(bad[0])] if len(bad) == 1 and bad[0].state is RunState.FAILED else []
    buttons = actions([*pause_buttons(campaign), *again])
    return Message(text, (section(f":double_vertical_bar: {text}"), section("\n".join(lines)), buttons))


def _end(campaign: Campaign) -> Message:
    who = people(dict.fromkeys([campaign.requester, *campaign.approved_by]))
    done = [run for run in campaign.runs if run.state is RunState.DONE and not _unproven(run)]
    others = [run for run in campaign.runs if run not in done]
    word = "*done*" if not others else headline(campaign)
    text = f"{who} {word}: {len(done)} of {counted(len(campaign.runs), 'model')} upgraded and proven."
    if campaign.outcome and not done:
        text = f"{text} {escape(campaign.outcome, 600)}"
    left = "\n".join(f"• {_line(run)}" for run in others[:20])
    blocks = [section(text)] + ([section(f"*Not upgraded*\n{left}")] if others else [])
    return Message(text, tuple(blocks))


def left_out_text(left_out: Sequence[LeftOut]) -> str:
    """The models that are not in it, each with its reason; the reasons are ours and escaped already."""
    return "\n".join(f"• {code(item.name, 60)}: {item.why}" for item in left_out)


def link_first(name: str) -> str:
    """An acoustic model of which nobody said yet with which language model it was trained."""
    return f"Say first what it was trained with: press *Trained with…* on `/stt-model {escape(name)}`."


def decided(campaign: Campaign, now: datetime) -> str:
    """What somebody hears who clicks too late."""
    by = f" by <@{campaign.decided_by}>" if campaign.decided_by else ""
    when = f" {ago(campaign.decided_at, now)}" if campaign.decided_at else ""
    match campaign.state:
        case CampaignState.WAITING:
            return "That card shows an older plan. Decide on the newest card."
        case CampaignState.REJECTED | CampaignState.WITHDRAWN:
            return f"Already {campaign.state.value}{by}{when}."
        case CampaignState.EXPIRED:
            return f"It expired {moment(campaign.expires_at)}. Ask again with `/stt-upgrade outdated`."
        case _:
            return f"Already approved{by}{when}; it is {campaign.state.value} now."


def denied(reason: Reason, campaign: Campaign, policy: Policy, now: datetime) -> str:
    """Why a click does not count, and who could."""
    match reason:
        case Reason.ALREADY_DECIDED:
            return decided(campaign, now)
        case Reason.EXPIRED:
            return f"It expired {ago(campaign.expires_at, now)}. Ask again with `/stt-upgrade outdated`."
        case Reason.STARTED:
            return f"It is {campaign.state.value} already. An approver can drop what has not begun: press Details."
        case Reason.OWN_REQUEST:
            return f"You asked for this campaign yourself, so somebody else must approve it: {approvers(policy)}."
        case _:
            return denied_run(reason, campaign.runs[0], policy, now)
