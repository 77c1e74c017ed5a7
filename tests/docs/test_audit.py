"""The audit of the locks: a finding fails, what could not be looked up is never called clean."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
UNKNOWN = {"name": "aiohttp", "skip_reason": "Dependency not found and could not be audited: aiohttp (3.14.5)"}
FLAWED = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "CVE-2024-1", "fix_versions": ["3.0"]}]}

STAND_IN = """
import json, sys
answers = json.loads(sys.argv[1])
assert "--require-hashes" in sys.argv and "requirements.txt" in sys.argv and "requirements-dev.txt" in sys.argv
answer = answers[sys.argv[sys.argv.index("-s") + 1]]
if answer is None:
    sys.exit("requests.exceptions.ConnectionError: no such host")
print(json.dumps({"dependencies": answer, "fixes": []}))
sys.exit(any(one.get("vulns") for one in answer))
"""


def audit(pypi: list[Any] | None, osv: list[Any] | None) -> tuple[int, str]:
    """What `.ci/audit.py` makes of what both services answer."""
    told = json.dumps({"pypi": pypi, "osv": osv})
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py", sys.executable, "-c", STAND_IN, told],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("pypi", "osv", "code", "said"),
    [
        ([CLEAN], None, 0, "audit: 1 packages, no known vulnerability, by pypi"),
        (None, [CLEAN, CLEAN], 0, "audit: 2 packages, no known vulnerability, by osv"),
        (None, None, 0, "audit: NOT DONE, no advisory service answered"),
        ([], [], 0, "audit: NOT DONE, no advisory service answered"),
        ([UNKNOWN, UNKNOWN], None, 0, "audit: NOT DONE, no advisory service answered"),
        ([UNKNOWN, CLEAN], None, 0, "audit: NOT DONE, 1 of 2 packages could not be looked up at pypi"),
        ([UNKNOWN, CLEAN], [CLEAN, CLEAN], 0, "audit: 2 packages, no known vulnerability, by osv"),
        ([CLEAN, FLAWED], [CLEAN, CLEAN], 1, "jinja2 2.0: CVE-2024-1"),
        ([UNKNOWN, FLAWED], None, 1, "jinja2 2.0: CVE-2024-1"),
        (None, [FLAWED], 1, "jinja2 2.0: CVE-2024-1"),
    ],
)
def test_what_the_services_answer(pypi: list[Any] | None, osv: list[Any] | None, code: int, said: str):
    """A finding of either fails; else the one that knows every package counts, and without one it is said."""
    ended, told = audit(pypi, osv)
    assert ended == code, told
    assert said in told


def test_make_audit_is_strict():
    """It fails where a package could not be looked up, and covers both locks."""
    recipe = re.search(r"^audit:.*\n\t(.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe is not None
    for part in ("--strict", "-r requirements.txt", "-r requirements-dev.txt"):
        assert part in recipe[1]
