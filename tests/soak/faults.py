"""What can go wrong, and which of it goes wrong when: chosen by the seed, so that a schedule is short and repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """One kind of fault."""

    KILLED_BEFORE_COMMIT = "killed before a commit"
    KILLED_AFTER_COMMIT = "killed after a commit"
    KILLED_BEFORE_SERVICE = "killed before a request to the service"
    KILLED_AFTER_SERVICE = "killed after a request to the service"
    KILLED_BEFORE_SLACK = "killed before a call to Slack"
    KILLED_AFTER_SLACK = "killed after a call to Slack"
    TERMINATED = "SIGTERM"
    SERVICE_DOWN = "service unavailable for a while"
    SERVICE_BUSY = "service refuses one request for now"
    SERVICE_LOST = "answer of the service lost after its effect"
    SERVICE_UNHEARD = "request to the service lost before its effect"
    SERVICE_LATE = "effect at the service after the answer was lost"
    SERVICE_SLOW = "slow answer of the service"
    SERVICE_DOUBLED = "each model listed twice"
    SERVICE_WRONG = "a reading answered by something else"
    SERVICE_ODD = "a request taken and answered by something else"
    SERVICE_FAILS = "the service ends its work in failure"
    SERVICE_IDLE = "the service ends its work without effect"
    SLACK_DOWN = "Slack in trouble for a while"
    SLACK_BUSY = "Slack limits one call"
    SLACK_LOST = "answer of Slack lost after its effect"
    SLACK_UNHEARD = "post to Slack lost before its effect"
    SLACK_SLOW = "slow answer of Slack"
    SLACK_WRONG = "Slack answers with an error nobody knows"
    BY_HAND = "somebody upgrades a model by hand"
    DOUBLED = "delivered twice"
    HOUR_AHEAD = "clock set an hour ahead"
    HOUR_BACK = "clock set an hour back"
    DAY_AHEAD = "clock set a day ahead"
    DAY_BACK = "clock set a day back"
    LOCKED = "database locked for a moment"
    LOCKED_LONG = "database locked longer than anybody waits"
    FULL = "disk full for a while"


OFF: Mapping[Fault, str] = {}
"""Kinds that are switched off, each with its reason, until what they break is mended."""

COMMIT, SERVICE, BEGIN, SLACK, POST = "commit", "service", "begin", "slack", "post"
END, CLICK, STORM = "end", "click", "storm"

_AROUND_SERVICE = (Fault.KILLED_BEFORE_SERVICE, Fault.KILLED_AFTER_SERVICE, Fault.SERVICE_BUSY, Fault.SERVICE_SLOW)
_AROUND_SLACK = (
    *(Fault.KILLED_BEFORE_SLACK, Fault.KILLED_AFTER_SLACK, Fault.SLACK_BUSY, Fault.SLACK_SLOW, Fault.SLACK_WRONG),
)

PLACES: Mapping[str, tuple[Fault, ...]] = {
    COMMIT: (Fault.KILLED_BEFORE_COMMIT, Fault.KILLED_AFTER_COMMIT),
    SERVICE: (*_AROUND_SERVICE, Fault.SERVICE_DOUBLED, Fault.SERVICE_WRONG),
    BEGIN: (*(*_AROUND_SERVICE, Fault.SERVICE_LOST, Fault.SERVICE_UNHEARD, Fault.SERVICE_LATE, Fault.SERVICE_ODD),),
    SLACK: _AROUND_SLACK,
    POST: (*_AROUND_SLACK, Fault.SLACK_LOST, Fault.SLACK_UNHEARD),
    END: (Fault.SERVICE_FAILS, Fault.SERVICE_IDLE),
    CLICK: (Fault.DOUBLED,),
    STORM: (
        *(Fault.TERMINATED, Fault.SERVICE_DOWN, Fault.SLACK_DOWN, Fault.LOCKED, Fault.LOCKED_LONG, Fault.FULL),
        *(Fault.HOUR_AHEAD, Fault.HOUR_BACK, Fault.DAY_AHEAD, Fault.DAY_BACK, Fault.BY_HAND),
    ),
}
"""Where each kind can strike."""

RATES: Mapping[str, tuple[float, ...]] = {
    COMMIT: (0.01, 0.03, 0.1),
    SERVICE: (0.02, 0.1),
    BEGIN: (0.5, 0.9),
    SLACK: (0.01, 0.05),
    POST: (0.2, 0.5),
    END: (0.2, 0.5),
    CLICK: (0.1, 0.5),
    STORM: (0.3, 0.8),
}
"""How often a place is struck, while it has faults left."""

MOST: Mapping[str, int] = {COMMIT: 2, SERVICE: 2, BEGIN: 3, SLACK: 2, POST: 2, END: 1, CLICK: 2, STORM: 3}
"""Faults of one schedule by place: a trace that nobody can read helps nobody."""


class Killed(BaseException):
    """The process is gone."""


class Schedule:
    """The faults of one seed: some kinds, at some rates, and no more than a few."""

    def __init__(self, random: Random, off: Collection[Fault] = OFF) -> None:
        self._random = random
        possible = [fault for fault in Fault if fault not in off]
        chosen = set(random.sample(possible, random.randint(4, min(16, len(possible)))))
        self._kinds = {place: [fault for fault in kinds if fault in chosen] for place, kinds in PLACES.items()}
        self._rates = {place: random.choice(rates) for place, rates in RATES.items()}
        self._left = {place: random.randint(0, most) for place, most in MOST.items()}
        self.struck: Counter[Fault] = Counter()

    def at(self, place: str, fitting: Collection[Fault] = tuple(Fault)) -> Fault | None:
        """What strikes here now, if anything does."""
        kinds = [fault for fault in self._kinds[place] if fault in fitting]
        if not self._left[place] or not kinds or self._random.random() >= self._rates[place]:
            return None
        self._left[place] -= 1
        fault = self._random.choice(kinds)
        self.struck[fault] += 1
        return fault

    def end(self) -> None:
        """Nothing breaks any more."""
        self._left = dict.fromkeys(self._left, 0)
