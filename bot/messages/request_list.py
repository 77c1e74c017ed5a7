"""`/stt-runs`: the list of requests, and the full history of one: who asked and decided, what was sent, what came."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.outcomes import StepEnd
from bot.domain.requests import Noted, Request
from bot.domain.runs import StepRecord, StepState
from bot.domain.typed_values import number
from bot.messages.buttons import details_button
from bot.messages.card import headline, title
from bot.messages.fitting import MOST, size_of
from bot.messages.kit import actions, button, pages_of, paging, paragraph, section, sections
from bot.messages.large import summary
from bot.messages.outcomes import step_quotes, step_sentence
from bot.messages.quotes import Quote, quoted
from bot.messages.request_table import history_menu, request_table
from bot.messages.signs import of_run, of_step
from bot.messages.steps import about_model, others, state_word, step_text
from bot.messages.text import bold, capped, code, counted, duration, escape, listed, moment, version
from bot.ports import Block, Message

PAGE = 15
"""Requests on one page: a row and an option take about 500 characters, and `MOST` must hold all."""


def requests(
    shown: Sequence[Request],
    live: int,
    ended: int,
    now: datetime,
    *,
    page: int,
    filters: str = "",
    more: bool = False,
) -> Message:
    """One page of the requests that match *filters*, live ones first; how many are live and ended on all pages.

    *more*: more ended ones match than are counted.
    """
    count, over = live + ended, "more than " if more else ""
    matching = f" match{'es' if count == 1 else ''} “{escape(filters)}”" if filters else ""
    text = f"{over}{counted(count, 'request')}{matching}: {live} waiting or running, {over}{ended} ended."
    text = text[0].upper() + text[1:] + (NEWEST if more else "")
    pages, said = pages_of(count, PAGE), counted(count, "request")
    caption = f"{said}, page {page + 1} of {pages}" if pages > 1 else said
    export = button("Export", "export", filters[:2000] or " ", label="Export all of these requests as a CSV file")
    above, below = section(f"*{text}*"), [actions([history_menu(shown)])]
    below += paging("runs", page, pages, filters, export)
    table = request_table(shown, caption, now, MOST - size_of([above, *below]) - 10)
    names = "; ".join(f"{one.id} {escape(one.first.plan.model.name, 60)} {state_word(one)}" for one in shown)
    return Message(capped(f"{text} {names}"), (above, table, *below))


NEWEST = " The pages have the newest of them: narrow them down by another word, or export all."


def none_yet() -> Message:
    """There are no requests yet."""
    how = "`/stt-upgrade NAME` asks for one; `/stt-models outdated` shows what for."
    return paragraph(f"There are no requests yet. {how}")


def no_request(typed: str) -> str:
    """There is no request with that number."""
    if number(typed):
        return f"There is no request {number(typed)}. `/stt-runs` lists all of them."
    return (
        f"{code(typed, 40)} can't be the number of a request. Type for example `/stt-runs 12`; `/stt-runs` lists all."
    )


SHORT = 400
"""Characters of one quote in a log."""

_OURS = frozenset(
    {
        *("send", "denied", "vote void", "accepted", "begun", "not begun", "unclear", "send again", "mark as failed"),
        *(StepEnd.PROVEN, StepEnd.WORKED, StepEnd.ALREADY_THERE),
    }
)
"""Actions whose rows in the audit have a word of ours, or the name of a version."""

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
    "stopped": "ended it as *stopped*",
    "accepted": "the service accepted it",
    "unanswered": "nothing proves yet that it began",
    "not taken": "the service did not take it; it is sent again",
    "resume": "resumed it",
    "retry": "retried it",
    "cancel the rest": "stopped what had not begun",
    "cancel after this step": "stopped what comes after the step that is under way",
}
"""By action of the audit; those whose words depend on the row are below."""


def history(request: Request, told: Sequence[Noted], page: int = 0) -> Message:
    """One page. *told* is the full log, oldest first; the first page has the steps too."""
    pages = pages_of(len(told), PAGE)
    page = min(max(page, 0), pages - 1)
    asked = f"Request {request.id} by <@{request.requester}>, {moment(request.requested_at)}"
    about = "*" if request.several else f": {escape(request.first.plan.model.name, 120)}* {about_model(request.first)}"
    blocks = [section(f"*{headline(request)}{about}\n{asked}"), *(_steps(request) if page == 0 else [])]
    names = {step.ref: step.name for run in request.runs for step in run.plan.steps}
    here = told[page * PAGE : (page + 1) * PAGE]
    lines = [_line(noted, names, request.several) for noted in here]
    blocks += [section("*Full log*"), *_log(lines, here)]
    blocks += paging("history", page, pages, str(request.id), details_button(request))
    text = f"Request {request.id}, {escape(request.first.plan.model.name, 60)}: {title(request)}. {'. '.join(lines)}"
    return Message(capped(text), tuple(blocks))


def _log(lines: Sequence[str], told: Sequence[Noted]) -> list[Block]:
    """The lines of a log, each with its quotes below it."""
    blocks: list[Block] = []
    above: list[str] = []
    for line, noted in zip(lines, told, strict=True):
        above.append(line)
        if quote := quoted(_quote(noted)):
            blocks += [*sections(above), *quote]
            above = []
    return [*blocks, *sections(above)]


def _quote(noted: Noted) -> Quote:
    """The words of a person or the service in a row; ours are in the line."""
    words = "" if noted.action in _OURS else noted.detail
    if _USER.fullmatch(noted.actor):
        return Quote("Reason from", words, noted.actor, SHORT)
    return Quote("Details", words, limit=SHORT)


def _steps(request: Request) -> list[Block]:
    if not request.several:
        run = request.first
        steps = ((section(f"{of_step(run, r)} {_step(r)}"), *quoted(*step_quotes(r))) for r in run.steps)
        return [block for step in steps for block in step]
    if request.large:
        return sections(summary(request))
    lines = []
    for run in request.runs:
        also = [bold(name, 40) for name in others(run.plan)]
        with_ = f", also changes {listed(also)}" if also else ""
        came = f" → {version(run.brought, run.plan.model.base)}" if run.brought else ""
        lines.append(f"{of_run(run)} {bold(run.plan.model.name, 60)}{came}: *{run.state.value}*{with_}")
    return sections(lines)


def _step(record: StepRecord) -> str:
    words = {StepState.PLANNED: "not begun", StepState.STARTING: "asked for", StepState.WAITING: "under way"}
    began, ended = record.started_at, record.ended_at
    took = f" after {duration(ended - began)}" if began and ended else ""
    facts = (
        f"sent {moment(began)}" if began and record.attempts else "",
        f"accepted {moment(record.answered_at)}" if record.answered_at else "",
        f"ended {moment(ended)}{took}" if ended else "",
        counted(record.attempts, "attempt") if record.attempts else "",
        "with `force`" if record.forced else "",
        f"transaction {code(record.transaction)}" if record.transaction else "",
    )
    head = f"*Step {record.number}: {step_text(record.step)}* — {words.get(record.state, record.state.value)}"
    return "\n".join(filter(None, (head, ", ".join(filter(None, facts)), step_sentence(record))))


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
            return f"the approval of {_who(voter)} no longer counts ({escape(why)})"
    if noted.action.startswith("run "):
        said = f"it is *{escape(noted.action.removeprefix('run '))}*"
    elif noted.action in set(StepEnd):
        said = f"the step ended: {escape(noted.action)}"
    else:
        said = _SAID.get(noted.action) or escape(noted.action)
    return f"{said}: {escape(detail)}" if detail and noted.action in _OURS else said


def _who(actor: str) -> str:
    if actor == "retune":
        return "Retune"
    return f"<@{actor}>" if _USER.fullmatch(actor) else code(actor)
