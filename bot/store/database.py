"""The one seam to the store: work is a plain function that is given the store inside one transaction.

Nothing awaits inside, so nothing is torn, and the same work can run on another thread for another engine. On SQLite
it runs on the event loop's own thread: a committed row costs about 12 µs there and a hop to another thread 90 to
200 µs. Whoever holds the write lock holds the loop for `Store.BUSY` at most; then the loop turns, and the work is tried
again from its beginning until its deadline. So work must do nothing but read and write the store.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from bot.errors import StoreUnavailable
from bot.store import Store

T = TypeVar("T")

DEADLINE = 2.0
"""Seconds in which work must be done: Slack waits three for an answer."""

PAUSE = 0.03
"""Seconds between two tries: others of this loop get their turn."""

_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Database(AbstractContextManager["Database"]):
    """The open database. Use as a context manager; closing is the last thing a process does."""

    def __init__(self, path: Path | str) -> None:
        """Opens and migrates *path*. Raises `SettingsError` when it cannot be used."""
        self.store = Store(path)

    async def read(self, work: Callable[[Store], T], *, deadline: float = DEADLINE) -> T:
        """What *work* reads, all of one moment. No lock of another process holds it up.

        Raises `StoreUnavailable`.
        """
        return await self._do(work, self.store.reading, deadline)

    async def write(
        self, work: Callable[[Store], T], *, deadline: float = DEADLINE, durable: bool = False, done: bool = False
    ) -> T:
        """Does all of *work* or nothing, and nobody else writes meanwhile. Raises `StoreUnavailable`: nothing is done.

        *durable*: survives a power loss, not only a crash of the process. For the one commit that must come before a
        request that cannot be undone. *done*: it notes what was done outside already.
        """
        return await self._do(work, lambda: self.store.transaction(durable=durable), deadline, done)

    async def _do(
        self,
        work: Callable[[Store], T],
        transaction: Callable[[], AbstractContextManager[None]],
        deadline: float,
        done: bool = False,
    ) -> T:
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline
        while True:
            try:
                with transaction():
                    return work(self.store)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                    raise  # a bug of ours, and no trouble of the database
                if error.sqlite_errorcode & 0xFF not in _LOCKED or loop.time() >= until:
                    raise StoreUnavailable(str(error), done=done) from error
            await asyncio.sleep(PAUSE)

    def close(self) -> None:
        """Closes the file."""
        self.store.close()

    def __exit__(self, *error: object) -> None:
        self.close()
