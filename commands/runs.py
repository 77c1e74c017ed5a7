"""`/stt-runs`: what waits, runs, and ended."""

from __future__ import annotations

from bot.domain.runs import OPEN
from bot.messages import run
from commands.desk import Answer, Ask, Desk


def runs(ask: Ask, desk: Desk) -> Answer:
    """From the journal; a word filters by model, instance or state."""
    words = ask.text.casefold().split()
    shown = [
        [
            r
            for r in group
            if all(w in f"{r.plan.model.name} {r.plan.model.instance} {r.state}".casefold() for w in words)
        ]
        for group in (desk.store.runs.in_state(*OPEN), desk.store.runs.recent())
    ]
    return run.runs(shown[0], shown[1][:15], desk.clock.now())
