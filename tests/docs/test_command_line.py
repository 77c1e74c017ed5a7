"""The commands: their exit codes in the help, in the README and in life; every command that the README shows exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import EXITS, _parser
from bot.store import Store

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
OPERATION = README.split("## Operation")[1].split("## How the code is laid out")[0]

ROWS = re.findall(r"^  \| `python -m bot ([a-z ]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", OPERATION, re.MULTILINE)


def bot(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder), "IBM_CREDENTIALS_FILE": os.devnull, **settings},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def test_the_readme_tells_every_exit_code():
    """The same words as in the table behind the help."""
    told = {command: dict(enumerate(map(str.strip, codes))) for command, *codes in ROWS}
    assert told == {command: codes for command, codes in EXITS.items() if command != "audit"}


@pytest.mark.parametrize("command", EXITS)
def test_help_tells_exit_codes(command: str, capsys: pytest.CaptureFixture[str]):
    """For every command, at the end of its help."""
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args([*command.split(), "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for code, means in EXITS[command].items():
        assert f"  {code}  {means}" in said


def test_every_command_has_exit_codes():
    """A command that is added later, too."""
    commands = next(action for action in _parser()._actions if action.dest != "help" and action.choices)
    assert set(commands.choices or ()) == {command.split()[0] for command in EXITS}


NO_SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
    "RETUNE_CHANNEL": "C0SPEECH",
    "RETUNE_APPROVERS": "U0GRACE",
    "SPEECH_TO_TEXT_URL": "http://127.0.0.1:9",
    "SPEECH_TO_TEXT_AUTH_TYPE": "noAuth",
}
ENDS: list[tuple[str, dict[str, str], int]] = [
    ("run", {}, 2),
    ("", {}, 2),
    ("check", {}, 2),
    ("check --json", {}, 2),
    ("check", NO_SLACK, 1),
    ("check --json", NO_SLACK, 1),
    ("audit verify", {}, 0),
    ("audit verify --kept xyz", {}, 2),
    ("audit verify --kept " + "0" * 63 + "1", {}, 1),
    ("audit verify", {"RETUNE_DATABASE": "nowhere/retune.db"}, 2),
    ("audit verify", {"RETUNE_DATABASE": "."}, 2),
    ("audit verify", {"RETUNE_AUDIT_KEY": "short"}, 2),
    ("audit export", {}, 0),
    ("audit export --output kept/audit.csv", {}, 2),
    ("audit", {}, 2),
    ("nothing", {}, 2),
    ("check --xml", {}, 2),
]


@pytest.mark.parametrize(("command", "settings", "code"), ENDS, ids=lambda value: str(value)[:40])
def test_exit_codes(command: str, settings: dict[str, str], code: int, tmp_path: Path):
    """As documented, without a traceback."""
    Store(tmp_path / "retune.db").close()
    ended = bot(tmp_path, *command.split(), **settings)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_operation_has_four_parts():
    """Run, watch, scale, recover; and every link within the README has its heading."""
    assert re.findall(r"^### (.+)$", OPERATION, re.MULTILINE) == ["Run", "Watch", "Scale", "Recover"]
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= headings


def test_commands_in_the_readme():
    """Each `python -m bot …` of the README is one that the command line takes."""
    shown = set(re.findall(r"(?:\.venv/bin/)?python -m bot([^`\n|]*)", README))
    assert {" check", " audit verify", " check --json"} <= shown
    for arguments in shown:
        asked = _parser().parse_args(shlex.split(arguments.split("#")[0]))
        assert asked.command in EXITS
