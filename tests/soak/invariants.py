"""What must hold, judged by what the true service and the true Slack show, and not by our own database alone."""

from __future__ import annotations

import re
from collections import Counter

from bot.domain.requests import LIVE, Request, RequestState
from bot.domain.runs import RunState, StepState
from bot.store import Store
from tests.fakes import Said
from tests.soak.stage import Sent, Stage
from tests.world import CHANNEL, NEW

REQUESTER = "UADA"


def may_send(stage: Stage, bot: str, sent: Sent) -> None:
    """At the moment at which a request leaves: it has its approval and its intent, and was not sent before."""
    told = f"{bot}: {sent.action} of {sent.id}"
    stage.tell(f"{told} leaves{' (force)' if sent.force else ''}")
    store, ref = stage.store, stage.speech.kept[sent.id].ref
    request = store.requests.holding(ref)
    if request is None:
        stage.fault(f"{told} is sent for no request")
        return
    sent.request = request.id
    for earlier in stage.sent:
        same = earlier.request == request.id and (earlier.action, earlier.id, earlier.force) == (
            sent.action,
            sent.id,
            sent.force,
        )
        if same and earlier.standing and request.id not in stage.stopped:  # else a person wanted it again
            stage.fault(f"{told} is sent twice")
    voters = [voter for voter in request.approved_by if (request.id, voter) in stage.approvals]
    if len(voters) < stage.needed or REQUESTER in voters:
        stage.fault(f"{told} is sent without a standing approval of request {request.id}")
    current = [run.current for run in request.runs if run.state is RunState.RUNNING and run.current is not None]
    if not any(record.state is StepState.STARTING and record.step.ref == ref for record in current):
        stage.fault(f"{told} is sent without its intent")
    if any(stage.wall.now() < freeze.until for freeze in store.freezes.holding()):
        stage.fault(f"{told} is sent while everything is frozen")


def at_rest(stage: Stage) -> str:
    """What is still to come; empty when all has come to rest."""
    store = stage.store
    live = [request for request in store.requests.live() if request.state is not RequestState.OPEN]
    if live:
        return ", ".join(f"request {request.id} is {request.state}" for request in live)
    if any(run.state is RunState.RUNNING for id in _ids(store) for run in _must(store, id).runs):
        return "a run of an ended request goes on"
    # Where a post that somebody asked for was lost, the thread is not known: the next announcement is awaited.
    announced = store.announcements.last(CHANNEL) is not None
    if announced and any(snooze.ended_at is not None for snooze in store.snoozes.unsettled()):
        return "the end of a snooze is not said"
    if untold := store.requests.untold():
        return f"requests {untold} are not told"
    if any(model.status in ("upgrading", "training") for model in stage.speech.kept.values()):
        return "the service works"
    return ""


def judge(stage: Stage) -> None:
    """Everything that must hold once all has come to rest."""
    keys = Counter((said.channel, said.key) for said in stage.chat.said)
    for (_, key), count in keys.items():
        if count > 1:
            stage.fault(f"{key} is there {count} times")
    if broken := stage.store.audit.verify():
        stage.fault(f"the audit is broken at row {broken.id}: {broken.why}")
    for id in _ids(stage.store):
        _judge_request(stage, _must(stage.store, id))


def _judge_request(stage: Stage, request: Request) -> None:
    said = {one.key.split(":", 2)[2]: one for one in stage.chat.said if one.key.startswith(f"request:{request.id}:")}
    card = said.get("card")
    if card is None:
        stage.fault(f"request {request.id} ({request.state}) has no card")
        return
    ends = [one for key, one in said.items() if key.startswith("end")]
    if request.state in LIVE:
        if ends:
            stage.fault(f"request {request.id} is {request.state} and its thread says that it ended")
        if "Approve" not in card.buttons:
            stage.fault(f"request {request.id} is open and its card cannot be approved")
        return
    if card.buttons:
        stage.fault(f"request {request.id} is {request.state} and its card still has {card.buttons}")
    if not ends:
        stage.fault(f"request {request.id} is {request.state} and its thread does not say so")
        return
    _agree(stage, request, card, ends[-1])


def _agree(stage: Stage, request: Request, card: Said, end: Said) -> None:
    """The card and the last word against what the service shows."""
    about = f"request {request.id} ({request.state})"
    shown = {run.plan.model.id: stage.speech.kept[run.plan.model.id] for run in request.meant}
    grown = {id for id, model in shown.items() if NEW in (model.versions or ())}
    done = {run.plan.model.id for run in request.runs if run.state is RunState.DONE}
    if not done <= grown:
        stage.fault(f"{about} calls {sorted(done - grown)} done, and the service does not")
    failed = {run.plan.model.id for run in request.runs if run.state is RunState.FAILED and not run.retries}
    by_us = {sent.id for sent in stage.sent if sent.request == request.id and sent.end == "grown"}
    if failed & by_us and request.id not in stage.stopped and len(request.first.steps) == 1:
        stage.fault(f"{about} calls {sorted(failed & by_us)} failed, and the service upgraded it")
    counted = re.search(r"Finished: (\d+) of \d+ models? upgraded", end.text)
    if counted and (int(counted[1]) > len(grown) or ("failed" in end.text) != (request.state is RequestState.FAILED)):
        stage.fault(f"{about}: its thread ends with “{end.text[:80]}”, and the service shows {sorted(grown)}")
    if not counted and ("*done*" in end.text) != (request.state is RequestState.DONE):
        stage.fault(f"{about}: its thread ends with “{end.text[:80]}”")
    title = card.text.casefold()
    if request.state is RequestState.DONE and not ("upgraded" in title or "done" in title):
        stage.fault(f"{about}: its card says “{card.text[:80]}”")
    if request.state is RequestState.FAILED and "fail" not in title:
        stage.fault(f"{about}: its card says “{card.text[:80]}”")


def _ids(store: Store) -> list[int]:
    return sorted({row["request"] for row in store.audit.all() if row["request"] is not None})


def _must(store: Store, id: int) -> Request:
    found = store.requests.get(id)
    assert found is not None
    return found
