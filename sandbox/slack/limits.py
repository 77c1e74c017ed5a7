"""Rate limits, always on: one post a second per channel with a short burst, and a tier for every other method.

Slack guarantees only a minimum for each tier, and no size for a burst; these figures are the minimums. Time and scale
are arguments: a test can move the clock or widen all limits, but not switch them off.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from .workspace import Json

BURST = 5
"""Posts a channel accepts at once before the limit of one a second; Slack publishes no number."""

WORKSPACE = 300
"""Posts a minute in all channels together: Slack says several hundred."""

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls per minute in each tier, by method."""

SPECIAL = 300
"""Calls per minute of methods outside the tiers; Slack calls these limits generous."""

TIERS = {
    **dict.fromkeys(("conversations.list", "pins.add", "pins.remove", "users.list"), 2),
    **dict.fromkeys(("usergroups.list", "usergroups.users.list"), 2),
    **dict.fromkeys(("apps.connections.open", "chat.delete", "chat.update", "team.info"), 3),
    **dict.fromkeys(("conversations.info", "conversations.history", "conversations.replies"), 3),
    **dict.fromkeys(("conversations.join", "conversations.open", "reactions.add", "reactions.remove"), 3),
    **dict.fromkeys(("chat.postEphemeral", "conversations.members", "users.info"), 4),
    **dict.fromkeys(("files.completeUploadExternal", "files.getUploadURLExternal"), 4),
    **dict.fromkeys(("views.open", "views.publish", "views.push", "views.update"), 4),
}
"""The published tier of each method; all others are special."""


@dataclass
class _Bucket:
    """What is left of an allowance that refills evenly."""

    left: float
    at: float


class Limits:
    """The app's recent calls.

    *clock* returns seconds; *scale* widens every limit: 1 is Slack, 1000 is for tests of other things.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, scale: float = 1.0) -> None:
        self._clock = clock
        self._scale = scale
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def wait(self, method: str, arguments: Json) -> int | None:
        """The seconds of `Retry-After` if a call comes too early; None counts the call and allows it."""
        if method == "chat.postMessage":
            channel = str(arguments.get("channel") or "")
            return self._take((method, channel), BURST, 1.0) or self._take((method, ""), WORKSPACE, WORKSPACE / 60)
        most = PER_MINUTE.get(TIERS.get(method, 0), SPECIAL)
        return self._take((method, ""), most, most / 60)

    def _take(self, key: tuple[str, str], most: int, a_second: float) -> int | None:
        now, most_now, rate = self._clock(), most * self._scale, a_second * self._scale
        bucket = self._buckets.setdefault(key, _Bucket(most_now, now))
        bucket.left = min(most_now, bucket.left + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.left < 1:
            return max(1, math.ceil((1 - bucket.left) / rate))
        bucket.left -= 1
        return None
