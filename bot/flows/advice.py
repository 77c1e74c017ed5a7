"""Advising: what a filter that nothing matches may have meant. Each offer was tried, and matches something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.advice import (
    CORRECTED,
    TRIED,
    Advice,
    Instead,
    Role,
    Word,
    corrected,
    like,
    meant,
    wider,
    words_of_models,
    words_of_requests,
)
from bot.domain.judged import Judged
from bot.domain.model_filter import passing
from bot.domain.request_filter import request_filter
from bot.domain.snoozes import standing
from bot.flows.inventory import Inventory
from bot.flows.listing import Listing
from bot.flows.snoozes import Snoozer
from bot.ports import Clock
from bot.turns import in_turns

OFFERED = 3
"""Filters that are offered."""

Count = Callable[[str], Awaitable[int | None]]
"""How many match a filter; None: more than are counted."""


@dataclass(eq=False)
class Adviser:
    """Reads; changes nothing."""

    inventory: Inventory
    snoozer: Snoozer
    listing: Listing
    clock: Clock

    async def on_models(self, typed: Sequence[str], *, upgradable: bool = False) -> Advice:
        """Advice on a filter that matches no model, or none that is *upgradable*. Raises `StoreUnavailable`."""
        judged, snoozes, now = await self.inventory.judged(), await self.snoozer.index(), self.clock.now()

        async def count(filters: str) -> int:
            passed = passing(judged, filters.split(), lambda j: standing(j, snoozes, now) is not None)
            listed = await in_turns(passed)
            return (listed.upgradable() if upgradable else listed).count

        return await self._on(typed, await in_turns(words_of_models(judged)), judged, count)

    async def on_requests(self, typed: Sequence[str], user: str) -> Advice:
        """Advice on a filter that matches no request; `mine` means *user*. Raises `StoreUnavailable`."""
        judged = await self.inventory.judged()

        async def count(filters: str) -> int | None:
            return await self.listing.count(request_filter(filters, user))

        return await self._on(typed, words_of_requests(judged.instances), judged, count)

    async def _on(self, typed: Sequence[str], known: Mapping[str, Word], judged: Judged, count: Count) -> Advice:
        words = meant(typed, known)
        names = dict.fromkeys(word.text for word in words if word.role is Role.NAME)
        unknown = [name for name in names if await count(name) == 0][:CORRECTED]
        likes = {word: await in_turns(like(word, known, judged)) for word in unknown}
        tried = corrected(typed, likes) if unknown else wider(typed)
        return Advice(words, tuple(unknown), tuple(await _matching(tried, count)))


async def _matching(tried: Iterable[str], count: Count) -> list[Instead]:
    """The first of some filters that match something."""
    found: list[Instead] = []
    for filters in list(dict.fromkeys(tried))[:TRIED]:
        if len(found) < OFFERED and (number := await count(filters)) != 0:
            found.append(Instead(filters, number))
    return found
