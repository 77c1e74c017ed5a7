"""Files that only their owner can read, from the first moment; and what others could read or change, as advice."""

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
"""The rights of the group and of everybody."""


def shut() -> None:
    """From now on nothing that this process makes can be read by others, its memory after a crash included."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def create(path: Path) -> int:
    """Makes a new file and gives its descriptor. Raises `FileExistsError` for whatever is there, links included."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)


def tighten(path: Path) -> bool:
    """Takes the rights of others from a file; whether they had any. It need not be there, or ours.

    By its name: to open and close the file of a database would end the locks that this process has on it (POSIX).
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
    """A new file to write to, or standard output. What could not be finished is removed.

    Raises `SettingsError` where the file cannot be made, or something of that name is there already.
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
    """A shell's `>` makes a file that others may read: while it is empty, that is changed; else it is said."""
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_mode & (OTHERS_READ | OTHERS_WRITE):
        try:
            if found.st_size:
                raise PermissionError
            os.fchmod(descriptor, MODE)
        except OSError:
            log.warning("other users of this machine can read what this is written to: use --output FILE")


def readable(path: Path) -> str | None:
    """Who else can read or change a file with secrets, and what to type; None where nobody can."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) or not found.st_mode & (OTHERS_READ | OTHERS_WRITE):
        return None
    what = "changed" if found.st_mode & OTHERS_WRITE else "read"
    return f"{path} can be {what} by other users of this machine: chmod 600 {path}"


def open_folder(path: Path) -> str | None:
    """Whether others can put files beside *path*, and what to type; None where nobody can."""
    folder = path.parent
    try:
        found = folder.stat()
    except OSError:
        return None
    if not found.st_mode & OTHERS_WRITE:
        return None
    if found.st_mode & stat.S_ISVTX:  # as /tmp: nothing of it can be closed
        return f"every user of this machine can put files beside {path}: move it to a folder of its own (mode 700)"
    return f"other users of this machine can replace files in {folder}: chmod go-w {folder}"
