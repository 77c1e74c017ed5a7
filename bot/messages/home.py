"""App Home: what waits for you, what you asked for, what runs, the fleet at a glance, freezes, last outcomes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from bot.domain.fleet import Snapshot
from bot.domain.freezes import Freeze
from bot.domain.judged import Judged
from bot.domain.requests import Request, RequestState
from bot.domain.verdicts import UPGRADABLE, Verdict
from bot.messages.buttons import card_buttons, details_button, model_button
from bot.messages.freezes import freeze_blocks
from bot.messages.holds import Around
from bot.messages.kit import actions, button, context, divider, header, section
from bot.messages.requests import state_line
from bot.messages.signs import Sign
from bot.messages.text import ago, code, some
from bot.messages.verdicts import one_line, sign
from bot.ports import Block

AT_A_GLANCE = 10
"""Outdated models that are shown."""

EACH = 5
"""Requests shown with their own buttons in one group; App Home holds 100 blocks."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one person's App Home is made of. *decides* are the instances on which *user* may decide."""

    user: str
    decides: frozenset[str]
    own: frozenset[str]
    """Those on which requesters may approve their own."""
    judged: Judged
    live: Sequence[Request]
    ended: Sequence[Request]
    freezes: Sequence[Freeze]
    around: Around = field(default_factory=Around)
    """Of the models that are on hold."""


def home(seen: Seen, now: datetime) -> Mapping[str, Any]:
    """One person's App Home; its buttons do what those on the cards do."""
    deciding = [request for request in seen.live if _waits_for(request, seen)]
    asked = [request for request in seen.live if request.requester == seen.user and request not in deciding]
    others = [request for request in seen.live if request not in deciding and request not in asked]
    blocks: list[Block] = [header("Waiting for you"), *_requests(deciding, now, seen.around)]
    if not deciding:
        blocks.append(section("Nothing. Cards that need your decision appear here and in the channel."))
    if asked:
        blocks += [header("You asked for"), *_requests(asked, now)]
    blocks += [header("Waiting and running"), *_requests(others, now)]
    if not others:
        blocks.append(section("Nothing else." if deciding or asked else "No upgrade is asked for or running."))
    if seen.freezes:
        blocks += [header("Frozen"), *freeze_blocks(seen.freezes[:5])]
    blocks += [divider(), header("The fleet"), *_fleet(seen.judged)]
    if seen.ended:
        lines = "\n".join(f"• {state_line(request, now)}" for request in seen.ended)
        blocks += [divider(), header("Last outcomes"), section(lines)]
    blocks.append(context(*_age(seen.judged.snapshot, now)))
    return {"type": "home", "blocks": blocks}


def closed(why: str) -> Mapping[str, Any]:
    """App Home of somebody who may not read; *why* is escaped already."""
    return {"type": "home", "blocks": [section(f"{Sign.PRIVATE} {why}")]}


def _waits_for(request: Request, seen: Seen) -> bool:
    """Whether this person could decide on a request that waits for approval, is paused, or is unclear."""
    theirs = request.requester == seen.user and not seen.own.issuperset(request.instances)
    fresh = request.state is RequestState.OPEN and seen.user not in request.approved_by
    unclear = any(run.unclear for run in request.runs)
    waits = unclear or ((request.state is RequestState.PAUSED or fresh) and not theirs)
    return waits and seen.decides.issuperset(request.instances)


def _requests(requests: Collection[Request], now: datetime, around: Around | None = None) -> list[Block]:
    """Requests; with *around* those that wait for this person, with the buttons that decide."""
    blocks: list[Block] = []
    for request in list(requests)[:EACH]:
        blocks.append(section(state_line(request, now), details_button(request)))
        if around is not None:
            blocks.append(actions(card_buttons(request, around), block_id=f"decide:{request.id}"))
    if len(requests) > EACH:
        blocks.append(context(f"and {len(requests) - EACH} more: `/stt-runs open` lists all"))
    return blocks


def _fleet(judged: Judged) -> list[Block]:
    counts = judged.verdicts
    glance = " · ".join(f"{sign(verdict)}: {counts[verdict]:,}" for verdict in Verdict if counts[verdict])
    blocks = [section(glance or "No custom models were read yet.")]
    outdated = sum(counts[verdict] for verdict in UPGRADABLE)
    for judgement in islice(judged.upgradable(), AT_A_GLANCE):
        blocks.append(section(one_line(judgement), model_button(judgement.model.ref, judgement.model.name)))
    if outdated > AT_A_GLANCE:
        blocks.append(context(f"and {outdated - AT_A_GLANCE:,} more: `/stt-models outdated` lists all"))
    blocks.append(actions([button("Refresh", "home:refresh", "now")]))
    return blocks


UNREAD = 8
"""Instances that are named where they cannot be read."""


def _age(snapshot: Snapshot, now: datetime) -> list[str]:
    read = f"Read {ago(snapshot.read_at, now)}." if snapshot.read_at else "Being read for the first time."
    unread = [code(r.name) for r in snapshot.instances.values() if r.failing_since is not None]
    return [read, f":warning: cannot be read: {some(unread, UNREAD)}" if unread else ""]
