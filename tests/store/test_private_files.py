"""Only their owner can read the database, what SQLite keeps beside it, and exports; what others could is said."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import private
from bot.errors import SettingsError
from bot.store import Store
from bot.store.surroundings import warnings

ROOT = Path(__file__).parents[2]


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """What new files lack."""
    old = os.umask(mask)
    try:
        yield
    finally:
        os.umask(old)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.iterdir()}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_new_files(tmp_path: Path, mask: int):
    """Whatever the umask: the database, its log and the log's index."""
    with umask(mask), Store(tmp_path / "retune.db") as store:
        store.pragma("user_version = 1")
        assert modes(tmp_path) == dict.fromkeys(("retune.db", "retune.db-wal", "retune.db-shm"), 0o600)


def test_never_open_for_a_moment(tmp_path: Path):
    """The file has no right for others when SQLite gets it: not even before the first table is in it."""
    seen = []

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event == "sqlite3.connect" and str(tmp_path) in str(arguments[0]):
            seen.append(modes(tmp_path))

    sys.addaudithook(look)  # it stays for the process, and looks at this folder only
    with umask(0):
        Store(tmp_path / "retune.db").close()
    assert seen == [{"retune.db": 0o600}]


def test_a_rollback_journal(tmp_path: Path):
    """Also where SQLite writes a journal instead of a log, as it does while it changes back."""
    with umask(0), Store(tmp_path / "retune.db") as store:
        store.pragma("journal_mode = PERSIST")
        store.pragma("user_version = 1")
        assert modes(tmp_path) == dict.fromkeys(("retune.db", "retune.db-journal"), 0o600)


def test_files_that_others_could_read(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """They are closed at the next start, and that is said once; rights that the owner lacks are not given."""
    path = tmp_path / "retune.db"
    Store(path).close()
    path.chmod(0o644)
    (tmp_path / "retune.db-journal").touch()
    (tmp_path / "retune.db-journal").chmod(0o664)
    with caplog.at_level(logging.WARNING):
        Store(path).close()
        Store(path).close()
    assert set(modes(tmp_path).values()) == {0o600}
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"other users of this machine could read {path}{end}; its mode is now 600" for end in ("", "-journal")
    ]
    path.chmod(0o444)
    assert private.tighten(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_links(tmp_path: Path):
    """A link to a database that is not there yet makes none that others can read; a link beside it is left alone."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "retune.db").symlink_to(tmp_path / "disk" / "real.db")
    with umask(0), Store(tmp_path / "retune.db"):
        assert set(modes(tmp_path / "disk").values()) == {0o600}
    theirs = tmp_path / "theirs"
    theirs.touch()
    theirs.chmod(0o644)
    (tmp_path / "disk" / "real.db-journal").symlink_to(theirs)
    assert not private.tighten(tmp_path / "disk" / "real.db-journal")
    assert modes(tmp_path)["theirs"] == 0o644


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o700, None),
        (0o755, None),
        (0o775, "other users of this machine can replace files in {folder}: chmod go-w {folder}"),
        (0o777, "other users of this machine can replace files in {folder}: chmod go-w {folder}"),
        (0o1777, "every user of this machine can put files beside {path}: move it to a folder of its own (mode 700)"),
    ],
)
def test_the_folder(tmp_path: Path, mode: int, said: str | None):
    """Who can write to the folder can put another file in the place of the database."""
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "retune.db"
    Store(path).close()
    folder.chmod(mode)
    assert warnings(path, (3, 51, 3)) == ([said.format(folder=folder, path=path)] if said else [])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """One with a folder of its own."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "retune.db"
    Store(path).close()
    return path


def exported(database: Path, command: str, mask: int = 0) -> subprocess.CompletedProcess[str]:
    """`python -m bot audit export` in a shell, with a *mask* that takes no rights away."""
    return subprocess.run(
        ["sh", "-c", f'umask {mask:o}; "$0" -m bot audit export {command}', sys.executable],
        cwd=database.parents[1],
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "RETUNE_DATABASE": str(database)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("command", ["--output audit.csv", "> audit.csv"])
def test_exports(database: Path, command: str):
    """A file that only its owner can read, whether we make it or the shell does."""
    done = exported(database, command)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = database.parents[1] / "audit.csv"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert made.read_text().startswith('"id",')


def test_exports_go_where_they_are_told(database: Path):
    """What is there already, a link included, is neither followed nor written over."""
    folder = database.parents[1]
    theirs = folder / "theirs"
    theirs.write_text("precious")
    for name, target in (("link", theirs), ("dangling", folder / "nothing")):
        (folder / name).symlink_to(target)
    for name in ("theirs", "link", "dangling", "data", "no/such/folder"):
        done = exported(database, f"--output {name}")
        assert done.returncode == 2, name
        assert f"--output: {name} cannot be made" in done.stderr
    assert theirs.read_text() == "precious"
    assert not (folder / "nothing").exists()


def test_an_export_that_fails_leaves_nothing(tmp_path: Path):
    """No half file is taken for a whole one."""

    def fail() -> None:
        with private.output(tmp_path / "audit.csv") as out:
            out.write(b"half")
            raise SettingsError(["broken"])

    with pytest.raises(SettingsError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_export_behind_other_text(database: Path):
    """A file that had something in it keeps its rights, and that is said."""
    log = database.parents[1] / "log.txt"
    log.write_text("before\n")
    log.chmod(0o644)
    done = exported(database, ">> log.txt")
    assert "use --output FILE" in done.stderr
    assert stat.S_IMODE(log.stat().st_mode) == 0o644


def test_no_core_dump(tmp_path: Path):
    """A process that is killed in a way that would leave its memory on the disk leaves nothing."""
    code = "import resource\nfrom bot import private\nprivate.shut()\nprint(resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "(0, 0)\n"
