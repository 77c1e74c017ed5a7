"""The details of a request: what its card leaves out, and what the reader can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from bot.domain.approvals import Vote, Wish
from bot.domain.hours import Window
from bot.domain.plans import Plan
from bot.domain.requests import LISTED, LIVE, UNSTARTED, Request, RequestState
from bot.domain.runs import LASTING, RunState
from bot.domain.verdicts import Judgement
from bot.errors import RetuneError
from bot.messages.buttons import offered
from bot.messages.card import Seen, headline, outcome_line, people, rejection_quotes, why_quotes
from bot.messages.freezes import wait_quotes, wait_text
from bot.messages.holds import SHOWN, ended_lines, ended_quotes, hold_quotes, private_lines
from bot.messages.kit import actions, context, divider, headed, modal, section, sections
from bot.messages.large import page_of
from bot.messages.outcomes import SHORT, cause_of, failure_text, left_out_blocks, proofs, quotes_of
from bot.messages.quotes import Quote, quoted
from bot.messages.refusals import approvers, called, mention
from bot.messages.refusals import error as fault
from bot.messages.signs import of_run
from bot.messages.stakes import in_short, stakes, times
from bot.messages.steps import about_model, estimate_text, state_word, step_text, steps_text, versions
from bot.messages.text import bold, code, counted, moment
from bot.messages.verdicts import evidence_line, risk_text
from bot.ports import Block


def unseen() -> Mapping[str, Any]:
    """It was done, but can't be shown now."""
    text = "That counts. It cannot be shown just now: close this and press Details in a moment."
    return modal("Details", [section(text)], callback="details")


def unread(error: RetuneError) -> Mapping[str, Any]:
    """Shown when Slack does not say who the reader is, so that the window does not stay at *Looking*."""
    again = "Close this and press Details again in a moment."
    return modal("Details", [*fault(error).blocks, section(again)], callback="details")


def details(
    request: Request,
    seen: Seen,
    judgement: Judgement | None,
    window: Window | None,
    offers: Collection[tuple[Wish | Vote, int | None]],
    answer: str = "",
    page: int = 0,
) -> Mapping[str, Any]:
    """The window behind *Details*.

    *judgement* is the model's, where there is one; *window* has the hours in which its upgrade may start. *offers* are
    what this person may do now, *answer* is the result of their last click. *page* has the models shown of a large
    request.
    """
    blocks: list[Block] = [section(f":warning: {answer}"), divider()] if answer else []
    if request.large:
        models, shown = page_of(request, seen, page)
        offers = [(wish, run) for wish, run in offers if run is None or run in shown]
        blocks += [section(f"*{headline(request)}*"), *quoted(*_said(request, seen), *_why(request, seen)), *models]
    else:
        blocks += _many(request, seen) if request.several else _one(request, judgement, seen)
    decides = "Who decides" if request.state is RequestState.OPEN else "Who decided"
    blocks += headed({decides: _who(request, seen)})
    if times := _times(request, seen, window):
        blocks += [context(*times), *quoted(*wait_quotes(seen.wait if request.state in LIVE else None))]
    if buttons := offered(request, offers, seen.around):
        blocks.append(actions(buttons))
    return modal("Details", blocks[:100], callback="details", metadata=str(request.id))


def _one(request: Request, judgement: Judgement | None, seen: Seen) -> list[Block]:
    plan, model = request.first.plan, request.first.plan.model
    reasons = [
        *_said(request, seen),
        *_why(request, seen),
        *_held_quotes(request, seen),
        *_ended_quotes(request, seen),
    ]
    takes = [f"_{times(request, seen.wait, seen.parallel)}_"] if request.state in UNSTARTED else []
    lasts = request.state in LIVE
    parts = {
        "On hold": _on_hold(request, seen),
        "Hold ended for it": _ended(request, seen),
        "What became of it": _became(request, seen),
        "What happens" if lasts else "What was planned": "\n".join([steps_text(plan), *takes]),
        f"Why it {'is' if lasts else 'was'} believed to be outdated": "\n".join(
            f"• {evidence_line(one, model.base)}" for one in plan.evidence
        ),
        "Risk of doing it": risk_of_doing(plan),
        "Risk of not doing it": "" if judgement is None or plan.is_training else risk_text(judgement),
    }
    about = f"{about_model(request.first)}{_owner(model.ref, seen)}"
    first = " · ".join(stakes(plan, called(request.requester, seen.around.actors))) if request.state in LIVE else ""
    lines = [f"{headline(request)}: {bold(model.name)}", about, *([first] if first else [])]
    head = section("\n".join(lines))
    return [head, *headed(parts), *quoted(*reasons)]


def _owner(ref: str, seen: Seen) -> str:
    owner = seen.around.owners.get(ref)
    return f" · owner {mention(owner.id)}" if owner else ""


def _on_hold(request: Request, seen: Seen) -> str:
    held = seen.around.held_of(request)
    more = [f"and {len(held) - SHOWN} more"] if len(held) > SHOWN else []
    return "\n".join([*private_lines(held[:SHOWN], seen.around.owners), *more])


def _ended(request: Request, seen: Seen) -> str:
    models = {ref: name for run in request.runs for ref, name in run.plan.changes.items()}
    return "\n".join(ended_lines(seen.ended, seen.around.names, models, most=LISTED))


def _held_quotes(request: Request, seen: Seen) -> list[Quote]:
    return hold_quotes(seen.around.held_of(request)[:SHOWN], {})


def _ended_quotes(request: Request, seen: Seen) -> list[Quote]:
    models = {ref: name for run in request.runs for ref, name in run.plan.changes.items()}
    return ended_quotes(seen.ended, seen.around.names, models, most=LISTED)


def _why(request: Request, seen: Seen) -> list[Quote]:
    return why_quotes(request, seen.around.actors)


def _said(request: Request, seen: Seen) -> list[Quote]:
    """What others said about how it ended."""
    return rejection_quotes(request, seen.around.actors) or ([] if request.several else quotes_of(request.first))


def _became(request: Request, seen: Seen) -> str:
    run = request.first
    return failure_text(run) or cause_of(run) or proofs(run) or outcome_line(request, seen.around.actors)


def _many(request: Request, seen: Seen) -> list[Block]:
    rejected = {"What became of it": outcome_line(request, seen.around.actors)}
    said = quoted(*_said(request, seen), *_why(request, seen))
    blocks = [section(f"*{headline(request)}*"), *headed(rejected), *said]
    quotes: list[Quote] = []
    for run in request.runs:
        plan, why = run.plan, failure_text(run) or cause_of(run)
        steps = "; ".join(step_text(step) for step in plan.steps)
        facts = " · ".join(in_short(plan))
        head = f"{of_run(run)} {bold(plan.model.name, 80)} {versions(plan, run.brought)}, {run.state.value}"
        held = seen.around.held(plan) if run.state is RunState.QUEUED and request.state in LIVE else ()
        on_hold = "\n".join(private_lines(held, seen.around.owners))
        lines = (
            f"{head}{_owner(plan.model.ref, seen)}",
            on_hold,
            facts,
            steps,
            estimate_text(plan.estimate) if run.state in LASTING else "",
            why,
        )
        blocks.append(section("\n".join(filter(None, lines))))
        told = [*quotes_of(run), *hold_quotes(held, {})]
        quotes += [replace(one, what=f"{plan.model.name}: {one.what}", limit=SHORT) for one in told]
    ended = _ended(request, seen)
    blocks += sections(["*Holds ended for it*", *ended.split("\n")] if ended else [])
    quotes += _ended_quotes(request, seen)
    return [*blocks, *quoted(*quotes), *left_out_blocks(request.left_out)]


def risk_of_doing(plan: Plan) -> str:
    """The risk that approvers take."""
    if plan.is_training:
        return "While it is trained, the service refuses every change to the model. A training replaces the one before."
    return (
        "It cannot be undone. While it runs, the service refuses every change to the model; recognition goes on with "
        "the existing version. Afterwards recognition uses the new version by default: compare on your own audio. "
        "Requests can name the older version for as long as IBM keeps it, but the model can no longer be changed or "
        "trained there."
    )


def _who(request: Request, seen: Seen) -> str:
    policy = seen.policy
    rule = (
        f"{counted(policy.needed, 'approval')} from {approvers(policy)}"
        if policy.approvers
        else counted(policy.needed, "approval")
    )
    own = "requesters may approve their own" if policy.self_approval else "not the requester's own"
    votes = [
        f"<@{vote.voter}> {'approved' if vote.vote == 'approve' else 'rejected'} {moment(vote.at)}"
        for vote in request.votes[:10]
    ]
    lines = [f"{'Needs' if request.state is RequestState.OPEN else 'Needed'} {rule}; {own}.", *votes]
    if request.decided_by and request.decided_by not in [vote.voter for vote in request.votes]:
        lines.append(f"{state_word(request)} by {people([request.decided_by])}")
    return "\n".join(lines)


def _times(request: Request, seen: Seen, window: Window | None) -> list[str]:
    lines = [wait_text(seen.wait)] if request.state in LIVE and seen.wait is not None else []
    if window is not None and request.state in UNSTARTED:
        lines.append(f"Upgrades of {code(request.first.plan.model.instance)} start only {window!s}.")
    return lines
