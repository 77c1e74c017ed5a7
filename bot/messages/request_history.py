"""The whole history of one request: who asked, who decided, what was sent, what came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.domain.noted import Noted
from bot.domain.outcomes import StepEnd
from bot.domain.requests import Request
from bot.domain.runs import StepRecord, StepState
from bot.messages.card import headline, title
from bot.messages.kit import actions, button, context, section, sections
from bot.messages.outcomes import step_sentence
from bot.messages.request_list import pages_of, turning
from bot.messages.steps import step_text
from bot.messages.text import capped, code, counted, duration, escape, listed, moment, version
from bot.ports import Block, Message

PAGE = 15
"""Lines on one page."""

_USER = re.compile(r"[UW][A-Z0-9]+")

_SAID: Mapping[str, str] = {
    "request": "asked for it",
    "approve": "approved",
    "reject": "rejected",
    "open": "it waits for approval again",
    "scheduled": "approvals complete",
    "running": "started it",
    "paused": "paused it: nothing new starts",
    "done": "ended it as *done*",
    "failed": "ended it as *failed*",
    "rejected": "ended it as *rejected*",
    "withdrawn": "ended it as *withdrawn*",
    "expired": "ended it as *expired*",
    "changed": "ended it as *changed*: nothing was started",
    "cancelled": "ended it as *cancelled*",
    "accepted": "the service accepted it",
    "resume": "resumed it",
    "retry": "tried it again",
    "cancel the rest": "cancelled what had not begun",
    "cancel after this step": "cancelled what comes after the step that is under way",
}
"""By action of the audit; those whose words depend on the rest of the row are below."""


def history(request: Request, told: Sequence[Noted], page: int = 0) -> Message:
    """One page. *told* is everything that was noted, oldest first; the first page has the steps too."""
    pages = pages_of(len(told), PAGE)
    page = min(max(page, 0), pages - 1)
    asked = f"Request {request.id} by <@{request.requester}>, {moment(request.requested_at)}"
    if request.several:
        head = f"*{headline(request)}*"
    else:
        plan, model = request.first.plan, request.first.plan.model
        arrow = "" if plan.is_training else f" → {version(request.first.brought or plan.target, model.base)}"
        head = (
            f"*{headline(request)}: {code(model.name)}* {version(plan.have, model.base)}{arrow} · {model.kind} model "
            f"on {code(model.base)} · instance {code(model.instance)}"
        )
    blocks: list[Block] = [section(f"{head}\n{asked}")]
    if page == 0:
        blocks += _steps(request)
    names = {step.ref: step.name for run in request.runs for step in run.plan.steps}
    lines = [_line(noted, names, request.several) for noted in told[page * PAGE : (page + 1) * PAGE]]
    blocks += sections(["*Full log*", *lines])
    if pages > 1:
        blocks.append(context(f"Page {page + 1} of {pages}"))
    details = button("Details", "details", str(request.id), label=f"Details of request {request.id}")
    blocks.append(actions([*turning("history", page, pages, str(request.id)), details]))
    text = f"Request {request.id}, {escape(request.first.plan.model.name, 60)}: {title(request)}. {'. '.join(lines)}"
    return Message(capped(text), tuple(blocks))


def _steps(request: Request) -> list[Block]:
    if not request.several:
        return [section(_step(record)) for record in request.first.steps]
    lines = []
    for run in request.runs:
        also = [code(name, 40) for ref, name in run.plan.changes.items() if ref != run.plan.model.ref]
        with_ = f", also changes {listed(also)}" if also else ""
        came = f" → {version(run.brought, run.plan.model.base)}" if run.brought else ""
        lines.append(f"{code(run.plan.model.name, 60)}{came}: *{run.state.value}*{with_}")
    return sections(lines)


def _step(record: StepRecord) -> str:
    words = {StepState.PLANNED: "not begun", StepState.STARTING: "asked for", StepState.WAITING: "under way"}
    facts = [f"sent {moment(record.started_at)}" if record.started_at and record.attempts else ""]
    facts.append(f"accepted {moment(record.answered_at)}" if record.answered_at else "")
    if record.ended_at:
        took = f" after {duration(record.ended_at - record.started_at)}" if record.started_at else ""
        facts.append(f"ended {moment(record.ended_at)}{took}")
    facts.append(counted(record.attempts, "attempt") if record.attempts else "")
    facts.append("with `force`" if record.forced else "")
    facts.append(f"transaction {code(record.transaction)}" if record.transaction else "")
    lines = [f"*Step {record.number}: {step_text(record.step)}* — {words.get(record.state, record.state.value)}"]
    if facts := [fact for fact in facts if fact]:
        lines.append(", ".join(facts))
    if sentence := step_sentence(record):
        lines.append(sentence)
    return "\n".join(lines)


def _line(noted: Noted, names: Mapping[str, str], several: bool) -> str:
    about = f" {code(names[noted.model], 40)}:" if several and noted.model is not None and noted.model in names else ""
    return f"{moment(noted.at)} {_who(noted.actor)}:{about} {_what(noted, names)}"


def _what(noted: Noted, names: Mapping[str, str]) -> str:
    detail = noted.detail
    match noted.action:
        case "send":
            return f"sent to the service: {escape(detail)} {code(names.get(noted.model or '', noted.model or ''))}"
        case "denied":
            wish, _, reason = detail.partition(": ")
            return f"wanted to {escape(wish)}, which did not count{f' ({escape(reason)})' if reason else ''}"
        case "vote void":
            voter, _, why = detail.partition(": ")
            return f"the approval of {_who(voter)} does not count any more ({escape(why)})"
    if noted.action.startswith("run "):
        said = f"it is *{escape(noted.action.removeprefix('run '))}*"
    elif noted.action in set(StepEnd):
        said = f"the step ended: {escape(noted.action)}"
    else:
        said = _SAID.get(noted.action) or escape(noted.action)
    return f"{said}: {escape(detail, 400)}" if detail else said


def _who(actor: str) -> str:
    if actor == "retune":
        return "Retune"
    return f"<@{actor}>" if _USER.fullmatch(actor) else code(actor)
