"""What a check found: one line each for people, or one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Literal

from bot.errors import RetuneError

Result = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. *name*: which one; *text*: what was found; *fix*: what to do, empty if nothing."""

    name: str
    result: Result
    text: str
    fix: str = ""


class Report:
    """The findings of a check, said as they come."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._names: list[str] = []
        self.findings: list[Finding] = []

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return any(finding.result == "fail" for finding in self.findings)

    def good(self, what: str) -> None:
        """A passed check."""
        self._find("ok", what, "", f"ok    {what}")

    def warn(self, what: str) -> None:
        """Something that works now but may not for long."""
        self._find("warn", what, "", f"WARN  {what}")

    def bad(self, what: str, fix: str) -> None:
        """A failed check, and how to fix it."""
        self._find("fail", what, fix, f"FAIL  {what}: {fix}")

    def note(self, what: str, means: str) -> None:
        """A fact that may be intended, and its effect if it is not."""
        self._find("ok", what, means, f"note  {what}: {means}")

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """A check that ends with the first error of ours, which says how to fix it."""
        self._names.append(what)
        try:
            yield
        except RetuneError as error:
            self.bad(what, error.text)
        finally:
            self._names.pop()

    def _find(self, result: Result, text: str, fix: str, line: str) -> None:
        self.findings.append(Finding(self._names[-1] if self._names else text, result, text, fix))
        self._say(line)


def as_json(findings: Iterable[Finding]) -> str:
    """One JSON object: whether all is well, and every finding."""
    found = [asdict(finding) for finding in findings]
    return json.dumps({"ok": all(one["result"] != "fail" for one in found), "checks": found})


def faults_as_json(faults: Iterable[str]) -> str:
    """The same for faults of the settings, which end a check before it begins."""
    parts = (fault.partition(": ") for fault in faults)
    return as_json(
        Finding(name, "fail", "not usable", fix) if fix else Finding("settings", "fail", name) for name, _, fix in parts
    )
