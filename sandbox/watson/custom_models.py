"""A custom model and its status machine, driven only by the time of each read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from sandbox.watson import bases
from sandbox.watson.clock import Clock, stamp
from sandbox.watson.failures import Refused
from sandbox.watson.faults import Outcome
from sandbox.watson.resources import JSON, Data

Kind = Literal["language", "acoustic"]

IDLE = ("ready", "available")
"""Statuses in which a custom model can be upgraded."""

STATUSES = ("pending", "ready", "training", "available", "upgrading", "failed")


@dataclass(frozen=True, slots=True)
class Operation:
    """A training or upgrade in progress.

    *ends* is None if it never ends. Then *status* becomes the model's status, *version* (if any) is appended to its
    versions, and *language_model* (if any) is the language model it was made with.
    """

    kind: Literal["training", "upgrading"]
    ends: float | None
    outcome: Outcome
    status: str
    version: str | None = None
    language_model: str | None = None


@dataclass(slots=True, eq=False)
class CustomModel:
    """A custom language or acoustic model; fields as in the API, times also in seconds (`created_at`, `updated_at`).

    *language_model* is the id of the language model with which an acoustic model was trained, *language_model_version*
    the version of their base at that training or at the last upgrade with it. The API shows neither.
    *weight* is the customization weight saved at training.
    """

    kind: Kind
    instance: str
    customization_id: str
    name: str
    base_model_name: str
    owner: str
    clock: Clock
    created_at: float
    updated_at: float
    description: str | None = None
    dialect: str = ""
    language_model: str | None = None
    language_model_version: str | None = None
    weight: float | None = None
    data: Data = field(default_factory=Data)
    operation: Operation | None = None
    trained: bool = False
    """Whether it was ever trained on its data."""
    modified: bool = False
    """Whether its data changed since the last training."""
    gone: bool = False
    """Whether it was deleted."""
    _versions: list[str] = field(default_factory=list)
    _rest: str = "pending"
    _analysed_at: float | None = None
    _error: str | None = None

    @property
    def language(self) -> str:
        """The first five characters of the base model's name."""
        return bases.language(self.base_model_name)

    @property
    def status(self) -> str:
        """The status now: `pending`, `ready`, `training`, `available`, `upgrading` or `failed`."""
        self._settle()
        return self.operation.kind if self.operation else self._rest

    @property
    def progress(self) -> int:
        """100 when `available`, else 0 (known-limitations.md)."""
        return 100 if self.status == "available" else 0

    @property
    def versions(self) -> list[str]:
        """The versions of the base it can be used with, oldest first."""
        self._settle()
        return list(self._versions)

    @property
    def error(self) -> str | None:
        """JSON text after a failure of the service itself."""
        self._settle()
        return self._error

    @property
    def created(self) -> str:
        """When it was created, as the API writes times."""
        return stamp(self.created_at)

    @property
    def updated(self) -> str:
        """When it was last changed, as the API writes times."""
        self._settle()
        return stamp(self.updated_at)

    @property
    def busy(self) -> bool:
        """Whether the service works on it: a training, an upgrade, or the analysis of its data."""
        self._settle()
        return self.operation is not None or self._analysed_at is not None or self.data.processing(self.clock.now())

    @property
    def recognizes(self) -> bool:
        """Whether recognition can use it: `available`, or being upgraded from there."""
        self._settle()
        upgrading = self.operation is not None and self.operation.kind == "upgrading"
        return self._rest == "available" and (self.operation is None or upgrading)

    def refuse_if_busy(self) -> None:
        """Raises `Refused` while the service works on the model."""
        if self.busy:
            raise Refused("busy")

    def set_status(self, status: str) -> None:
        """Put the model into *status*, whatever it was doing; `training` and `upgrading` then last forever."""
        if status not in STATUSES:
            raise ValueError(f"{status} is not one of {', '.join(STATUSES)}")
        self._settle()
        self._analysed_at = None
        self.operation = None
        if status == "training":
            self.operation = Operation("training", None, "stuck", "available")
            return
        if status == "upgrading":
            self.operation = Operation("upgrading", None, "stuck", "available")
            return
        self._rest = status
        self.modified = status in ("pending", "ready", "failed")
        self.trained = self.trained or status == "available"

    def set_versions(self, versions: list[str]) -> None:
        """Replaces the versions."""
        self._settle()
        self._versions = list(versions)

    def begin(self, operation: Operation) -> None:
        """Starts a training or an upgrade. The caller has checked that it may."""
        self._settle()
        self.operation = operation
        self.updated_at = self.clock.now()

    def fail(self) -> None:
        """The status becomes `failed`, as after a training that was refused with 400."""
        self._settle()
        self._rest = "failed"
        self.updated_at = self.clock.now()

    def changed(self, analysis: float = 0.0) -> None:
        """Record a change of its data; *analysis* is how many seconds (at speed 1) the service needs to analyse it.

        Meanwhile the model is `pending`, then `ready`, or still `pending` if nothing in it is valid.
        """
        self._settle()
        self.updated_at = self.clock.now()
        self.modified = True
        self._error = None
        if analysis > 0:
            self._analysed_at = max(self._analysed_at or 0.0, self.clock.after(analysis))
            self._rest = "pending"
        else:
            self._rest = self._by_data(self.clock.now())

    def reset(self) -> None:
        """Remove all data; the model is as at its creation, with its current versions."""
        self.data.clear()
        self.changed()
        self.trained = False
        self.weight = None
        self.language_model = self.language_model_version = None

    def describe(self, *, versions: bool = True) -> JSON:
        """`LanguageModel` or `AcousticModel` of the API."""
        found: JSON = {
            "customization_id": self.customization_id,
            "created": self.created,
            "updated": self.updated,
            "language": self.language,
            "dialect": self.dialect,
            "versions": self.versions,
            "owner": self.owner,
            "name": self.name,
            "description": self.description,
            "base_model_name": self.base_model_name,
            "status": self.status,
            "progress": self.progress,
            "error": self.error,
        }
        if self.kind == "acoustic":
            del found["dialect"]
        if not versions:
            del found["versions"]
        return {key: value for key, value in found.items() if value is not None}

    def _settle(self) -> None:
        """Apply everything that has ended by now; times are those of the end, not of this call."""
        now = self.clock.now()
        if self._analysed_at is not None and now >= self._analysed_at:
            self.updated_at, self._analysed_at = self._analysed_at, None
            self._rest = self._by_data(now)
        done = self.operation
        if done is None or done.ends is None or now < done.ends:
            return
        self.operation = None
        self.updated_at = done.ends
        if done.outcome == "deleted":
            self.gone = True
        elif done.outcome == "failed":
            self._fail_inside(done.kind)
        elif done.outcome == "done":
            self._complete(done)

    def _complete(self, done: Operation) -> None:
        self._rest = done.status
        self._error = None
        if done.kind == "training":
            self.trained, self.modified = True, False
        if done.version is not None and done.version not in self._versions:
            self._versions.append(done.version)
        if done.language_model is not None:
            self.language_model = done.language_model
            self.language_model_version = self._versions[-1] if self._versions else None

    def _fail_inside(self, kind: str) -> None:
        self._rest = "failed"
        self.modified = True  # so that a training repairs it; the documentation does not say how
        text = {"training": "Training of the custom model failed", "upgrading": "Upgrade of the custom model failed"}
        body = {"code": 500, "code_description": "Internal Server Error", "error": text[kind]}
        self._error = json.dumps(body)

    def _by_data(self, now: float) -> str:
        return "ready" if self.data.usable(now) else "pending"
