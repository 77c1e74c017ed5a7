"""Dockerfile, compose and Kubernetes fit the repository; their steps are played in a clean folder."""

from __future__ import annotations

import asyncio
import fnmatch
import json
import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.adapters.health import DEADLINE, LIVE, METRICS, READY
from bot.store.surroundings import has_wal_fault
from sandbox.slack.server import SlackServer
from sandbox.watson.server import SpeechServer
from tests.between import settings_between

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
KUBERNETES = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text("utf-8")))
SETTINGS = set(
    re.findall(r"`((?:SLACK|RETUNE)_[A-Z_]+|PORT)`", README.split("## Settings")[1].split("## Operation")[0])
)
TMP = "/tmp"  # noqa: S108  # of a container
KNOWN = SETTINGS | {"SPEECH_TO_TEXT_URL", "SPEECH_TO_TEXT_APIKEY"}


@dataclass(frozen=True)
class Line:
    """An instruction of the Dockerfile."""

    word: str
    rest: str

    @property
    def parts(self) -> list[str]:
        """Its words; of a JSON list its elements."""
        found: list[str] = json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)
        return found


def stages() -> list[list[Line]]:
    """The instructions, by stage."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = [Line(*line.split(maxsplit=1)) for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    found: list[list[Line]] = []
    for line in lines:
        if line.word == "FROM":
            found.append([])
        found[-1].append(line)
    return found


BUILD, FINAL = stages()
ENV = dict(part.split("=", 1) for line in FINAL if line.word == "ENV" for part in line.rest.split())


def of(word: str, stage: list[Line] = FINAL) -> list[Line]:
    return [line for line in stage if line.word == word]


def ignored(path: str) -> bool:
    """Whether `.dockerignore` keeps a file out; the last rule that fits counts."""
    out = False
    for rule in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if rule and not rule.startswith("#"):
            pattern = rule.removeprefix("!")
            names = [path, *map(str, Path(path).parents)]
            fits = any(
                fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(f"/{name}", pattern.replace("**", "*"))
                for name in names
            )
            out = (not rule.startswith("!")) if fits else out
    return out


def test_the_base_is_pinned():
    """Both stages are of one version of Python, by number, that the project supports."""
    assert {line.parts[0] for stage in (BUILD, FINAL) for line in of("FROM", stage)} == {of("FROM")[0].parts[0]}
    found = re.fullmatch(r"python:3\.(\d+)\.\d+-slim-[a-z]+", of("FROM")[0].parts[0])
    assert found
    assert int(found[1]) >= 11


def test_it_is_installed_from_the_lock():
    """Every package has its hash, and nothing is built."""
    (install,) = [line.rest for line in of("RUN", BUILD) if "pip install" in line.rest]
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    assert install.endswith("-r requirements.txt")
    lock = (ROOT / "requirements.txt").read_text("utf-8")
    for package in re.split(r"\n(?=[a-z])", lock.strip()):
        assert re.match(r"[a-z0-9-]+==\S+", package)
        assert "--hash=sha256:" in package


def test_the_final_stage_has_no_compiler_and_no_root():
    """What builds stays in the first stage; who runs is a number, not root."""
    everything = " ".join(line.rest for line in FINAL)
    assert not re.search(r"\b(apt-get|gcc|make|pip|curl|wget)\b", everything)
    (user,) = of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user.rest)
    assert user.rest.split(":")[0] in next(line.rest for line in of("RUN") if "useradd" in line.rest)
    words = [line.word for line in FINAL]
    assert words.index("USER") > max(index for index, word in enumerate(words) if word == "RUN")


def test_its_sqlite_has_no_fault():
    """The version that is built is one without the fault, by its own hash; the build fails with another one."""
    (url,) = [line.rest.split("=", 1)[1] for line in of("ARG", BUILD) if line.rest.startswith("SQLITE=")]
    major, minor, patch = re.search(r"autoconf-(\d)(\d\d)(\d\d)00\.tar", url).groups()  # type: ignore[union-attr]
    assert not has_wal_fault((int(major), int(minor), int(patch)))
    (digest,) = [line.rest.split("=", 1)[1] for line in of("ARG", BUILD) if line.rest.startswith("SQLITE_SHA256=")]
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
    assert any("sha256sum -c" in line.rest for line in of("RUN", BUILD))
    (check,) = [line.parts for line in of("RUN") if "has_wal_fault" in line.rest]
    done = subprocess.run(
        [sys.executable, *check[1:]],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    faulty = has_wal_fault(sqlite3.sqlite_version_info)
    assert done.returncode == int(faulty), done.stderr
    assert ("AssertionError" in done.stderr) == faulty


def test_settings_exist():
    """Whatever image, compose and manifest set is in the table of settings; their addresses fit each other."""
    (pod,) = [one["spec"]["template"]["spec"] for one in KUBERNETES if one["kind"] == "Deployment"]
    (container,) = pod["containers"]
    (secret,) = [one["stringData"] for one in KUBERNETES if one["kind"] == "Secret"]
    env = {one["name"]: one["value"] for one in container["env"]}
    assert {*env, *secret} <= KNOWN
    assert {name for name in ENV if name.startswith(("RETUNE", "SLACK"))} <= SETTINGS
    assert {name for service in COMPOSE["services"].values() for name in service.get("environment", {})} <= KNOWN
    port = ENV["RETUNE_HEALTH_PORT"]
    assert ENV["RETUNE_BIND"] == env["RETUNE_BIND"] == "*"
    assert of("EXPOSE")[0].rest == env["RETUNE_HEALTH_PORT"] == port
    assert container["ports"] == [{"name": "health", "containerPort": int(port)}]
    assert COMPOSE["services"]["retune"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_probes():
    """They ask what the bot answers, and wait longer than its answer may take."""
    (deployment,) = [one for one in KUBERNETES if one["kind"] == "Deployment"]
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    for probe, path in (("startupProbe", LIVE), ("livenessProbe", LIVE), ("readinessProbe", READY)):
        assert container[probe]["httpGet"] == {"path": path, "port": "health"}
        assert container[probe]["timeoutSeconds"] > DEADLINE
    assert template["metadata"]["annotations"]["prometheus.io/path"] == METRICS
    assert template["metadata"]["labels"] == deployment["spec"]["selector"]["matchLabels"]
    assert LIVE in of("HEALTHCHECK")[0].rest


def test_nothing_else_can_be_written():
    """A read-only root with /data and /tmp, by compose and by the manifest."""
    (pod,) = [one["spec"]["template"]["spec"] for one in KUBERNETES if one["kind"] == "Deployment"]
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", TMP}
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert str(pod["securityContext"]["runAsUser"]) == of("USER")[0].rest.split(":")[0]
    (claim,) = [one for one in KUBERNETES if one["kind"] == "PersistentVolumeClaim"]
    assert claim["metadata"]["name"] == pod["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert COMPOSE["services"]["retune"]["read_only"]
    assert COMPOSE["services"]["retune"]["volumes"] == ["data:/data"]
    assert of("VOLUME")[0].rest == of("WORKDIR")[0].rest == "/data"


def test_compose_volumes():
    """Each volume that a service mounts is declared, and no other."""
    volumes = {mount.split(":")[0] for service in COMPOSE["services"].values() for mount in service.get("volumes", ())}
    assert volumes == set(COMPOSE["volumes"])


@pytest.mark.parametrize(
    ("path", "out"),
    [
        *((path, True) for path in (".env", "retune.db", ".git/config", "ibm-credentials.env", "tests/world.py")),
        *((path, True) for path in ("bot/__pycache__/app.pyc", "sandbox/watson/server.py", ".venv/bin/python")),
        *((path, False) for path in ("requirements.txt", "bot/app.py", "commands/door.py", "LICENSE")),
        ("bot/domain/catalog.yaml", False),
    ],
)
def test_what_docker_sees(path: str, out: bool):
    """Only what is copied: no secrets, no databases, no tests."""
    assert ignored(path) is out


async def test_the_steps_in_a_clean_folder(tmp_path: Path):
    """What COPY takes is enough to start, to be healthy, to work and to stop, and nothing is written but in /data."""
    app, data, tmp = (tmp_path / name for name in ("app", "data", "tmp"))
    for folder in (data, tmp):
        folder.mkdir(mode=0o700)
    for line in of("COPY"):
        if line.parts[0].startswith("--from"):
            continue
        source, target = line.parts
        place = app / Path(target).relative_to("/app")
        assert not ignored(source)
        assert (ROOT / source).exists()
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place.parent.mkdir(exist_ok=True, parents=True)
            shutil.copy(ROOT / source, place)
    before = {path: path.stat().st_mtime_ns for path in app.rglob("*")}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    async with SpeechServer() as speech, SlackServer(ROOT / "app-manifest.yml") as slack:
        settings = {
            name: value for name, value in settings_between(speech, slack, data).items() if name != "RETUNE_DATABASE"
        }
        played = {"PYTHONPATH": str(app), "HOME": str(tmp), "MPLCONFIGDIR": str(tmp), "RETUNE_HEALTH_PORT": port}
        environment = {**ENV, **settings, **played, "RETUNE_BIND": "127.0.0.1", "PATH": os.environ["PATH"]}
        environment |= {"LD_LIBRARY_PATH": "", "IBM_CREDENTIALS_FILE": os.devnull}
        command = [sys.executable, *of("ENTRYPOINT")[0].parts[1:], *of("CMD")[0].parts]
        bot = await asyncio.create_subprocess_exec(
            *command, cwd=data, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        try:
            check = [sys.executable, *json.loads(of("HEALTHCHECK")[0].rest.split(" CMD ")[1])[1:]]
            await slack.until(lambda: slack.connections == 2, within=40)
            assert await _code(check, environment) == 0
            await slack.send("U0ADA", "C0SPEECH", "/stt-help")
            await slack.until(lambda: slack.ephemerals("U0ADA"), within=25)
        finally:
            bot.terminate()
            _, log = await bot.communicate()
    assert bot.returncode == 0, log.decode()
    assert await _code(check, environment) != 0, "nobody answers any more"
    assert all("message" in json.loads(line) for line in log.decode().splitlines())
    assert (data / "retune.db").exists()
    assert {path: path.stat().st_mtime_ns for path in app.rglob("*")} == before


async def _code(command: list[str], environment: dict[str, Any]) -> int:
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


def test_what_was_not_tried():
    """The README says plainly what no container engine has run."""
    assert "not been built or run by a container engine" in README
