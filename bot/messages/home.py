"""App Home: what waits for you, what runs, the fleet at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.fleet import Snapshot
from bot.domain.runs import Run, RunState
from bot.domain.verdicts import Judgement, Verdict, acting_on
from bot.messages.kit import actions, button, context, divider, header, section
from bot.messages.run import state_line
from bot.messages.text import ago, code
from bot.messages.verdict import one_line, sign
from bot.ports import Block


def home(
    judgements: Sequence[Judgement],
    snapshot: Snapshot,
    open_runs: Sequence[Run],
    ended: Sequence[Run],
    user: str,
    decides: bool,
    now: datetime,
) -> Mapping[str, Any]:
    """One person's App Home. *decides*: this person is an approver."""
    mine = [
        run
        for run in open_runs
        if run.state is RunState.WAITING and decides and run.requester != user and user not in run.approved_by
    ]
    blocks: list[Block] = [header("Waiting for you")]
    blocks.append(
        section(_lines(mine, now) or "Nothing. Cards that need your decision appear here and in the channel.")
    )
    others = [run for run in open_runs if run not in mine]
    blocks += [header("Waiting and running"), section(_lines(others, now) or "No upgrade is asked for or running.")]
    blocks += [divider(), header("The fleet")]
    counts = Counter(j.verdict for j in judgements)
    glance = " · ".join(f"{sign(verdict)}: {counts[verdict]}" for verdict in Verdict if counts[verdict])
    blocks.append(section(glance or "No custom models were read yet."))
    for judgement in [j for j in acting_on(judgements) if j.verdict in (Verdict.OUTDATED, Verdict.LIKELY_OUTDATED)][
        :10
    ]:
        name = judgement.model.name
        blocks.append(
            section(one_line(judgement), button("Details", "model", judgement.model.ref, label=f"Details of {name}"))
        )
    blocks.append(actions([button("Refresh", "home:refresh", "now")]))
    if ended:
        blocks += [divider(), header("Last outcomes"), section(_lines(ended, now))]
    read = snapshot.read_at
    unread = [code(r.name) for r in snapshot.instances.values() if r.failing_since is not None]
    small = [f"Read {ago(read, now)}." if read else "Being read for the first time."]
    if unread:
        small.append(f":warning: cannot be read: {', '.join(unread)}")
    blocks.append(context(*small))
    return {"type": "home", "blocks": blocks}


def _lines(runs: Sequence[Run], now: datetime) -> str:
    return "\n".join(f"• {state_line(run, now)}" for run in runs)
