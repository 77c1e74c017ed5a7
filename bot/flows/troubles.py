"""Troubles: logged once when one begins and once when it ends, however often it is tried in between."""

from __future__ import annotations

from logging import Logger

MANY = 1000
"""Troubles remembered at a time; the oldest is forgotten first, and may be logged again."""


class Troubles:
    """The troubles of one kind that last, by what they are about.

    *begins* has room for that and the reason, *ends* for that alone.
    """

    def __init__(self, log: Logger, begins: str, ends: str) -> None:
        self._log, self._begins, self._ends = log, begins, ends
        self._lasting: dict[str, None] = {}

    def begin(self, what: str, why: str) -> None:
        """It failed, maybe again."""
        if what in self._lasting:
            return
        self._log.warning(self._begins, what, why)
        self._lasting[what] = None
        if len(self._lasting) > MANY:
            del self._lasting[next(iter(self._lasting))]

    def end(self, what: str) -> None:
        """It worked."""
        if what in self._lasting:
            del self._lasting[what]
            self._log.warning(self._ends, what)
