"""Rate limits, on from the start: one post a second and channel with a short burst, and a tier for every other method.

Slack promises only the least that each tier takes, and no size for a burst; the figures here are those least ones.
Time and scale are arguments: a test moves the clock or makes all limits wider, and nothing switches them off.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from .workspace import Json

BURST = 5
"""Posts that one channel takes at once before one a second counts; Slack publishes no number."""

WORKSPACE = 300
"""Posts a minute in all channels together: Slack says several hundred."""

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls that a tier takes, by method."""

SPECIAL = 300
"""Calls a minute of methods outside the tiers, which Slack calls generous."""

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
"""The published tier of each method; what is not here is special."""


@dataclass
class _Bucket:
    """What is left of an allowance that refills evenly."""

    left: float
    at: float


class Limits:
    """What the app called lately.

    *clock* gives seconds; *scale* widens every limit: 1 is Slack, 1000 is for tests that are about something else.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, scale: float = 1.0) -> None:
        self._clock = clock
        self._scale = scale
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def wait(self, method: str, arguments: Json) -> int | None:
        """The seconds of `Retry-After` where a call comes too early; None counts the call and lets it pass."""
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
