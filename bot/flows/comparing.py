"""Comparing: notes what was changed outside Retune, in the transaction that keeps the reading that shows it."""

from __future__ import annotations

from datetime import datetime

from bot.domain.changes import compare
from bot.domain.fleet import IN_PROGRESS
from bot.store import Store
from bot.store.fleet import Kept


def note(store: Store, kept: Kept, now: datetime) -> None:
    """Notes what a reading shows that no run of ours did. Call it inside the transaction that kept the reading."""
    before = kept.before
    if kept.recovered and before.failing_since is not None:
        store.changes.answers_again(before.name, before.failing_since, now)
    if before.read_at is None or not compare(before, kept.after, now):
        return
    did, may_still = store.runs.touched(before.name, before.read_at)
    # A run that ended without an end of the service's work ("stop watching") still owns that work.
    busy = {model.ref for model in before.models if model.status in IN_PROGRESS}
    store.changes.note(compare(before, kept.after, now, ours=did | (may_still & busy)))
