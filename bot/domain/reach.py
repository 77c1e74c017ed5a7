"""How far the catalog reaches: versions in the fleet that are newer than anything it knows."""

from __future__ import annotations

from bot.domain.catalog import Catalog
from bot.domain.fleet import Snapshot, embedded_date


def beyond(snapshot: Snapshot, catalog: Catalog) -> set[str]:
    """The versions that are dated after the release notes that the catalog was made from: it is out of date."""
    found = set()
    for model in snapshot.models:
        reach = catalog.as_of.get(model.deployment)
        day = embedded_date(model.newest) if model.newest else None
        if reach is not None and day is not None and day > reach:
            found.add(str(model.newest))
    return found
