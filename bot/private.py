"""Files readable only by their owner from the start, and advice on files that others can read or change."""

from __future__ import annotations

import logging
import os
import resource
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bot.errors import SettingsError

log = logging.getLogger(__name__)

MODE = 0o600
"""Read and write for the owner."""

OTHERS_READ, OTHERS_WRITE = 0o044, 0o022
"""The permissions of the group and of everyone."""


def shut() -> None:
    """Make everything this process creates from now on unreadable for others, including core dumps."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def create(path: Path) -> int:
    """Create a file and return its descriptor. Raises `FileExistsError` for anything in its place, including links."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)


def tighten(path: Path) -> bool:
    """Remove the permissions of others from a file; returns whether they had any. It may be missing, or another user's.

    Works by name: opening and closing a database file would drop this process's locks on it (POSIX).
    """
    try:
        found = path.lstat()
        rights = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode) or not rights & ~MODE:
            return False
        path.chmod(rights & MODE)
    except OSError:
        return False
    return True


@contextmanager
def output(path: Path | None) -> Iterator[BinaryIO]:
    """A new file to write to, or standard output. An unfinished file is deleted.

    Raises `SettingsError` if the file can't be created, or the name is taken.
    """
    if path is None:
        _close_to_others(sys.stdout.fileno())
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    try:
        descriptor = create(path)
    except OSError as error:
        raise SettingsError([f"--output: {path} cannot be made ({error.strerror}); name a new file."]) from error
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _close_to_others(descriptor: int) -> None:
    """A shell's `>` creates a file that others may read: an empty one is restricted, otherwise a warning is printed."""
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_mode & (OTHERS_READ | OTHERS_WRITE):
        try:
            if found.st_size:
                raise PermissionError
            os.fchmod(descriptor, MODE)
        except OSError:
            log.warning("other users of this machine can read what this is written to: use --output FILE")


def readable(path: Path) -> str | None:
    """Who else can read or change a file with secrets, and the command to fix it; None if no one can."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) or not found.st_mode & (OTHERS_READ | OTHERS_WRITE):
        return None
    what = "changed" if found.st_mode & OTHERS_WRITE else "read"
    return f"{path} can be {what} by other users of this machine: chmod 600 {path}"


def open_folder(path: Path) -> str | None:
    """Whether others can put files beside *path*, and how to fix it; None if no one can."""
    folder = path.parent
    try:
        found = folder.stat()
    except OSError:
        return None
    if not found.st_mode & OTHERS_WRITE:
        return None
    if found.st_mode & stat.S_ISVTX:  # such as /tmp: its permissions can't be restricted
        return f"every user of this machine can put files beside {path}: move it to a folder of its own (mode 700)"
    return f"other users of this machine can replace files in {folder}: chmod go-w {folder}"
