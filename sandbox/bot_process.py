"""The bot as a process of its own, started again when it ends, as a host with a Procfile does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SETTINGS = ("SLACK_", "RETUNE_", "SPEECH_TO_TEXT_", "STT_", "IBM_", "VCAP_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
PASSED_ON = (
    *("RETUNE_POLL_LANGUAGE", "RETUNE_POLL_ACOUSTIC", "RETUNE_INVENTORY", "RETUNE_ANNOUNCE", "RETUNE_APPROVALS"),
    *("RETUNE_SELF_APPROVAL", "RETUNE_APPROVAL_TTL", "RETUNE_TIMEZONE", "RETUNE_PARALLEL", "RETUNE_LOG"),
    *("RETUNE_GUESTS", "RETUNE_SHARED_CHANNEL", "RETUNE_HEALTH_PORT", "RETUNE_BIND"),
)
FAULTY_SETTINGS = 2


class BotProcess:
    """Runs `python -m bot` with *environment*, in *folder*, so that it reads no other settings file.

    *arguments* are Python's, for a bot that is started differently.
    """

    def __init__(
        self,
        root: Path,
        folder: Path,
        environment: dict[str, str],
        *,
        quiet: bool,
        arguments: Sequence[str] = ("-m", "bot"),
    ) -> None:
        self._root = root
        self._arguments = arguments
        self._folder = folder
        self._environment = environment
        self._quiet = quiet
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lines: deque[str] = deque(maxlen=200)
        self.ended = asyncio.Event()
        self.gave_up = False
        self._again = False
        self._stinted = False

    @property
    def pid(self) -> int | None:
        """The process id of the bot that runs now."""
        return self._process.pid if self._process else None

    def kill(self) -> None:
        """`kill -9`; it is started again."""
        self._signal(signal.SIGKILL)

    def restart(self) -> None:
        """SIGTERM; it is started again although it ended cleanly."""
        self._again = True
        self._signal(signal.SIGTERM)

    def stint(self, on: bool) -> None:
        """The bot's files can't grow any more, as on a broken disk; only on Linux."""
        self._stinted = on
        if self.pid is not None and hasattr(resource, "prlimit"):
            _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (1 if on else most, most))

    def _signal(self, which: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(which)

    def output(self) -> str:
        """The last lines the bot printed."""
        return "\n".join(self._lines)

    async def __aenter__(self) -> Self:
        await self._start()
        self._keeper = asyncio.create_task(self._keep(), name="bot keeper")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _start(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(SETTINGS)}
        chosen = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._arguments,
            cwd=self._folder,
            env={
                **inherited,
                **self._environment,
                **chosen,
                "PYTHONPATH": str(self._root),
                "IBM_CREDENTIALS_FILE": os.devnull,  # IBM's SDK would prefer a file in the home folder
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        if self._stinted:
            self.stint(True)

    async def _keep(self) -> None:
        while True:
            process = self._process
            assert process is not None
            assert process.stdout is not None
            async for line in process.stdout:
                text = line.decode(errors="replace").rstrip()
                self._lines.append(text)
                if not self._quiet:
                    print(f"  bot | {text}", flush=True)
            code = await process.wait()
            if code in (0, 1, FAULTY_SETTINGS) and not self._again:
                print(f"The bot ended with exit code {code}.\n{self.output()}", file=sys.stderr, flush=True)
                self.gave_up = True
                self.ended.set()
                return
            why = f"by signal {-code}" if code < 0 else f"with exit code {code}"
            print(f"The bot ended {why}; starting it again.", flush=True)
            self._again = False
            await self._start()
