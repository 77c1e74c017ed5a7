"""What log records are about: request, run and instance. Flows tell it, the formatter of the log reads it.

A context variable, so that each task has its own and no function passes it on.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from contextvars import Context, ContextVar, copy_context
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

Value = int | str

_subject: ContextVar[Mapping[str, Value]] = ContextVar("subject", default={})  # noqa: B039  # never changed in place


def subject() -> Mapping[str, Value]:
    """What this task works on: `request`, `run` and `instance`, as far as it is known."""
    return _subject.get()


def about(*, request: int | None = None, run: int | None = None, instance: str | None = None) -> None:
    """From here on, records are about these, too: until the `scoped` function around it, or the task, ends."""
    named: dict[str, Value | None] = {"request": request, "run": run, "instance": instance}
    _subject.set({**_subject.get(), **{name: value for name, value in named.items() if value is not None}})


def scoped(work: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """A coroutine function after which records are about the same as before it."""

    @wraps(work)
    async def wrapped(*args: P.args, **options: P.kwargs) -> R:
        before = _subject.set(_subject.get())
        try:
            return await work(*args, **options)
        finally:
            _subject.reset(before)

    return wrapped


def about_nothing() -> Context:
    """A context for a task of its own: it is not about what started it."""
    context = copy_context()
    context.run(_subject.set, {})
    return context
