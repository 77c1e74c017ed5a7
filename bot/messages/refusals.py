"""Refusals: why something cannot be, and what to do or type instead."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.approvals import Policy, Reason
from bot.domain.plans import NoPlan, WhyNot
from bot.domain.requests import Request
from bot.errors import AmbiguousModel, RetuneError
from bot.messages.kit import actions, button, section
from bot.messages.states import state_word
from bot.messages.text import code, day, escape, listed
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


def in_the_way(request: Request, name: str) -> str:
    """What somebody hears who asks for a model that a live request has already."""
    return (
        f"{code(name)} is already in request {request.id} by <@{request.requester}>, which is "
        f"{state_word(request)}. See its card in <#{request.channel}>."
    )


def form_too_old() -> str:
    """The plan behind a form is not kept any more. Plain text."""
    return "That form is too old. Ask again with /stt-upgrade."


def all_taken(holder: Request | None) -> str:
    """Every model of a form is in another request meanwhile. Plain text."""
    if holder is None:
        return "There is nothing to upgrade in that form any more. Ask again with /stt-upgrade."
    return f"Somebody was faster: request {holder.id} has it already. /stt-runs {holder.id} shows it."


def may_not(reason: Reason, what: str) -> str:
    """What somebody hears who is no full member of this workspace and wants to do *what*. Plain text."""
    if reason is Reason.OTHER_WORKSPACE:
        return f"Only members of this workspace can {what}."
    return f"Guests and bots cannot {what}. Ask a member of this workspace to do it."


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
