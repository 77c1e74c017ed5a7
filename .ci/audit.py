"""Known vulnerabilities in both locks, from an advisory service; says so if none answered.

pip-audit reports "no known vulnerabilities" for packages it could not look up, and exits with 1 both for a finding and
for a network failure. Here the exit code is 1 for a finding only. `make audit` is strict: it fails in both cases.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SERVICES = ("pypi", "osv")
TIMEOUT = 300
"""Seconds to wait for a service."""

LOCKS = ("-r", "requirements.txt", "-r", "requirements-dev.txt")


def main(command: list[str]) -> int:
    """Ask the services in turn until one knows every package; *command* starts pip-audit."""
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
    """A service's answer for each package; empty if it does not answer."""
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
