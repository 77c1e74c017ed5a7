"""Signs: the emoji before a state, each with one meaning.

States of a request, a run and a step that mean the same share one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum, unique

from bot.domain.outcomes import NOT_SENT, PASSED_OVER, CauseKind
from bot.domain.requests import Request, RequestState
from bot.domain.runs import Run, RunState, StepRecord, StepState
from bot.domain.verdicts import Verdict


@unique
class Sign(StrEnum):
    """Every sign by its meaning, in Slack's names."""

    # Deciding
    ASKED = ":ballot_box_with_ballot:"
    """Waits for approval."""
    APPROVED = ":thumbsup:"
    """Approved; it starts next."""
    SCHEDULED = ":alarm_clock:"
    """Starts at a time, or in certain hours."""
    REJECTED = ":thumbsdown:"
    WITHDRAWN = ":leftwards_arrow_with_hook:"
    EXPIRED = ":hourglass:"
    REMINDS = ":bell:"

    # Going on
    TO_COME = ":white_large_square:"
    """A run in its queue, a step that is planned, a cell of the progress bar."""
    RUNNING = ":arrows_counterclockwise:"
    LATE = ":stopwatch:"
    """Takes longer than estimated."""
    PERSON = ":raised_hand:"
    """Waits for a change by a person."""
    UNCLEAR = ":question:"
    """It is unclear whether a step began; an approver decides."""
    PAUSED = ":double_vertical_bar:"
    GOES_ON = ":arrow_forward:"
    """Resumed, retried, or sent again."""
    HELD = ":pushpin:"
    FROZEN = ":snowflake:"
    UNFROZEN = ":sunny:"
    MILESTONE = ":chart_with_upwards_trend:"

    # Ended
    DONE = ":white_check_mark:"
    UNPROVEN = ":triangular_flag_on_post:"
    """Trained, and no newer version is shown."""
    FAILED = ":x:"
    STOPPED = ":octagonal_sign:"
    """Ended by a person before it was done."""
    LEFT_OUT = ":twisted_rightwards_arrows:"
    """Not started, because something changed since it was approved."""
    NOT_NEEDED = ":heavy_minus_sign:"
    PASSED_OVER = ":fast_forward:"
    """Not possible this way; the next step follows."""

    # Models
    CURRENT = ":large_green_circle:"
    LIKELY_OUTDATED = ":large_yellow_circle:"
    OUTDATED = ":large_orange_circle:"
    BROKEN = ":red_circle:"
    """The service gives the model the status failed."""
    BUSY = ":large_blue_circle:"
    """The service is working on the model."""
    UNKNOWN = ":large_purple_circle:"
    EMPTY = ":white_circle:"
    RETIRED = ":no_entry:"
    RECREATE = ":hammer_and_wrench:"
    PAIR = ":link:"
    EXPERIMENTAL = ":test_tube:"
    SNOOZED = ":zzz:"

    # Changed outside Retune
    DELETED = ":wastebasket:"
    UPGRADED = ":arrow_up:"
    BACK = ":satellite_antenna:"
    """An instance that is read again."""
    CREATED = ":new:"
    TRAINED = ":mortar_board:"

    # Anywhere
    ATTENTION = ":warning:"
    URGENT = ":rotating_light:"
    NOTE = ":information_source:"
    """Information; nothing to do."""
    READING = ":mag:"
    """Being read; the answer follows."""
    CONTINUED = ":arrow_right_hook:"
    """Replaces a message that is gone."""
    NO_CHANNEL = ":mailbox_closed:"
    PRIVATE = ":lock:"


OF_VERDICT: Mapping[Verdict, Sign] = {
    Verdict.RETIRED: Sign.RETIRED,
    Verdict.RECREATE: Sign.RECREATE,
    Verdict.OUTDATED: Sign.OUTDATED,
    Verdict.LIKELY_OUTDATED: Sign.LIKELY_OUTDATED,
    Verdict.FAILED: Sign.BROKEN,
    Verdict.BUSY: Sign.BUSY,
    Verdict.UNKNOWN: Sign.UNKNOWN,
    Verdict.EMPTY: Sign.EMPTY,
    Verdict.CURRENT: Sign.CURRENT,
}

OF_REQUEST_STATE: Mapping[RequestState, Sign] = {
    RequestState.OPEN: Sign.ASKED,
    RequestState.SCHEDULED: Sign.APPROVED,
    RequestState.RUNNING: Sign.RUNNING,
    RequestState.PAUSED: Sign.PAUSED,
    RequestState.DONE: Sign.DONE,
    RequestState.FAILED: Sign.FAILED,
    RequestState.REJECTED: Sign.REJECTED,
    RequestState.WITHDRAWN: Sign.WITHDRAWN,
    RequestState.EXPIRED: Sign.EXPIRED,
    RequestState.CHANGED: Sign.LEFT_OUT,
    RequestState.CANCELLED: Sign.STOPPED,
}

OF_RUN_STATE: Mapping[RunState, Sign] = {
    RunState.QUEUED: Sign.TO_COME,
    RunState.RUNNING: Sign.RUNNING,
    RunState.DONE: Sign.DONE,
    RunState.FAILED: Sign.FAILED,
    RunState.LEFT_OUT: Sign.LEFT_OUT,
    RunState.CANCELLED: Sign.STOPPED,
}

OF_STEP_STATE: Mapping[StepState, Sign] = {
    StepState.PLANNED: Sign.TO_COME,
    StepState.STARTING: Sign.RUNNING,
    StepState.WAITING: Sign.RUNNING,
    StepState.DONE: Sign.DONE,
    StepState.FAILED: Sign.FAILED,
}


def of_request(request: Request) -> Sign:
    """The sign of a request as it is now."""
    match request.state:
        case RequestState.SCHEDULED if request.not_before is not None:
            return Sign.SCHEDULED
        case RequestState.DONE if not request.several and request.first.unproven:
            return Sign.UNPROVEN
        case RequestState.CHANGED if all(_was_held(run) for run in request.runs):
            return Sign.HELD
    return OF_REQUEST_STATE[request.state]


def of_run(run: Run, *, held: bool = False, late: bool = False) -> Sign:
    """The sign of one model of a request. *held*: a hold keeps it from starting; *late*: longer than estimated."""
    match run.state:
        case RunState.QUEUED if held:
            return Sign.HELD
        case RunState.RUNNING if run.unclear:
            return Sign.UNCLEAR
        case RunState.RUNNING if run.waits_for_a_person:
            return Sign.PERSON
        case RunState.RUNNING if late:
            return Sign.LATE
        case RunState.DONE if run.unproven:
            return Sign.UNPROVEN
        case RunState.LEFT_OUT if _was_held(run):
            return Sign.HELD
    return OF_RUN_STATE[run.state]


def of_step(run: Run, record: StepRecord) -> Sign:
    """The sign of one step of *run*."""
    outcome = record.outcome
    if record.state is StepState.DONE and outcome is not None and outcome.end in NOT_SENT:
        return Sign.NOT_NEEDED
    if record.state is StepState.DONE and outcome is not None and outcome.end in PASSED_OVER:
        return Sign.PASSED_OVER
    if record is run.current and run.unclear:
        return Sign.UNCLEAR
    if record is run.current and run.waits_for_a_person:
        return Sign.PERSON
    return OF_STEP_STATE[record.state]


def without(line: str) -> str:
    """Our own line as it is read aloud: without signs. Quoted words in it have none."""
    return _SIGN.sub("", line)


_SIGN = re.compile("|".join(re.escape(f"{sign} ") for sign in Sign))


def _was_held(run: Run) -> bool:
    return run.cause is not None and run.cause.kind is CauseKind.ON_HOLD
