"""Dossiers: what Retune knows of one model besides what its instance says."""

from __future__ import annotations

from bot.domain.snoozes import in_force, indexed, standing
from bot.domain.verdicts import Judgement
from bot.flows.inventory import Inventory, Judged
from bot.flows.owners import Owning
from bot.messages.fleet import Dossier
from bot.ports import Clock
from bot.store import Store
from bot.store.database import Database


class Dossiers:
    """Puts them together, each in one read."""

    def __init__(self, db: Database, inventory: Inventory, owning: Owning, clock: Clock) -> None:
        self._db = db
        self._inventory = inventory
        self._owning = owning
        self._clock = clock

    async def of(self, judgement: Judgement) -> Dossier:
        """All of one model. Raises `StoreUnavailable`."""
        judged = await self._inventory.judged()
        return await self._db.read(lambda store: self._of(store, judgement, judged))

    def _of(self, store: Store, judgement: Judgement, judged: Judged) -> Dossier:
        model, now = judgement.model, self._clock.now()
        snoozes = indexed(in_force(store.snoozes.in_force(), judged.judgements, now))
        said, language = store.observed.linked(model.ref)
        partner = judged.of(language) if language else None
        return Dossier(
            runs=store.runs.of_model(model.ref),
            changes=store.changes.of_model(model),
            snooze=standing(judgement, snoozes, now),
            owner=self._owning.owner_in(store, model),
            trained_with=(partner.model.name if partner else language or "") if said else None,
        )
