"""The whole history of one run: who asked, who decided, what was sent, what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bot.domain.noted import Noted
from bot.domain.runs import Run, StepRecord, StepState
from bot.messages.card import headline, title
from bot.messages.kit import SECTION, actions, button, context, section
from bot.messages.run_list import pages_of, turning
from bot.messages.steps import step_text
from bot.messages.text import capped, code, counted, duration, escape, moment, version
from bot.ports import Block, Message

PAGE = 15
"""Lines on one page."""

_USER = re.compile(r"[UW][A-Z0-9]+")

_SAID: Mapping[str, str] = {
    "request": "asked for it",
    "approve": "approved",
    "reject": "rejected",
    "approved": "that was enough: it starts next",
    "waiting": "it waits for approval again",
    "running": "started it",
    "accepted": "the service accepted it",
    "proven": "it is proven",
    "step failed": "the step failed",
    "done": "ended it as *done*",
    "failed": "ended it as *failed*",
    "rejected": "ended it as *rejected*",
    "withdrawn": "ended it as *withdrawn*",
    "expired": "ended it as *expired*",
    "changed": "ended it as *changed*: nothing was started",
    "cancelled": "ended it as *cancelled*",
    "cancel after this step": "cancelled what comes after the step that is under way",
}
"""By action of the audit; those whose words depend on the rest of the row are below."""


def history(run: Run, told: Sequence[Noted], page: int = 0) -> Message:
    """One page. *told* is everything that was noted, oldest first; the first page has the steps too."""
    pages = pages_of(len(told), PAGE)
    page = min(max(page, 0), pages - 1)
    plan, model = run.plan, run.plan.model
    arrow = "" if plan.is_training else f" → {version(plan.target, model.base)}"
    part_of = f", part of campaign {run.campaign}" if run.campaign is not None else ""
    blocks: list[Block] = [
        section(
            f"*{headline(run)}: {code(model.name)}* {version(plan.have, model.base)}{arrow} · {model.kind} model on "
            f"{code(model.base)} · instance {code(model.instance)}\nRequest {run.id} by <@{run.requester}>, "
            f"{moment(run.requested_at)}{part_of}"
        )
    ]
    if page == 0:
        blocks += [section(_step(record)) for record in run.steps]
    names = {step.ref: step.name for step in plan.steps}
    lines = [_line(noted, names) for noted in told[page * PAGE : (page + 1) * PAGE]]
    blocks += [section(part) for part in parts(["*Everything that was noted*", *lines])]
    if pages > 1:
        blocks.append(context(f"Page {page + 1} of {pages}"))
    details = button("Details", "details", str(run.id), label=f"Details of request {run.id}, {model.name}")
    blocks.append(actions([*turning("history", page, pages, str(run.id)), details]))
    text = f"Request {run.id}, {escape(model.name, 60)}: {title(run)}. {'. '.join(lines)}"
    return Message(capped(text), tuple(blocks))


def parts(lines: Iterable[str]) -> list[str]:
    """The lines in as few sections as Slack's limit allows."""
    found = [""]
    for line in lines:
        if len(found[-1]) + len(line) + 1 > SECTION:
            found.append("")
        found[-1] = f"{found[-1]}\n{line}".lstrip("\n")
    return found


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
    if record.result:
        lines.append(escape(record.result, 600))
    return "\n".join(lines)


def _line(noted: Noted, names: Mapping[str, str]) -> str:
    return f"{moment(noted.at)} {_who(noted.actor)}: {_what(noted, names)}"


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
    said = _SAID.get(noted.action) or escape(noted.action)
    return f"{said}: {escape(detail, 400)}" if detail else said


def _who(actor: str) -> str:
    if actor == "retune":
        return "Retune"
    return f"<@{actor}>" if _USER.fullmatch(actor) else code(actor)
