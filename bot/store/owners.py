"""Owners set by hand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.domain.owners import Assigned
from bot.store.audit import Audited
from bot.store.connection import marks


class Owners(Audited):
    """Owners set by hand: one for each model; each change is recorded in the audit."""

    def assign(self, ref: str, owner: str, by: str, now: datetime) -> bool:
        """Set the owner of a model to a user or group; false if it already is."""
        known = self.of(ref)
        if known is not None and known.owner == owner:
            return False
        self._c.put("owners", "ref", ref=ref, owner=owner, by=by, at=now)
        self._audit.note(now, by, "owner", model=ref, detail=owner)
        return True

    def clear(self, ref: str, by: str, now: datetime) -> bool:
        """Delete the owner set by hand, so that the rules apply; false if there was none."""
        owner = self._c.value(str, "DELETE FROM owners WHERE ref = ? RETURNING owner", (ref,))
        if owner is not None:
            self._audit.note(now, by, "owner", model=ref, detail=f"none; was {owner}")
        return owner is not None

    def of(self, ref: str) -> Assigned | None:
        """The owner of one model set by hand."""
        return self._c.one(Assigned, "SELECT * FROM owners WHERE ref = ?", (ref,))

    def refs_of(self, owners: Collection[str]) -> tuple[str, ...]:
        """The models given to any of these by hand."""
        return self._c.values(str, f"SELECT ref FROM owners WHERE owner IN ({marks(owners)})", tuple(owners))

    def groups(self) -> tuple[str, ...]:
        """The groups that were given models by hand."""
        return self._c.values(str, "SELECT DISTINCT owner FROM owners WHERE owner >= 'S' AND owner < 'T'")

    def every(self) -> dict[str, Assigned]:
        """The owners set by hand, by model reference."""
        return {said.ref: said for said in self._c.all(Assigned, "SELECT * FROM owners ORDER BY ref")}
