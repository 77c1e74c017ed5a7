"""Threads that the process does not wait for: a blocked one must not delay its end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Thread
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(ThreadPoolExecutor):
    """An executor whose threads die with the process. asyncio and the interpreter join the threads of all others.

    A name lookup, or IBM's token request, can block for a minute. One thread for each piece of work: there are few,
    since names and tokens are cached.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run *fn* in a thread of its own."""
        future: Future[T] = Future()
        Thread(target=_run, args=(future, fn, args, kwargs), daemon=True, name=getattr(fn, "__name__", "work")).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Waits for nothing."""


def _run(future: Future[Any], fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if future.set_running_or_notify_cancel():
        with _Failing(future):
            future.set_result(fn(*args, **kwargs))


class _Failing(AbstractContextManager[None]):
    """Passes an exception raised inside to *future*."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return True
