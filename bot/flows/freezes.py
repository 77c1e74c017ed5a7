"""Freezes and hours: they delay starts. Steps in progress continue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.fleet import Ref
from bot.domain.freezes import Freeze, Wait, frozen, starts, waits
from bot.domain.hours import LONGEST, Window
from bot.domain.requests import Request
from bot.domain.runs import LASTING, Run
from bot.errors import InputsRefused, Refusal
from bot.messages.freezes import OVER_ALREADY, UNTIL, too_long, unknown_instance
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database


@dataclass(eq=False)
class Freezes:
    """What delays runs now. Reads the store each time, so a freeze takes effect at once in every process."""

    db: Database
    hours: Mapping[str, Window | None]
    clock: Clock

    def window(self, instance: str) -> Window | None:
        """The hours in which upgrades of an instance may start; None: at any time."""
        return self.hours.get(instance)

    def wait(self, store: Store, request: Request, run: Run, now: datetime) -> Wait | None:
        """What delays a run, None if nothing; a run that has begun is delayed only by a freeze. Runs on the store's
        thread.
        """
        instance, fresh = run.plan.model.instance, run.started_at is None
        not_before, window = (request.not_before, self.window(instance)) if fresh else (None, None)
        return waits(instance, not_before, window, store.freezes.holding(), now)

    def holding_back(self, store: Store, request: Request, now: datetime) -> Wait | None:
        """What delays the first waiting run, or the next step of a running one. Runs on the store's thread."""
        going = (run for run in request.runs if run.state in LASTING)
        alike = {(run.plan.model.instance, run.started_at is None): run for run in reversed(list(going))}
        return next((wait for run in reversed(alike.values()) if (wait := self.wait(store, request, run, now))), None)

    def of_step(self, store: Store, ref: str, now: datetime) -> Freeze | None:
        """The freeze on the instance of a model. Runs on the store's thread."""
        return frozen(store.freezes.holding(), Ref.parse(ref).instance, now)

    async def holding(self) -> tuple[Freeze, ...]:
        """The current freezes."""
        now = self.clock.now()
        return tuple(held for held in await self.db.read(lambda store: store.freezes.holding()) if now < held.until)

    def opens(self, holding: Sequence[Freeze]) -> Callable[[str, datetime], datetime]:
        """The earliest possible start on an instance from a moment on: after its freezes, within its hours."""
        return lambda instance, moment: starts(instance, None, self.window(instance), holding, moment)

    async def freeze(self, instance: str, reason: str, user: str, until: datetime) -> Freeze:
        """Begin a freeze of one instance, or of all (empty); every card shows it. Raises `Refusal`."""
        (begun,) = await self.freeze_each([instance], reason, user, until)
        return begun

    async def freeze_each(
        self, instances: Sequence[str], reason: str, user: str, until: datetime
    ) -> tuple[Freeze, ...]:
        """The same for several instances, all or none of them."""
        now = self.clock.now()
        if until <= now:
            raise InputsRefused({UNTIL: OVER_ALREADY})
        if until - now > LONGEST:
            raise InputsRefused({UNTIL: too_long(LONGEST.days)})
        if unknown := set(instances) - {"", *self.hours}:
            raise Refusal(unknown_instance(min(unknown), self.hours))

        def begin(store: Store) -> tuple[Freeze, ...]:
            holding = {(one.instance, one.reason, one.author, one.until): one for one in store.freezes.holding()}
            return tuple(
                holding.get((instance, reason, user, until))  # the same form, submitted twice
                or self._begin(store, instance, reason, user, until, now)
                for instance in instances
            )

        return await self.db.write(begin)

    def _begin(self, store: Store, instance: str, reason: str, user: str, until: datetime, now: datetime) -> Freeze:
        store.requests.touch_waiting(instance)
        return store.freezes.add(instance, reason, user, until, now)

    async def end(self, freeze: Freeze, user: str) -> bool:
        """End a freeze; false if it had already ended."""
        now = self.clock.now()

        def end(store: Store) -> bool:
            store.requests.touch_waiting(freeze.instance)
            return store.freezes.end(freeze.id, user, now)

        return await self.db.write(end)

    def over(self, store: Store, now: datetime) -> tuple[Freeze, ...]:
        """The freezes whose time is over but that were not ended. Runs on the store's thread."""
        return tuple(freeze for freeze in store.freezes.holding() if freeze.until <= now)
