"""The file's surroundings: its file system and other processes that have it open. Not errors, but data may be lost."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bot import private

NETWORK = frozenset(
    {"9p", "afs", "ceph", "cifs", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"}
    | {"glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"}
)
"""File systems whose locks and shared memory SQLite can't rely on."""

FAULTY = ((3, 7, 0), (3, 51, 2))
"""From and to: versions of SQLite in which two connections in WAL mode can damage the file, very rarely."""

MENDED = frozenset({(3, 44, 6), (3, 50, 7)})
"""Versions in between without the fault."""

LITTLE = 50 * 1024 * 1024
"""Free bytes below which the disk counts as full."""


def network(mounts: str, path: Path) -> str | None:
    """The type of the network file system that holds *path*, from the text of `/proc/mounts`; None on a local disk."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) < 3:
            continue
        where = Path(re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), parts[1]))
        if path.is_relative_to(where) and len(where.parts) >= best:  # the last of several mounts at one place counts
            best, kind = len(where.parts), parts[2]
    return kind if kind in NETWORK else None


def has_wal_fault(version: tuple[int, ...]) -> bool:
    """Whether two processes must not open the file with this version of SQLite."""
    return FAULTY[0] <= version <= FAULTY[1] and version not in MENDED


def others(path: Path, processes: Path = Path("/proc")) -> list[int]:
    """The ids of other processes on this machine that have the file open, as far as visible."""
    found = []
    for folder in processes.glob("[0-9]*"):
        if folder.name != str(os.getpid()) and path in _opened(folder / "fd"):
            found.append(int(folder.name))
    return sorted(found)


def _opened(folder: Path) -> Iterator[Path]:
    try:
        for file in folder.iterdir():
            yield Path(os.readlink(file))
    except OSError:
        return  # it ended, or belongs to another user


def warnings(database: Path, version: tuple[int, ...] = sqlite3.sqlite_version_info) -> list[str]:
    """Warnings for the operator about the file's surroundings, one sentence each."""
    path, found = database.resolve(), []
    mounts = Path("/proc/mounts")
    if mounts.is_file() and (kind := network(mounts.read_text("utf-8", "replace"), path)):
        found.append(
            f"the database {database} is on a network file system ({kind}), where SQLite can lose or damage data: "
            "put it on a local disk."
        )
    if has_wal_fault(version) and (pids := others(path)):
        found.append(
            f"process {', '.join(map(str, pids))} also has the database {database} open, and SQLite "
            f"{'.'.join(map(str, version))} has a rare fault that can damage a file that two processes write to: run "
            "only one process, or use SQLite 3.51.3 or newer."
        )
    found += filter(None, (private.readable(path), private.open_folder(path)))
    return found


def free(database: Path) -> int:
    """Free bytes on its disk."""
    return shutil.disk_usage(database.resolve().parent).free
