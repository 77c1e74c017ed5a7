"""Known vulnerabilities in both locks, where an advisory service answers; it says so where none did.

pip-audit calls packages that it could not look up "no known vulnerabilities", and ends with 1 both for a finding and
for a network that is down. Here the exit code is 1 for a finding only. `make audit` is the strict one: it fails in
either case.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SERVICES = ("pypi", "osv")
TIMEOUT = 300
"""Seconds that a service gets to answer."""

LOCKS = ("-r", "requirements.txt", "-r", "requirements-dev.txt")


def main(command: list[str]) -> int:
    """Asks one service after another until one knows every package; *command* is how pip-audit is started."""
    best: tuple[int, str] | None = None
    for service in SERVICES:
        packages = _asked(command, service)
        found = [f"{one['name']} {one['version']}: {flaw['id']}" for one in packages for flaw in one.get("vulns", ())]
        if found:
            print("audit: known vulnerabilities, by", service, *found, sep="\n  ")
            return 1
        unknown = sum("skip_reason" in one for one in packages)
        if packages and not unknown:
            print(f"audit: {len(packages)} packages, no known vulnerability, by {service}")
            return 0
        if unknown < len(packages) and (best is None or unknown < best[0]):
            best = unknown, f"{unknown} of {len(packages)} packages could not be looked up at {service}"
    print(f"audit: NOT DONE, {best[1] if best else 'no advisory service answered'}; run make audit where one does")
    return 0


def _asked(command: list[str], service: str) -> list[dict[str, Any]]:
    """What a service says of each package; nothing where it does not answer."""
    options = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json", *LOCKS)
    try:
        done = subprocess.run(  # noqa: S603 - the command of .ci/run
            [*command, "-s", service, *options], capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
        return list(json.loads(done.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [sys.executable, "-m", "pip_audit"]))
