"""One schedule: the jobs and the faults of a seed, then quiet, then the judgement."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.timing import Schedule as Timetable
from bot.store import Store
from tests.soak.bots import Bot
from tests.soak.faults import STORM, Fault, Killed
from tests.soak.invariants import at_rest, judge
from tests.soak.passing import PassingLoop
from tests.soak.people import Team, jobs
from tests.soak.stage import Stage
from tests.world import ADA

QUIET = 4 * 3600
"""Seconds in which everything must come to rest once nothing breaks any more."""

LONGEST = 420.0
"""Seconds that faults go on."""

CLOCK = {Fault.HOUR_AHEAD: 3600, Fault.HOUR_BACK: -3600, Fault.DAY_AHEAD: 86400, Fault.DAY_BACK: -86400}


@dataclass(frozen=True)
class Played:
    """What became of one seed."""

    seed: int
    wrong: tuple[str, ...]
    trace: tuple[str, ...]
    struck: Counter[Fault]
    sent: int
    posted: int


class Watch(logging.Handler):
    """Whatever broke says so in the log, with its traceback; a killed process may."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(logging.INFO)
        self._stage = stage

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Killed):
            return
        if error is not None:
            self._stage.fault(f"{record.getMessage()}: {error!r} {_where(error)}")
        elif record.levelno >= logging.INFO:
            self._stage.tell(f"log: {record.getMessage()}")


def play(seed: int, folder: Path) -> Played:
    """Plays one seed on its own loop and database."""
    loop = PassingLoop()
    stage = Stage(seed, folder, loop)
    with _watched(stage):
        loop.set_exception_handler(lambda _, context: _unheard(stage, context))
        try:
            loop.run_until_complete(_play(stage))
        finally:
            loop.run_until_complete(stage.close())
            loop.close()
    counts = stage.schedule.struck
    return Played(seed, tuple(stage.wrong), tuple(stage.trace), counts, len(stage.sent), len(stage.chat.said))


@contextmanager
def _watched(stage: Stage) -> Iterator[None]:
    """The log goes into the trace; a lock is waited for by the loop's own time only."""
    watch, busy = Watch(stage), Store.BUSY
    loggers = [logging.getLogger(name) for name in ("bot", "commands")]
    kept = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(watch)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    Store.BUSY = 0.0
    try:
        yield
    finally:
        Store.BUSY = busy
        for logger, (level, propagate) in zip(loggers, kept, strict=True):
            logger.removeHandler(watch)
            logger.setLevel(level)
            logger.propagate = propagate


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))


def _unheard(stage: Stage, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if not isinstance(error, Killed):
        stage.fault(f"{context['message']}: {error!r}")


async def _play(stage: Stage) -> None:
    random = stage.random
    rule = random.choice(["0 9 * * mon-fri", "*/4 * * * *", "15 * * * *"])
    stage.needed = random.choice([1, 1, 2])
    terms: dict[str, Any] = {
        "needed": stage.needed,
        "schedule": Timetable(rule, ZoneInfo("UTC")),
        "parallel": random.choice([1, 2]),
    }
    bots = [Bot(stage, number, **terms) for number in range(1, random.choice([2, 2, 3]))]
    team = Team(stage, bots)
    await team.through("the fleet is read", lambda bot: bot.world.inventory.refresh())
    await team.through("Ada links booth", lambda bot: bot.world.requests.link("stt/acoustic/id-booth", "id-terms", ADA))
    storm = stage.spawn(_storm(stage, bots))
    working = [stage.spawn(_job(job)) for job in jobs(team)]
    await asyncio.wait(working, timeout=LONGEST)
    stage.schedule.end()
    storm.cancel()
    _calm(stage)
    stage.tell("nothing breaks any more")
    await asyncio.wait(working)
    await asyncio.sleep(60)  # the last clicks have their effect
    until = stage.loop.time() + QUIET
    while waits := at_rest(stage):
        if stage.loop.time() > until:
            stage.fault(f"no rest: {waits}")
            break
        await team.close()
        await asyncio.sleep(20)
    await asyncio.sleep(60)
    judge(stage)
    for bot in bots:
        if not bot.alive or bot.over:
            stage.fault(f"{bot.name} does not run any more")
        elif broke := await bot.quit():
            stage.fault(f"{bot.name} broke: {broke}")


async def _job(job: Any) -> None:
    await job()


async def _storm(stage: Stage, bots: list[Bot]) -> None:
    """What goes wrong by the hour and not by the call."""
    while True:
        await asyncio.sleep(stage.random.uniform(1, 25))
        fault = stage.schedule.at(STORM)
        if fault is None:
            continue
        stage.tell(f"storm: {fault}")
        match fault:
            case Fault.TERMINATED:
                stage.spawn(stage.random.choice(bots).terminate())
            case Fault.SERVICE_DOWN:
                stage.service_down = True
                await asyncio.sleep(stage.random.uniform(5, 120))
                stage.service_down = False
            case Fault.SLACK_DOWN:
                stage.slack_down = True
                await asyncio.sleep(stage.random.uniform(5, 90))
                stage.slack_down = False
            case Fault.LOCKED:
                await stage.lock(stage.random.uniform(0.1, 1.5))
            case Fault.LOCKED_LONG:
                await stage.lock(stage.random.uniform(3, 30))
            case Fault.FULL:
                stage.full = True
                await asyncio.sleep(stage.random.uniform(3, 40))
                stage.full = False
            case Fault.BY_HAND:
                stage.by_hand()
            case _:
                stage.wall.set(CLOCK[fault])


def _calm(stage: Stage) -> None:
    stage.service_down = stage.slack_down = stage.full = False
