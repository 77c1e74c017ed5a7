"""The states of requests and runs, as people read them: one word and one sign each."""

from __future__ import annotations

from bot.domain.requests import Request, RequestState
from bot.domain.runs import RunState

WORDS = {RequestState.OPEN: "waiting for approval", RequestState.SCHEDULED: "approved"}
"""Where the word that people read is not the state's own."""

SIGNS = {
    RequestState.OPEN: ":ballot_box_with_check:",
    RequestState.SCHEDULED: ":white_check_mark:",
    RequestState.RUNNING: ":hourglass_flowing_sand:",
    RequestState.PAUSED: ":double_vertical_bar:",
    RequestState.DONE: ":checkered_flag:",
    RequestState.FAILED: ":x:",
    RequestState.REJECTED: ":no_entry_sign:",
    RequestState.WITHDRAWN: ":leftwards_arrow_with_hook:",
    RequestState.EXPIRED: ":alarm_clock:",
    RequestState.CHANGED: ":arrows_counterclockwise:",
    RequestState.CANCELLED: ":octagonal_sign:",
}

RUN_SIGNS = {
    RunState.QUEUED: ":white_circle:",
    RunState.RUNNING: ":hourglass_flowing_sand:",
    RunState.DONE: ":white_check_mark:",
    RunState.FAILED: ":x:",
    RunState.LEFT_OUT: ":arrows_counterclockwise:",
    RunState.CANCELLED: ":octagonal_sign:",
}


def state_word(request: Request) -> str:
    """The state of a request in people's words."""
    return WORDS.get(request.state, request.state.value)
