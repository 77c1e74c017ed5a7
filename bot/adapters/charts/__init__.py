"""`Charts`: each picture is drawn by a short-lived process, `python -m bot.adapters.charts.drawing`.

In the bot, matplotlib would permanently add 60 MB to a process with a target of 90. The child takes 0.9 to 1.4 s,
nearly all of it imports, and 87 MB at its peak (2 cores, Python 3.11, matplotlib 3.11), the same for one day as for
eight weeks of 100,000 models; then all of it is freed. The bot itself never imports it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bot.domain.history import Series
from bot.errors import ChartError

COMMAND = (sys.executable, "-P", "-m", "bot.adapters.charts.drawing")
"""`-P`: files in the working directory are never imported."""

TIMEOUT = 30.0
"""Seconds; far more than a loaded machine needs, even the first time, when matplotlib lists the fonts."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"

PASSED = ("PATH", "HOME", "TMPDIR", "LANG", "XDG_CACHE_HOME", "MPLCONFIGDIR", "SYSTEMROOT")
"""The environment variables passed to the child. It gets no token."""


class ChartProcess:
    """Draws one picture at a time, so that there is never a second child in memory."""

    def __init__(self, command: Sequence[str] = COMMAND, timeout: float = TIMEOUT) -> None:
        self._command = command
        self._timeout = timeout
        self._turn = asyncio.Lock()

    async def fleet(self, series: Series) -> bytes:
        """The fleet over time as PNG, 2400 × 1260. Raises `ChartError`."""
        async with self._turn:
            return await self._draw(msgspec.json.encode(series))

    async def _draw(self, asked: bytes) -> bytes:
        pipe = asyncio.subprocess.PIPE
        try:
            # A session of its own, so that processes started by matplotlib (fc-list) are killed with it.
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment(), start_new_session=True
            )
        except OSError as error:
            raise ChartError(f"The chart cannot be drawn: {error}.") from error
        talk = asyncio.create_task(process.communicate(asked), name="chart")
        try:
            done, _ = await asyncio.wait({talk}, timeout=self._timeout)
        finally:
            # Also on cancellation. `talk` reads to the end: asyncio waits forever for a process with unread output.
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            drawn, complaint = await talk
        if not done:
            raise ChartError(f"The chart was not drawn within {self._timeout:g} s.")
        if process.returncode or not drawn.startswith(SIGNATURE):
            last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
            raise ChartError(f"The chart cannot be drawn: {last or f'exit code {process.returncode}'}.")
        return drawn


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[3])
    found = {name: os.environ[name] for name in PASSED if name in os.environ}
    return {
        **found,
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        "MPLBACKEND": "agg",
    }
