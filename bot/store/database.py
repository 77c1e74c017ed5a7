"""The one way to the store: *work* is a plain function that gets the store inside one transaction.

Nothing awaits inside a transaction, so the same work could run on another thread for another engine. On SQLite it runs
on the event loop's own thread: a committed row costs about 12 µs there; a hop to another thread costs 90 to 200 µs.
Waiting for a write lock blocks the loop for `Store.BUSY` at most; then the loop gets a turn and the work is tried again
from its beginning until its deadline. So work must do nothing but read and write the store.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TypeVar

from bot.errors import DatabaseUnusable, StoreUnavailable
from bot.store import NEWER, Store
from bot.store.audit import SealingKey
from bot.store.troubles import trouble

T = TypeVar("T")

DEADLINE = 2.0
"""Seconds for the work to succeed: Slack waits three for an answer."""

PAUSE = 0.03
"""Seconds between two attempts; the event loop gets a turn."""

LOOK = 1.0
"""Seconds between two checks that the file is still the one we opened."""

REOPEN = 5.0
"""Seconds between two attempts to open it again."""


WAITED = "another process has locked it"


class Database(AbstractContextManager["Database"]):
    """The open database. Use as a context manager; closing is the last thing a process does."""

    def __init__(self, path: Path | str, key: SealingKey | None = None) -> None:
        """Open and migrate *path*; *key* seals the audit. Raises `SettingsError` if it can't be used."""
        self.store = Store(path, key=key)
        self._path, self._key = Path(path), key
        self._turn = asyncio.Lock()
        self._know()

    def _know(self) -> None:
        """Remember which file was opened."""
        self._file, self._shape = _file(self._path), self.store.shape()
        self._looked_at = 0.0
        self._reopen_at: float | None = None

    async def read(self, work: Callable[[Store], T], *, deadline: float = DEADLINE) -> T:
        """The result of *work*, all from one moment. Locks of other processes do not delay it.

        Raises `StoreUnavailable`.
        """
        until = asyncio.get_running_loop().time() + deadline
        return await self._until(until, lambda: self._once(work, lambda: self.store.reading()))

    async def write(
        self, work: Callable[[Store], T], *, deadline: float = DEADLINE, durable: bool = False, done: bool = False
    ) -> T:
        """Do all of *work* or nothing, with other writers locked out. Raises `StoreUnavailable`: nothing was done.

        *durable*: survives a power loss, not only a crash of the process. For the one commit that must come before a
        request that cannot be undone. *done*: it records something that was already done outside.
        """
        until = asyncio.get_running_loop().time() + deadline

        def once() -> T:
            return self._once(work, lambda: self.store.transaction(durable=durable), done)

        if not self._turn.locked():
            try:
                return once()
            except StoreUnavailable as error:
                if not error.passing:
                    raise
        # Each attempt blocks the loop for a moment, so one waiter tries for all: a hundred must not block it in turn.
        try:
            async with asyncio.timeout_at(until):
                await self._turn.acquire()
        except TimeoutError as error:
            raise StoreUnavailable(WAITED, done=done) from error
        try:
            return await self._until(until, once)
        finally:
            self._turn.release()

    async def _until(self, until: float, once: Callable[[], T]) -> T:
        """Try until it succeeds or the deadline passes."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return once()
            except StoreUnavailable as error:
                if not error.passing or loop.time() >= until:
                    raise
            await asyncio.sleep(PAUSE)

    def _once(
        self, work: Callable[[Store], T], transaction: Callable[[], AbstractContextManager[None]], done: bool = False
    ) -> T:
        """One attempt. Raises `StoreUnavailable`."""
        now = asyncio.get_running_loop().time()
        self._look(now)
        try:
            with transaction():
                return work(self.store)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                raise  # a bug of ours, not a database problem
            found = trouble(error)
            if found.reopen and self._reopen_at is None:
                self._reopen_at = now + REOPEN
            raise StoreUnavailable(found.cause, done=done, passing=found.passing) from error

    def _look(self, now: float) -> None:
        """Check that the file is the one we opened; open it again if it is not, or after it was unusable.

        Raises `StoreUnavailable` while there is no usable file, or only a newer version's.
        """
        if now - self._looked_at < LOOK:
            return
        file = _file(self._path)
        if self._file is not None and file is None:
            raise StoreUnavailable(f"the file {self._path} is gone", passing=False)
        if file != self._file:
            with suppress(sqlite3.Error):  # otherwise SQLite uses the old file's log for the new file
                self.store.pragma("wal_checkpoint(TRUNCATE)")
            self.close()
            self.store = _opened(self._path, self._key)
            self._know()
        elif self._reopen_at is not None and now >= self._reopen_at:
            self._reopen_at = now + REOPEN
            with suppress(StoreUnavailable):  # readable parts are read meanwhile
                old, self.store = self.store, _opened(self._path, self._key)
                old.close()
                self._know()
        with suppress(sqlite3.DatabaseError):  # the next user gets the error
            if self.store.shape() != self._shape:
                if self.store.newer():
                    raise StoreUnavailable(NEWER, passing=False)
                self._shape = self.store.shape()
            self._looked_at = now

    def close(self) -> None:
        """Closes the file."""
        self.store.close()

    def __exit__(self, *error: object) -> None:
        self.close()


def _opened(path: Path, key: SealingKey | None) -> Store:
    try:
        return Store(path, patience=Store.BUSY, key=key)
    except DatabaseUnusable as error:
        raise StoreUnavailable(error.cause, passing=False) from error


def _file(path: Path) -> tuple[int, int] | None:
    """Identifies a file, to notice a replacement; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
