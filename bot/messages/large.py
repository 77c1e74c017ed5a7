"""A request for more models than can be listed: counts, the names that matter now, pages of all models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.domain.policies import Policy
from bot.domain.requests import LIVE, UNSTARTED, Request
from bot.domain.runs import Run, RunState
from bot.domain.words import waiting as waiting_for_a_change
from bot.messages.buttons import UNCLEAR, pause_buttons, wish_button
from bot.messages.holds import Around
from bot.messages.kit import context, pages_of, paging, paragraph, sections
from bot.messages.model_lines import also_changed, late, owner_of, state_of
from bot.messages.outcomes import failure_text, left_out_blocks
from bot.messages.people import asked
from bot.messages.refusals import approvers, mention
from bot.messages.signs import OF_RUN_STATE, Sign, of_run
from bot.messages.stakes import totals
from bot.messages.steps import others, versions
from bot.messages.text import bold, code, counted, escape, listed, shortened, some
from bot.messages.words import add_buttons, whom
from bot.ports import Block, Message

if TYPE_CHECKING:
    from bot.messages.card import Seen

GROUPS = 6
"""Instances and base models counted one by one on the card."""

NAMED = 8
"""Names in one line of the card."""

TOLD = 12
"""Failed models told with their reason; three times as many more are named."""

PAGE = 40
"""Models on a page of Details."""

LEFT_OUT = 10
"""Models left out from the start, with the reason, in Details."""

_STATES = {
    RunState.DONE: "done",
    RunState.RUNNING: "running",
    RunState.QUEUED: "to come",
    RunState.FAILED: "failed",
    RunState.LEFT_OUT: "left out",
    RunState.CANCELLED: "stopped",
}

_FIRST = (RunState.FAILED, RunState.RUNNING, RunState.LEFT_OUT, RunState.QUEUED, RunState.DONE, RunState.CANCELLED)
"""The order in Details: what may need action comes first."""


def count_lines(request: Request, seen: Seen) -> list[str]:
    """The card's lines in place of one for each model."""
    lines = [] if request.state in UNSTARTED else [_states(request)]
    if request.state in UNSTARTED:
        first, instances = request.first.plan, len({run.plan.model.instance for run in request.meant})
        where = f" on each of {instances} instances" if instances > 1 else ""
        name = f"{bold(first.model.name, 60)} {versions(first)} on {code(first.model.instance, 40)}"
        lines.append(f"*First:* {name}. *Then:* up to {seen.parallel} at a time{where}.")
        lines += _groups(request)
    lines += _acute(request, seen)
    also = {ref for run in request.meant for ref in run.plan.models if ref != run.plan.model.ref}
    if also:
        lines.append(f"*Also changed:* {counted(len(also), 'language model')} with acoustic models that use them.")
    if request.state in UNSTARTED:
        lines += [f"{line[0].upper()}{line[1:]}." for line in totals([run.plan for run in request.meant])]
    lines.append("*Details* has every model; so does the file in the thread.")
    return lines


def summary(request: Request) -> list[str]:
    """How many models are in each state, and where they are."""
    return [_states(request), *_groups(request)]


def _states(request: Request) -> str:
    counts = Counter(run.state for run in request.runs)
    to_come = "to come" if request.state in LIVE else "not begun"
    words = {**_STATES, RunState.QUEUED: to_come}
    return " · ".join(
        f"{OF_RUN_STATE[state]} {counts[state]:,} {word}" for state, word in words.items() if counts[state]
    )


def _groups(request: Request) -> list[str]:
    models = [run.plan.model for run in request.meant]
    by = {"instance": Counter(m.instance for m in models), "base model": Counter(m.base for m in models)}
    return [
        f"*By {what}:* {some([f'{escape(n, 60)} {c:,}' for n, c in counts.most_common()], GROUPS)}"
        for what, counts in by.items()
    ]


def _acute(request: Request, seen: Seen) -> list[str]:
    """Failed models, and those that wait for a person, by name."""
    running = [run for run in request.runs if run.state is RunState.RUNNING]
    held = len(seen.around.held_of(request)) if request.state in LIVE else 0
    named = {
        f"{Sign.FAILED} *Failed:*": [run for run in request.runs if run.state is RunState.FAILED],
        f"{Sign.UNPROVEN} *Trained, no newer version shown:*": [run for run in request.runs if run.unproven],
        f"{Sign.UNCLEAR} *Unclear whether the step began; an approver decides:*": [r for r in running if r.unclear],
        f"{Sign.PERSON} *Waiting for a person:*": [run for run in running if run.waits_for_a_person],
        f"{Sign.LATE} *Longer than estimated:*": [run for run in running if late(run, seen)],
    }
    lines = [f"{sign} {_names(runs, NAMED)}" for sign, runs in named.items() if runs]
    return [*lines, *([f"{Sign.HELD} {counted(held, 'model')} on hold: not started."] if held else [])]


def _names(runs: Sequence[Run], most: int) -> str:
    return some([bold(run.plan.model.name, 60) for run in runs], most)


def milestones(request: Request) -> list[tuple[str, Message]]:
    """The progress at each tenth; nothing before the first and after the last."""
    proven, all_ = len(request.proven), len(request.meant)
    tenth = 10 * proven // all_
    if request.started_at is None or not 0 < tenth < 10:
        return []
    return [(f"far:{tenth}", paragraph(f"{tenth}0 %: {_states(request)}", Sign.MILESTONE))]


def asks(request: Request, policy: Policy, around: Around) -> list[tuple[str, Message]]:
    """What a person must do before some models go on: one message, however many they are."""
    running = [run for run in request.runs if run.state is RunState.RUNNING]
    told = []
    if waiting := waiting_for_a_change(running):
        people = listed([mention(id) for id in dict.fromkeys(whom(request, run, around) for run in waiting)])
        text = (
            f"{people}: {counted(len(waiting), 'model')} can be trained only after a change. Add or change a word, a "
            f"corpus or a grammar of each; Retune sees it and goes on by itself. Waiting: {_names(waiting, 3 * TOLD)}."
        )
        told.append((f"asks:{waiting[0].id}", paragraph(text, Sign.PERSON, *add_buttons(request))))
    if unclear := [run for run in running if run.unclear]:
        text = (
            f"{approvers(policy) or 'Approvers'}: it is *unclear* whether a step of {_names(unclear, 3 * TOLD)} began. "
            "Nothing more is sent for these until an approver chooses, here or in *Details*: *Send again* sends it "
            "once more, *Mark as failed* ends it here. If the service shows it after all, Retune goes on by itself."
        )
        buttons = [wish_button(word, request, unclear[0]) for word in UNCLEAR]
        told.append((f"unclears:{unclear[0].id}", paragraph(text, Sign.UNCLEAR, *buttons)))
    return told


def pause(
    request: Request,
    bad: Sequence[Run],
    policy: Policy,
    actor: str | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, Message]:
    """Asks for a decision after failures; edited while more of what was under way fails.

    *actor* brought it about, and is named: *names* are what people are called.
    """
    failed = [run for run in bad if run.state is RunState.FAILED]
    unproven = [run for run in bad if run.unproven]
    why = [f"{counted(len(failed), 'upgrade')} failed"] if failed else []
    why += [f"no newer version is shown for {counted(len(unproven), 'model')}"] if unproven else []
    text = (
        f"{asked(policy, actor, names)}: *paused*, because {' and '.join(why)}. What runs goes on, nothing new starts. "
        "Resume goes on with the others; Drop leaves them as they are; *Details* can try each again."
    )
    said = paragraph(text, Sign.PAUSED)
    listed = sections(["*Failed, or not proven*", *failures(bad)])
    buttons = paragraph("", "", *pause_buttons(request)).blocks[-1:]
    message = Message(f"{said.text} {_names(bad, 3 * TOLD)}", (*said.blocks, *listed, *buttons))
    return f"pause:{min(run.id for run in bad)}.{sum(run.retries for run in bad)}", message


def failures(bad: Sequence[Run]) -> list[str]:
    """The first ones with their reason, the names of many more."""
    lines = [
        f"• {code(run.plan.model.name, 60)}: {shortened(failure_text(run) or 'no newer version is shown')}"
        for run in bad[:TOLD]
    ]
    rest = bad[TOLD:]
    return [*lines, *([f"And {_names(rest, 3 * TOLD)}."] if rest else [])]


def left_to_do(request: Request) -> list[str]:
    """What finished models leave to do or to know."""
    done = [run for run in request.runs if run.state is RunState.DONE and not run.unproven]
    counts = {
        "still has data that is not trained: *Train…* on `/stt-model`": sum(run.plan.trains_after for run in done),
        "lost a saved customization weight: test with the default of 0.1": sum(run.plan.drops_weight for run in done),
    }
    return [f"• {counted(count, 'model')} {what}" for what, count in counts.items() if count]


def page_of(request: Request, seen: Seen, page: int) -> tuple[list[Block], frozenset[int]]:
    """One page of its models, those that need a person first; and the runs on it."""
    runs = sorted(request.runs, key=_urgency)
    pages = pages_of(len(runs), PAGE)
    page = min(max(page, 0), pages - 1)
    shown = runs[page * PAGE : (page + 1) * PAGE]
    blocks = [*sections(summary(request)), *sections(_line(request, run, seen) for run in shown)]
    blocks += paging("models-of", page, pages, str(request.id))
    if page == pages - 1 and request.left_out:
        blocks += left_out_blocks(request.left_out[:LEFT_OUT])
        unsaid = len(request.left_out) - LEFT_OUT
        blocks += [context(f"and {unsaid} more")] if unsaid > 0 else []
    return blocks, frozenset(run.id for run in shown)


def _urgency(run: Run) -> tuple[bool, int, bool]:
    return not run.bad, _FIRST.index(run.state), not (run.unclear or run.waits_for_a_person)


def _line(request: Request, run: Run, seen: Seen) -> str:
    model = run.plan.model
    also = f", also changes {also_changed(run)}" if others(run.plan) else ""
    on_hold = run.state is RunState.QUEUED and bool(seen.around.held(run.plan))
    sign, held = of_run(run, held=on_hold, late=late(run, seen)), ", on hold" if on_hold else ""
    moves = f"{versions(run.plan, run.brought)}{also} · {code(model.instance, 40)} · {state_of(request, run, seen)}"
    return f"{sign} {bold(model.name, 60)} {moves}{held}{owner_of(run, seen.around)}"
