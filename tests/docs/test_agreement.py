"""README, manifest, help text and code say the same."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml

from bot.adapters.http import PATH
from bot.adapters.slack_scopes import OPTIONAL, REQUIRED
from bot.domain.request_filter import STATES
from bot.domain.requests import RequestState
from bot.messages.help import COMMANDS as HELP
from commands.surface import COMMANDS
from sandbox.slack.manifest import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
MANIFEST = yaml.safe_load((ROOT / "app-manifest.yml").read_text("utf-8"))
SETTINGS = (ROOT / "bot" / "settings.py").read_text("utf-8")


def test_the_manifest_is_one_that_slack_accepts():
    """It fits Slack's published schema."""
    schema = json.loads((Path(__file__).parent / "schema" / "manifest.json").read_text("utf-8"))
    jsonschema.validate(MANIFEST, schema)


def test_commands():
    """The manifest declares, the code answers, help explains and the README lists the same commands."""
    declared = {command["command"] for command in MANIFEST["features"]["slash_commands"]}
    assert declared == set(COMMANDS) == {usage.command for usage in HELP}
    assert set(re.findall(r"^\| `(/stt-\w+)", README, re.MULTILINE)) == declared


def test_scopes():
    """The manifest asks for exactly what `check` looks for; the README tells the use of each."""
    asked, optional = MANIFEST["oauth_config"]["scopes"], frozenset[str]().union(*OPTIONAL)
    assert set(asked["bot"]) == REQUIRED | optional
    assert not REQUIRED & optional
    told = README.split("- **Slack scopes**")[1].split("\n- ")[0]
    assert set(re.findall(r"`([a-z_]+(?::[a-z]+)?)`", told)) >= REQUIRED | optional


def test_events():
    """Every event that the manifest subscribes has a listener."""
    listeners = set(re.findall(r'app\.event\("(\w+)"\)', (ROOT / "commands" / "listeners.py").read_text("utf-8")))
    assert {event.split(".")[0] for event in MANIFEST["settings"]["event_subscriptions"]["bot_events"]} == listeners


def test_settings():
    """The README explains every setting that the code reads, and no other."""
    read = set(re.findall(r'"((?:SLACK|RETUNE)_[A-Z_]+)"', SETTINGS)) | {"PORT"}
    told = set(
        re.findall(r"`((?:SLACK|RETUNE)_[A-Z_]+|PORT)`", README.split("## Settings")[1].split("## Operation")[0])
    )
    assert told == read


def test_defaults():
    """The defaults in the README are those of the code."""
    for name, default in re.findall(r"\| `((?:RETUNE|SLACK)_[A-Z_]+)` \| `([^`]+)` \|", README):
        assert re.search(rf'"{name}", (?:Path\()?"?{re.escape(default)}"?', SETTINGS), f"{name} = {default}"


def test_states():
    """The README explains every state of a request; those and the other words for them filter `/stt-runs`."""
    told = set(re.findall(r"`(\w+)`", README.split("| state | what it means |")[1].split("###")[0]))
    assert told == {state.value for state in RequestState}
    assert set(STATES) - told <= set(re.findall(r"`(\w+)`", README.split("`/stt-runs [filters]`")[1].split("\n")[0]))


def test_where_to_look():
    """A new maintainer finds each thing in at most three files."""
    rows = README.split("| where to look | |\n")[1].split("\n\n")[0].splitlines()[1:]
    assert len(rows) == 6
    for row in rows:
        assert 1 <= len(re.findall(r"\]\(", row)) <= 3, row


def test_paths_in_the_readme_exist():
    """Every file that the README links is there."""
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("command", [[], ["--help"]])
def test_the_command_line_answers(command: list[str], tmp_path: Path):
    """`--help` explains; a start without any setting names all that is missing and exits with 2."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *command],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if command:
        assert done.returncode == 0
        assert "check" in done.stdout
    else:
        assert done.returncode == 2
        for name in ("SLACK_BOT_TOKEN", "RETUNE_CHANNEL", "RETUNE_APPROVERS", "SPEECH_TO_TEXT_URL"):
            assert name in done.stderr


def test_make_targets_in_the_readme_exist():
    """Every `make` word of the README is a target."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"make (sandbox|test|setup|audit|lock|bench)\b", README)) <= targets


def test_locks_have_no_addresses():
    """Names, versions and hashes only: where packages come from is everybody's own affair."""
    for lock in ("requirements.txt", "requirements-dev.txt"):
        assert "://" not in (ROOT / lock).read_text("utf-8")


def test_the_layout_is_told():
    """Every package of the source has its line in the README."""
    for package in ("bot/domain", "bot/messages", "bot/flows", "bot/store", "bot/adapters", "commands", "sandbox"):
        assert f"\n{package}/" in README


def test_http_in_the_readme(tmp_path: Path):
    """The manifest, changed as the README tells for HTTP, is one that Slack accepts, and its address is the bot's."""
    block = README.split("### Over HTTP")[1].split("```yaml\n")[1].split("```")[0]
    told = yaml.safe_load(textwrap.dedent(block))
    changed = copy.deepcopy(MANIFEST)
    (command,) = told["features"]["slash_commands"]
    for declared in changed["features"]["slash_commands"]:
        declared["url"] = command["url"]
    for name in ("event_subscriptions", "interactivity"):
        changed["settings"][name] |= told["settings"].pop(name)
    changed["settings"] |= told["settings"]
    jsonschema.validate(changed, json.loads((Path(__file__).parent / "schema" / "manifest.json").read_text("utf-8")))
    path = tmp_path / "manifest.yml"
    path.write_text(yaml.safe_dump(changed))
    urls = load(path).urls
    assert urls is not None
    assert {urlsplit(url).path for url in (*urls.commands.values(), urls.events, urls.interactivity)} == {PATH}
