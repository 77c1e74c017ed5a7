"""The living card: the present state in a few lines. It is edited in place, so it mentions nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.domain.announcements import Findings
from bot.domain.requests import Request, RequestState
from bot.domain.runs import RunState
from bot.domain.timing import Timing
from bot.messages.announcements import state_text, unreachable
from bot.messages.kit import context, paragraph, section
from bot.messages.recurrence import often
from bot.messages.signs import OF_REQUEST_STATE
from bot.messages.text import bold, counted, some, unmarked
from bot.ports import Message

NAMES, NAME = 3, 40
"""Requests named one by one, and the characters of a model's name."""

_STATES = {
    RequestState.RUNNING: "Running",
    RequestState.PAUSED: "Paused",
    RequestState.SCHEDULED: "Approved, starts later",
    RequestState.OPEN: "Waiting for approval",
}
"""What goes on, in the order of the lines."""


def living(found: Findings, live: Sequence[Request], timing: Timing) -> Message:
    """The state of the fleet, and the requests that go on. The announcement's models are not repeated."""
    state = state_text(found.counts)
    first, dot, rest = state.partition(" · ")
    lines = list(filter(None, (_going_on(live, state) for state in _STATES)))
    small = unreachable(found)
    when = f"Announcements go out {often(timing)}" if timing.on else "Scheduled announcements are off"
    blocks = [
        section("\n".join([f"*Now: {first}*{dot}{rest}", *lines])),
        context(*small, f"Kept up to date. {when}: `/stt-announce`"),
    ]
    said = [f"Now: {unmarked(state)}", *(unmarked(line.partition(" ")[2]) for line in lines)]
    return Message(" ".join([*(f"{line}." for line in said), *small]), tuple(blocks))


def moved(channel: str) -> Message:
    """A living card after announcements moved to another channel."""
    return paragraph(f"Announcements go to <#{channel}> now; the present state is there.")


def _going_on(live: Sequence[Request], state: RequestState) -> str:
    """The requests in a state, one line: how many, and the first of them."""
    found = [request for request in live if request.state is state]
    if not found:
        return ""
    return f"{OF_REQUEST_STATE[state]} {_STATES[state]}: {some([_named(request) for request in found], NAMES)}"


def _named(request: Request) -> str:
    """A request by its model, or by the number of its models and its progress."""
    if not request.several:
        return bold(request.first.plan.model.name, NAME)
    states = Counter(run.state for run in request.meant)
    done = f", {states[RunState.DONE]:,} done" if states[RunState.DONE] else ""
    return f"{counted(len(request.meant), 'model')}{done} (request {request.id})"
