"""Where the file lies, and who else has it open."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.store import Store
from bot.store.surroundings import has_wal_fault, network, others, warnings

OPENS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT 1 FROM runs")
print(flush=True)
input()
"""

MOUNTS = r"""/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
nas:/export /srv/data nfs4 rw,vers=4.2 0 0
/dev/sdb1 /srv/data/local xfs rw 0 0
//nas/share /mnt/with\040space cifs rw 0 0
host /home/ada/far fuse.sshfs rw 0 0
/dev/sdc1 /twice ext4 rw 0 0
nas:/other /twice nfs rw 0 0
short
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/retune.db", None),
        ("/srv/data/retune.db", "nfs4"),
        ("/srv/data/local/retune.db", None),
        ("/srv/database/retune.db", None),
        ("/mnt/with space/retune.db", "cifs"),
        ("/home/ada/far/away/retune.db", "fuse.sshfs"),
        ("/home/ada/retune.db", None),
        ("/twice/retune.db", "nfs"),
    ],
)
def test_network(path: str, kind: str | None):
    """The nearest mount counts, and of two on one place the last."""
    assert network(MOUNTS, Path(path)) == kind


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_with_the_fault(version: tuple[int, ...], faulty: bool):
    assert has_wal_fault(version) is faulty


def test_a_second_process(tmp_path: Path):
    """Warned of while it has the file open, where this SQLite has the fault; our own connections are none."""
    path = tmp_path / "retune.db"
    with Store(path), Store(path):
        assert others(path) == []
        assert warnings(path, (3, 40, 1)) == []
    with subprocess.Popen([sys.executable, "-c", OPENS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as second:
        assert second.stdout is not None
        second.stdout.readline()
        (told,) = warnings(path, (3, 40, 1))
        assert str(second.pid) in told
        assert "SQLite 3.40.1 has a rare fault" in told
        assert warnings(path, (3, 51, 3)) == []
        second.communicate(b"\n")
    assert warnings(path, sqlite3.sqlite_version_info) == []
