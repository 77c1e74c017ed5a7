"""App Home, a desk: needs you · my requests · my models · running · what is worst. Different for each person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.counts import Counts, Group
from bot.domain.fleet import InstanceReading, Snapshot
from bot.domain.freezes import Freeze
from bot.domain.home import Needed
from bot.domain.requests import Request, RequestState
from bot.domain.verdicts import Judgement
from bot.messages import tables
from bot.messages.buttons import details_button, offered
from bot.messages.counts import fleet_text, groups_text, outdated_text, snoozed_text
from bot.messages.doubts import now_and_before, right_button
from bot.messages.freezes import freeze_blocks
from bot.messages.holds import Around
from bot.messages.kit import actions, button, context, header, section, sections
from bot.messages.model_table import model_table, open_menu
from bot.messages.requests import state_line
from bot.messages.signs import Sign
from bot.messages.text import ago, bold, code, counted, some
from bot.messages.verdicts import one_line
from bot.messages.words import add_button
from bot.ports import Block

EACH = 5
"""Requests with their own buttons in one group, and instances. App Home holds 100 blocks."""

MODELS = 10
"""Models in a list."""

CAN_READ = "You can read here. Ask a member of this workspace to request an upgrade."


@dataclass(frozen=True, slots=True)
class Mine:
    """A person's own models, also through a group: the worst, and the counts of all."""

    worst: Sequence[Judgement] = ()
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Seen:
    """One person's App Home. *asks*: they may request upgrades, not only read."""

    user: str
    asks: bool
    needed: Sequence[Needed]
    doubted: Sequence[InstanceReading]
    """Instances whose lists this person may accept."""
    live: Sequence[Request]
    ended: Sequence[Request]
    mine: Mine
    worst: Sequence[Judgement]
    """The worst models to act on."""
    counts: Counts
    snapshot: Snapshot
    freezes: Sequence[Freeze] = ()
    around: Around = field(default_factory=Around)
    """Models on hold, or waiting for a change."""


def home(seen: Seen, now: datetime) -> Mapping[str, Any]:
    """One person's App Home; its buttons do what those on the cards do."""
    waiting = {each.request.id for each in seen.needed}
    rest = [request for request in seen.live if request.id not in waiting]
    own = [request for request in rest if request.requester == seen.user]
    others = [request for request in rest if request.requester != seen.user]
    blocks = _needs(seen, now) if seen.asks else [section(CAN_READ)]
    if own:
        blocks += [header("My requests"), *_requests(own, now)]
    if seen.mine.counts.total:
        blocks += [header("My models"), *_mine(seen)]
    undecided = [request for request in others if request.state is RequestState.OPEN]
    going = [request for request in others if request.state is not RequestState.OPEN]
    for heading, requests in (("Waiting for approval", undecided), ("Running", going)):
        if requests:
            blocks += [header(heading), *_requests(requests, now)]
    if seen.freezes:
        blocks += [header("Frozen"), *freeze_blocks(seen.freezes[:EACH])]
    blocks += [header("What is worst"), *_worst(seen)]
    if seen.ended:
        lines = [f"• {state_line(request, now)}" for request in seen.ended]
        blocks += [header("Ended last"), *sections(lines)]
    blocks.append(context(*_age(seen.snapshot, now)))
    return {"type": "home", "blocks": blocks}


def closed(why: str) -> Mapping[str, Any]:
    """App Home for people who may not read; *why* is escaped already."""
    return {"type": "home", "blocks": [section(f"{Sign.PRIVATE} {why}")]}


def _needs(seen: Seen, now: datetime) -> list[Block]:
    """What waits for this person. Changes by hand and doubts come first: nobody else is told of them."""
    blocks: list[Block] = [header("Needs you")]
    changes = [(each.request, run) for each in seen.needed for run in each.changes]
    for request, run in changes[:EACH]:
        what = f"{Sign.PERSON} {bold(run.plan.model.name)} waits for a change by you"
        blocks.append(section(f"{what}: add or change a word, corpus or grammar", add_button(request, run)))
        blocks.append(context(f"Request {request.id} goes on by itself then."))
    for reading in seen.doubted[:EACH]:
        assert reading.doubt is not None
        text = f"*Is this still the right instance?* {code(reading.name)} {now_and_before(reading.doubt)}."
        blocks.append(section(f"{Sign.ATTENTION} {text}", right_button(reading.name, reading.doubt)))
    deciding = list({each.request.id: each for each in seen.needed if each.offers}.values())
    for each in deciding[:EACH]:
        blocks.append(section(state_line(each.request, now), details_button(each.request)))
        if buttons := offered(each.request, each.offers, seen.around):
            blocks.append(actions(buttons, block_id=f"decide:{each.request.id}"))
    more = sum(max(0, len(some_of) - EACH) for some_of in (changes, seen.doubted, deciding))
    if more:
        blocks.append(context(f"and {more} more: `/stt-runs open` lists all requests"))
    if len(blocks) == 1:
        blocks.append(section("Nothing. Requests to decide and models to change appear here."))
    return blocks


def _requests(requests: Sequence[Request], now: datetime) -> list[Block]:
    blocks: list[Block] = [section(state_line(request, now), details_button(request)) for request in requests[:EACH]]
    if len(requests) > EACH:
        blocks.append(context(f"and {len(requests) - EACH} more: `/stt-runs open` lists all"))
    return blocks


def _mine(seen: Seen) -> list[Block]:
    """The verdicts on a person's own models."""
    counts, shown = seen.mine.counts, seen.mine.worst
    head = f"*{counted(counts.total, 'model')}: {groups_text(counts)}*"
    blocks = sections([head, *(one_line(judgement) for judgement in shown)])
    return [*blocks, *_menu(seen, shown), *_more(counts.total - len(shown))]


def _worst(seen: Seen) -> list[Block]:
    """The fleet in numbers, its worst models, and the buttons that start an upgrade."""
    counts, shown = seen.counts, seen.worst
    blocks = [section(_fleet(counts, seen.snapshot))]
    if shown:
        blocks += [
            model_table(shown, "The worst models", {}, tables.ROOM, several=_several(seen)),
            *_menu(seen, shown),
        ]
        blocks += _more(counts.of(Group.OUTDATED, Group.STUCK, Group.FAILED) - len(shown))
    row = [button("Refresh", "home:refresh", "now")]
    if seen.asks and counts.total:
        start = button("Upgrade a model…", "home-upgrade:one", " ", style="primary" if counts.upgradable else "")
        all_of_them = button("Upgrade all outdated…", "home-upgrade:all", "outdated")
        row = [start, *([all_of_them] if counts.upgradable else []), *row]
    return [*blocks, actions(row)]


def _fleet(counts: Counts, snapshot: Snapshot) -> str:
    """The state of the fleet; where there is none yet, what to do."""
    if not counts.total and any(reading.read_at is None for reading in snapshot.instances.values()):
        return "Models appear here once the instances are read. `/stt-help` lists what you can do."
    if not counts.total:
        return (
            "No custom models yet. Make one in Speech to Text; Retune reads it within minutes. `python -m bot check` "
            "tests each instance."
        )
    waits = ". ".join(filter(None, (outdated_text(counts), snoozed_text(counts))))
    lines = [f"*{fleet_text(counts)}.*", f"{waits}." if waits else ""]
    if not counts.of(Group.OUTDATED, Group.STUCK, Group.FAILED):
        lines.append("Nothing is outdated. When IBM releases a newer version, the models behind it appear here.")
    return "\n".join(filter(None, lines))


def _several(seen: Seen) -> bool:
    return len(seen.snapshot.instances) > 1


def _menu(seen: Seen, shown: Sequence[Judgement]) -> list[Block]:
    """The menu that opens one of the models shown."""
    menu = open_menu(shown, several=_several(seen))
    return [actions(menu)] if menu else []


def _more(left: int) -> list[Block]:
    return [context(f"and {left:,} more: `/stt-models` lists all, the worst first")] if left > 0 else []


UNREAD = 8
"""Instances named where they can't be read."""


def _age(snapshot: Snapshot, now: datetime) -> list[str]:
    read = f"Read {ago(snapshot.read_at, now)}." if snapshot.read_at else "Being read for the first time."
    unread = [code(r.name) for r in snapshot.instances.values() if r.failing_since is not None]
    return [read, f"{Sign.ATTENTION} cannot be read: {some(unread, UNREAD)}" if unread else ""]
