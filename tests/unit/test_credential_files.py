"""Files with credentials that others can read or change are warned of, with what to type."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.credential_files import warnings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the bot starts; the home folder is another one."""
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def put(path: Path, mode: int, text: str = "") -> None:
    path.write_text(text)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o600, None),
        (0o400, None),
        (0o700, None),
        (0o640, ".env can be read by other users of this machine: chmod 600 .env"),
        (0o604, ".env can be read by other users of this machine: chmod 600 .env"),
        (0o644, ".env can be read by other users of this machine: chmod 600 .env"),
        (0o602, ".env can be changed by other users of this machine: chmod 600 .env"),
        (0o664, ".env can be changed by other users of this machine: chmod 600 .env"),
    ],
)
def test_dotenv(folder: Path, mode: int, said: str | None):
    """The group and everybody else count."""
    put(folder / "work" / ".env", mode)
    assert warnings(["stt"]) == ([said] if said else [])


def test_no_files():
    """Settings may come from the environment alone."""
    assert warnings(["stt"]) == []


def test_ibms_file(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The one that IBM's SDK reads: the named one, else that of the working folder, else that of the home folder."""
    put(folder / "home" / "ibm-credentials.env", 0o644)
    assert warnings(["stt"]) == [
        f"{folder}/home/ibm-credentials.env can be read by other users of this machine: "
        f"chmod 600 {folder}/home/ibm-credentials.env"
    ]
    put(folder / "work" / "ibm-credentials.env", 0o644)
    assert [told.split()[0] for told in warnings(["stt"])] == ["ibm-credentials.env"]
    put(folder / "other", 0o644)
    monkeypatch.setenv("IBM_CREDENTIALS_FILE", str(folder / "other"))
    assert [told.split()[0] for told in warnings(["stt"])] == [str(folder / "other")]
    monkeypatch.setenv("IBM_CREDENTIALS_FILE", os.devnull)
    assert warnings(["stt"]) == []


def test_token_files(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """A file with a token that a setting of an instance names, wherever that setting is."""
    put(folder / "token", 0o644)
    put(folder / "work" / "ibm-credentials.env", 0o600, f"STT_CR_TOKEN_FILENAME={folder}/token\n")
    assert [told.split()[0] for told in warnings(["stt"])] == [str(folder / "token")]


def test_a_link(folder: Path):
    """What it leads to counts; the link itself is always open."""
    put(folder / "real", 0o600)
    (folder / "work" / ".env").symlink_to(folder / "real")
    assert warnings(["stt"]) == []
    (folder / "real").chmod(0o644)
    assert [told.split()[0] for told in warnings(["stt"])] == [".env"]
