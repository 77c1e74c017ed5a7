"""Refusals: why something cannot be, and what to do or type instead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain.approvals import Policy, Reason
from bot.domain.plans import Difference, NoPlan, Plan, WhyNot, differences
from bot.domain.runs import Run, RunState
from bot.errors import AmbiguousModel, RetuneError
from bot.messages.kit import actions, button, section
from bot.messages.text import ago, code, counted, day, escape, listed, moment
from bot.ports import Message


def no_plan(no: NoPlan) -> str:
    """Why a model gets no plan, with the way out."""
    model = no.judgement.model
    name, about = code(model.name), [code(item) for item in no.about]
    match no.reason:
        case WhyNot.CURRENT:
            return f"{name} is already on the newest version that is known, {code(model.newest or '')}. Nothing to do."
        case WhyNot.UNKNOWN:
            return (
                f"Nothing tells whether {name} is outdated, and an upgrade cannot be undone, so Retune does not guess. "
                f"`/stt-model {escape(model.name)}` shows what is known."
            )
        case WhyNot.EMPTY:
            return f"{name} holds no data. It needs no upgrade, and the service would refuse one. Add data first."
        case WhyNot.BUSY:
            return (
                f"The service is {model.status} {name} right now and accepts no other change. Ask again when it ends."
            )
        case WhyNot.FAILED:
            detail = f" The service said: {escape(model.error)}" if model.error else ""
            return f"The last training of {name} failed.{detail} Repair its data and train it, then ask again."
        case WhyNot.RETIRED:
            return _retired(no)
        case WhyNot.RECREATE:
            return (
                f"{name} is on {code(model.newest or '')}, which IBM says cannot be upgraded. Create it again on "
                f"{code(model.base)} from your original corpora and words."
            )
        case WhyNot.PROCESSING:
            return f"{name} is still analysing {listed(about)}. Ask again in some minutes."
        case WhyNot.INVALID:
            return (
                f"Training {name} would fail because of {listed(about)}. Repair or delete that and ask again, or leave "
                "it out."
            )
        case WhyNot.STATUS:
            return (
                f"{name} has the status {listed(about)}; only `ready` and `available` models can be upgraded, and only "
                "`ready` ones have data that waits for training."
            )
        case WhyNot.LINK_UNKNOWN:
            return f"Retune must know with which language model {name} was trained. Choose it, or *None*."
        case WhyNot.LINKED_MISSING:
            return f"The language model that {name} is linked with is gone. Link another one, or *None*."
        case WhyNot.LINKED_BLOCKED:
            return f"{name} was trained with {about[0]}, which must come first and cannot now: {listed(about[1:])}."
        case WhyNot.UPGRADE_FIRST:
            return f"{name} is outdated: upgrade it first, then train it on its latest data."
        case WhyNot.UNSUPPORTED:
            return f"Retune knows no documented way to upgrade {name}."


def _retired(no: NoPlan) -> str:
    judgement, model = no.judgement, no.judgement.model
    since = f" on {day(judgement.discontinued)}" if judgement.discontinued else ""
    first = (
        f"{code(model.name)} is built on {code(model.base)}, which IBM discontinued{since} and its instance does not "
        "serve any more: an upgrade cannot help."
    )
    if model.kind == "acoustic":
        return (
            f"{first} Acoustic models have no successor: newer base models take no acoustic customization and, IBM "
            "says, need none. Migrate the callers to a newer base model and delete this one."
        )
    to = f" on {code(judgement.successor)}" if judgement.successor else ""
    return (
        f"{first} Create a new language model{to} from your own corpus and grammar files, train it, compare, then "
        "switch `model` and `language_customization_id` in the callers. Only the words can be read back from the "
        "service; corpora, grammars and audio it cannot give back. Large models take no grammars."
    )


def not_as_approved(approved: Plan, fresh: Plan | None, done: int = 0) -> str:
    """What changed since a plan was approved, so that it does not start; *fresh* None: the policy did. Plain text."""
    if fresh is None:
        return (
            "The approvals do not meet the policy any more: it asks for more of them now, or somebody who approved may "
            "not do so any longer. Nothing was sent. Ask again for a new decision."
        )
    said = []
    for difference in differences(approved, fresh, done):
        match difference:
            case Difference.VERSIONS:
                have = listed(list(fresh.model.versions or ())) or "none"
                said.append(f"its versions are now {have}")
            case Difference.TARGET:
                said.append(f"the newest version is now {fresh.target or 'not known by name'}")
            case Difference.STEPS:
                said.append(f"it now takes {counted(len(fresh.steps), 'step')} that are not those that were approved")
            case Difference.STATUS:
                waits = "has data that waits for training" if fresh.trains_after else "has no data that waits any more"
                said.append(f"it {waits}")
            case Difference.DATA:
                said.append("it holds other data than when it was approved")
    return f"Since it was approved, {listed(said)}. Nothing was sent. Look at the new plan to decide on it."


def denied(reason: Reason, run: Run, policy: Policy, now: datetime) -> str:
    """Why a click does not count, and who could."""
    who = approvers(policy)
    match reason:
        case Reason.OTHER_WORKSPACE:
            return "Only members of this workspace can decide here."
        case Reason.NOT_A_MEMBER:
            return f"Guests and bots cannot decide on upgrades. Ask {who}."
        case Reason.NOT_AN_APPROVER:
            return f"You may not decide on upgrades of {code(run.plan.model.instance)}. Ask {who}."
        case Reason.OWN_REQUEST:
            return f"You asked for this upgrade yourself, so somebody else must approve it: {who}."
        case Reason.ALREADY_VOTED:
            return "Your approval counts already; it waits for another one."
        case Reason.EXPIRED:
            return f"This request expired {ago(run.expires_at, now)}. Ask again with {again(run)}."
        case Reason.NOT_THE_REQUESTER:
            return f"Only <@{run.requester}> can withdraw this request. Who may approve can reject or cancel it: {who}."
        case Reason.NO_VOTE:
            return "You have no vote on this request that could be taken back."
        case Reason.CAMPAIGN:
            return (
                f"It was approved with campaign {run.campaign}. Cancel this one, or press Details on the card of the "
                "campaign to drop everything that has not begun."
            )
        case Reason.STARTED:
            return (
                "It runs already, so this is too late. An approver can cancel what comes after the present step: press "
                "Details on the card."
            )
        case Reason.LAST_STEP:
            return (
                "Its last step is with the service, which has no call to cancel it. It will end by itself; the thread "
                "tells how."
            )
        case Reason.NOT_FAILED:
            return f"Only a failed request can be tried again; this one is {run.state.value}."
        case Reason.NOT_RUNNING:
            return f"It does not run: it is {run.state.value}."
        case Reason.ALREADY_DECIDED | Reason.COUNTS:
            return decided(run, now)


def decided(run: Run, now: datetime) -> str:
    """What became of a run that somebody clicks on too late."""
    by = f" by <@{run.decided_by}>" if run.decided_by else ""
    when = f" {ago(run.decided_at, now)}" if run.decided_at else ""
    match run.state:
        case RunState.REJECTED:
            return f"Already rejected{by}{when}."
        case RunState.WITHDRAWN:
            return f"Already withdrawn{by}{when}."
        case RunState.EXPIRED:
            return f"This request expired {moment(run.expires_at)}. Ask again with {again(run)}."
        case RunState.CHANGED:
            return f"Something changed since, so this plan does not hold any more. Ask again with {again(run)}."
        case RunState.CANCELLED:
            return f"Already cancelled{by}{when}."
        case RunState.DONE | RunState.FAILED:
            return f"Already approved{by}{when}, and {run.state.value} since {moment(run.ended_at or now)}."
        case _:
            return f"Already approved{by}{when}."


def again(run: Run) -> str:
    """The command that asks for the same model again."""
    return f"`/stt-upgrade {escape(run.plan.model.name)}`"


def approvers(policy: Policy) -> str:
    """Who may decide, as mentions; in a private message nobody is notified by them."""
    return listed([mention(name) for name in policy.approvers], "or")


def mention(id: str) -> str:
    """A user, a user group, or the members of a channel."""
    if id[:1] in ("C", "G"):
        return f"the members of <#{id}>"
    return f"<!subteam^{id}>" if id.startswith("S") else f"<@{id}>"


def error(fault: RetuneError) -> Message:
    """Any expected error, said to the person it happened to."""
    text = escape(fault.text, 2000)
    return Message(text, (section(f":warning: {text}"),))


def choose(fault: AmbiguousModel, names: Iterable[tuple[str, str]], action: str) -> Message:
    """Several models fit: one button each; *names* are references and what to call them."""
    listed_names = list(names)[:20]
    text = escape(fault.text, 1000)
    buttons = [button(name, f"{action}:{number}", ref) for number, (ref, name) in enumerate(listed_names)]
    return Message(text, (section(text), actions(buttons)))


def private(text: str, *, warn: bool = True) -> Message:
    """One sentence for one person; *text* is escaped already."""
    return Message(text, (section(f":warning: {text}" if warn else text),))
