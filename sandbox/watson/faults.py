"""Fault switches: faults of requests, and the outcome of a model's next upgrade or training."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from sandbox.watson.resources import JSON

FaultKind = Literal["answer", "cut", "lose", "half", "instead", "nonsense", "omit", "replace", "odd", "few", "hold"]
Outcome = Literal["done", "failed", "unchanged", "stuck", "deleted"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(slots=True, eq=False)
class Fault:
    """One fault. *path* and *method* are patterns (`*` matches all) for the whole path of a request's URL.

    *times* counts how often it still applies; None means until it is cleared. Kinds:

    - `answer`: *status*, *body* (text, or a value sent as JSON) and *headers* instead of the service's answer;
    - `instead`: the service does what was asked, and the same is answered in its place, as by a gateway;
    - `cut`: the connection breaks before the service reads the request;
    - `lose`: the service does what was asked, then the connection breaks without an answer;
    - `half`: the service does what was asked, and the connection breaks in the middle of its answer;
    - `nonsense`: the service does what was asked and answers 200 with text that is not JSON;
    - `omit`: *fields* are missing in the answer and in each object of its lists;
    - `replace`: *values* take the place of the fields of the same names, in each object of its lists if it has any;
    - `odd`: *body* takes the place of one record of the answer's list, the one at *record*;
    - `few`: the answer's list has its first *records* only;
    - `hold`: the request waits until *gate* is set (`release`); *held* is set once one waits.
    """

    id: int
    kind: FaultKind
    path: str = "*"
    method: str = "*"
    times: int | None = 1
    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    record: int = 0
    records: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Release the waiting requests, and all later ones."""
        self.gate.set()

    def summary(self) -> JSON:
        """The fault as `GET /_sandbox/faults` shows it."""
        return {"id": self.id, "kind": self.kind, "method": self.method, "path": self.path, "times": self.times}

    def edited(self, body: Any) -> Any:
        """*body* of an answer without *fields* and with *values*, at the top level and in each object of its lists."""
        if not isinstance(body, dict):
            return body
        lists = {
            key: [self.edited(one) for one in value]
            for key, value in body.items()
            if isinstance(value, list) and any(isinstance(one, dict) for one in value)
        }
        found = {key: value for key, value in (body | lists).items() if key not in self.fields}
        return found | ({} if lists else dict(self.values))

    def spoil(self, body: Any) -> Any:
        """*body* of an answer as `omit`, `replace`, `odd` and `few` leave it."""
        if self.kind in ("omit", "replace"):
            return self.edited(body)
        lists = {key: value for key, value in body.items() if isinstance(value, list)} if isinstance(body, dict) else {}
        if self.kind == "few":
            return {**body, **{key: value[: self.records] for key, value in lists.items()}}
        at = self.record
        return {**body, **{key: [*value[:at], self.body, *value[at + 1 :]] for key, value in lists.items()}}


class Faults:
    """The armed faults. The oldest that matches a request applies, and no other."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._armed: list[Fault] = []
        self._outcomes: list[tuple[str, Outcome]] = []
        self.token_expiries = 0

    @property
    def armed(self) -> tuple[Fault, ...]:
        """The faults that can still apply, oldest first."""
        return tuple(self._armed)

    def add(self, kind: FaultKind, path: str = "*", *, times: int | None = 1, **settings: Any) -> Fault:
        """Arms a fault; *settings* are fields of `Fault`. Raises `TypeError` for an unknown one."""
        fault = Fault(next(self._ids), kind, path, times=times, **settings)
        self._armed.append(fault)
        return fault

    def unavailable(self, path: str = "*", *, retry_after: float | None = None, times: int | None = 1) -> Fault:
        """503 as a load balancer gives it, with `Retry-After` in seconds if given."""
        return self.add("answer", path, times=times, status=503, body=_error(503), headers=_retry(retry_after))

    def too_many(self, path: str = "*", *, retry_after: float | None = None, times: int | None = 1) -> Fault:
        """429, with `Retry-After` in seconds if given."""
        return self.add("answer", path, times=times, status=429, body=_error(429), headers=_retry(retry_after))

    def html(self, path: str = "*", *, status: int = 502, times: int | None = 1) -> Fault:
        """A gateway's HTML page."""
        return self.add(
            "answer", path, times=times, status=status, body=_GATEWAY_PAGE, headers={"Content-Type": "text/html"}
        )

    def instead(self, path: str, status: int, body: Any = _GATEWAY_PAGE, *, times: int | None = 1) -> Fault:
        """The service executes a `POST`, and a gateway answers in its place."""
        headers = {"Content-Type": "text/html"} if isinstance(body, str) and body.startswith("<") else {}
        settings: dict[str, Any] = {"status": status, "body": body, "headers": headers}
        return self.add("instead", path, times=times, method="POST", **settings)

    def router(self, path: str, *, times: int | None = 1) -> Fault:
        """A router's 404; the service does not get the request."""
        page = "404 Not Found: Requested route does not exist."
        return self.add("answer", path, times=times, status=404, body=page)

    def half(self, path: str = "*", *, times: int | None = 1, method: str = "POST") -> Fault:
        """The service executes the request, and half of its answer arrives."""
        return self.add("half", path, times=times, method=method)

    def odd(self, path: str, body: Any, *, record: int = 0, times: int | None = None) -> Fault:
        """One record of a list is replaced."""
        return self.add("odd", path, times=times, method="GET", body=body, record=record)

    def few(self, path: str, records: int = 0, *, times: int | None = None) -> Fault:
        """A list has its first records only, or none."""
        return self.add("few", path, times=times, method="GET", records=records)

    def cut(self, path: str = "*", *, times: int | None = 1, method: str = "*") -> Fault:
        """The connection breaks and nothing is executed."""
        return self.add("cut", path, times=times, method=method)

    def lose(self, path: str = "*", *, times: int | None = 1, method: str = "POST") -> Fault:
        """The service executes the request, and the answer is lost."""
        return self.add("lose", path, times=times, method=method)

    def nonsense(self, path: str = "*", *, times: int | None = 1, method: str = "*") -> Fault:
        """200 with a body that is not JSON."""
        return self.add("nonsense", path, times=times, method=method)

    def omit(self, path: str, *fields: str, times: int | None = 1) -> Fault:
        """The answer lacks *fields*."""
        return self.add("omit", path, times=times, fields=fields)

    def replace(self, path: str, values: Mapping[str, Any], *, times: int | None = 1) -> Fault:
        """The answer has *values* in place of its own."""
        return self.add("replace", path, times=times, values=values)

    def hold(self, path: str = "*", *, times: int | None = 1, method: str = "*") -> Fault:
        """Requests wait until the returned fault is released; `held` tells that one waits."""
        return self.add("hold", path, times=times, method=method)

    def next_outcome(self, model: str, outcome: Outcome) -> None:
        """The outcome of a model's next upgrade or training; *model* is a pattern for its name.

        `failed`: status `failed` with an `error`. `unchanged`: the earlier status, no new version. `stuck`: never ends.
        `deleted`: the model is gone at its end.
        """
        if outcome not in OUTCOMES:
            raise ValueError(f"{outcome} is not one of {', '.join(OUTCOMES)}")
        self._outcomes.append((model, outcome))

    def expire_tokens(self) -> None:
        """Refuse every token issued so far."""
        self.token_expiries += 1

    def take_outcome(self, model: str) -> Outcome:
        """The outcome of an operation that begins on *model* now; `done` unless another was set."""
        for at, (pattern, outcome) in enumerate(self._outcomes):
            if fnmatchcase(model, pattern):
                del self._outcomes[at]
                return outcome
        return "done"

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that applies to this request, counted down; None if there is none."""
        for fault in self._armed:
            if fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._armed.remove(fault)
                return fault
        return None

    def disarm(self, id: int) -> None:
        """Take one fault back and release its waiting requests. Raises `LookupError`."""
        fault = next((one for one in self._armed if one.id == id), None)
        if fault is None:
            raise LookupError(f"no fault {id} is armed")
        fault.release()
        self._armed.remove(fault)

    def clear(self) -> None:
        """Disarm everything and release all waiting requests."""
        for fault in self._armed:
            fault.release()
        self._armed.clear()
        self._outcomes.clear()


def _error(status: int) -> JSON:
    text = {429: "Too Many Requests", 503: "Service Unavailable"}[status]
    return {"code": status, "code_description": text, "error": text}


def _retry(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"Retry-After": f"{seconds:g}"}
