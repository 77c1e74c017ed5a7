"""What the card, the question of Approve and Details name in each situation, in blocks and in the text alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.evidence import Evidence, EvidenceKind, Strength
from bot.domain.freezes import Wait
from bot.domain.outcomes import Cause, CauseKind, Outcome, StepEnd
from bot.domain.owners import Owner
from bot.domain.plans import Action, Plan, Step
from bot.domain.policies import Policy
from bot.domain.requests import LIVE, Request, RequestState, VoteRecord
from bot.domain.runs import Run, RunState
from bot.domain.snoozes import Reach, Snooze, SnoozeKind
from bot.messages.buttons import offered
from bot.messages.card import Seen, card
from bot.messages.details import details
from bot.messages.holds import Around
from bot.messages.text import spoken
from sandbox.slack.blockkit import check_blocks, check_view
from tests.unit import made
from tests.unit.made import NOW, approvals
from tests.world import ADA, GRACE, MEI, NEW, TOMAS, model

NAMES = {ADA: "Ada", GRACE: "Grace", TOMAS: "Tomas", MEI: "Mei"}
POLICY = Policy((GRACE, TOMAS), 1, False, 86400)
NOTE = Evidence(EvidenceKind.CATALOG, Strength.PROOF, NEW, "release-notes.md", date(2026, 11, 1))
WARNED = Evidence(EvidenceKind.WARNING, Strength.STRONG, None, "recognition", date(2026, 11, 3))
NEWER = "en-US_NarrowbandModel.v2021-02-02"
HOLD = Snooze(
    *(1, SnoozeKind.HOLD, Reach.MODEL, model("kiosk", id="id-kiosk").ref, date(2026, 12, 3), NOW),
    *(frozenset[str](), "month end", MEI, NOW),
)


def seen(**over: Any) -> Seen:
    """What is around the request: names of everybody, nothing on hold."""
    around = over.pop("around", Around())
    return replace(Seen(policy=POLICY, now=NOW, around=around), **over).named(NAMES, NAMES)


def kiosk(*others: str, **over: Any) -> Plan:
    return made.plan("kiosk", *others, **{"evidence": (NOTE, WARNED), **over})


def by_hand() -> Plan:
    """On Cloud Pak for Data a person makes a change before the training that upgrades."""
    own = kiosk().model
    steps = tuple(Step(action, own.ref, own.name, True) for action in (Action.AWAIT_CHANGE, Action.FORCE_TRAIN))
    return kiosk(steps=steps)


def asks(plan: Plan, **over: Any) -> Request:
    return made.request([made.run(plan)], **over)


def ended(state: RequestState, run: RunState, plan: Plan | None = None, **over: Any) -> Request:
    facts = {"decided_by": GRACE, "decided_at": NOW, "votes": approvals(GRACE), **over}
    return made.request([made.run(plan or kiosk(), run)], state, **facts)


def brought(version: str) -> Run:
    """A run that is done with another version than the one that was expected."""
    run = made.run(kiosk(), RunState.DONE)
    steps = (replace(run.steps[0], outcome=Outcome(StepEnd.PROVEN, version, "available")),)
    return replace(run, steps=steps)


NO = VoteRecord(GRACE, "reject", "not before *Friday*", NOW)


@dataclass(frozen=True)
class Case:
    """A situation: what the card names in blocks and text, and what it does not."""

    request: Request
    names: tuple[str, ...]
    not_named: tuple[str, ...] = ()
    seen: Seen = field(default_factory=seen)
    asked: tuple[str, ...] = ()
    """What the question of Approve names."""
    details: tuple[str, ...] = ()


BASIC = ("kiosk", "v2018-07-31", "v2020-01-16", "cannot be undone")

CASES = {
    "plain": Case(
        asks(kiosk()),
        ("Approval needed", *BASIC, "IBM's warning", "misheard names", "from Ada", "Language model", "stt"),
        ("Also changes", "Loses", "Needs a person", "release notes", f"<@{ADA}>"),
        asked=BASIC,
        details=("kiosk", "IBM's warning", "release notes", "cannot be undone"),
    ),
    "acoustic with its language model": Case(
        asks(kiosk("terms", kind="acoustic")),
        (*BASIC, "Also changes *terms*", "Acoustic model"),
        asked=(*BASIC, "Also changes terms"),
        details=("Also changes *terms*",),
    ),
    "a weight is lost": Case(
        asks(kiosk(drops_weight=True)),
        (*BASIC, "Loses a saved customization weight"),
        asked=(*BASIC, "Loses a saved customization weight"),
        details=("Loses a saved customization weight",),
    ),
    "a person must change something": Case(
        asks(by_hand()),
        (*BASIC, "Needs a person: Ada adds or changes a word, corpus or grammar of *kiosk*"),
        asked=(*BASIC, "Needs a person: Ada changes a word"),
        details=("Needs a person: Ada",),
    ),
    "everything at once": Case(
        asks(replace(by_hand(), drops_weight=True, steps=(*kiosk("terms").steps, *by_hand().steps))),
        (*BASIC, "Also changes *terms*", "Loses", "Needs a person"),
        asked=(*BASIC, "Also changes terms", "Loses", "Needs a person"),
    ),
    "on hold, with an owner": Case(
        asks(kiosk()),
        (*BASIC, "on hold", "3 Dec 2026", "Mei", "owner Tomas"),
        seen=seen(around=Around({HOLD.subject: HOLD}, {HOLD.subject: Owner(TOMAS)})),
        asked=(*BASIC, "kiosk is on hold until 3 Dec 2026 by Mei, owner Tomas"),
        details=("on hold",),
    ),
    "release note alone": Case(asks(kiosk(evidence=(NOTE,))), (*BASIC, "release notes"), ("IBM's warning",)),
    "an estimate": Case(
        asks(kiosk(minutes=20)),
        (*BASIC, "Estimate: about 20 to 40 minutes", "10:00 UTC", "10:40 UTC", "if approved at once"),
    ),
    "an estimate for later": Case(
        asks(kiosk(minutes=20), not_before=NOW + timedelta(hours=12)),
        (*BASIC, "22:00 UTC", "22:40 UTC", "if approved by then"),
        seen=seen(wait=Wait("time", NOW + timedelta(hours=12))),
    ),
    "no estimate": Case(asks(kiosk()), (*BASIC, "Estimate: usually minutes (IBM)"), ("≈",)),
    "approved": Case(
        ended(RequestState.SCHEDULED, RunState.QUEUED, ended_at=None),
        ("Upgrade approved", "kiosk", "approved by Grace"),
        ("cannot be undone", f"<@{GRACE}>", "10:40"),
    ),
    "scheduled": Case(
        ended(RequestState.SCHEDULED, RunState.QUEUED, kiosk(minutes=20), not_before=NOW + timedelta(hours=12)),
        ("Upgrade scheduled", "22:00 UTC", "22:40 UTC"),
        seen=seen(wait=Wait("time", NOW + timedelta(hours=12))),
    ),
    "running": Case(
        ended(RequestState.RUNNING, RunState.RUNNING, kiosk("terms", minutes=20)),
        ("Upgrading", "kiosk", "Step 2 of 2", "10:40 UTC", "Also changes *terms*"),
        ("cannot be undone",),
        seen=seen(estimates={1: made.plan(minutes=20).estimate}),
    ),
    "done with another version": Case(
        made.request([brought(NEWER)], RequestState.DONE, votes=approvals(GRACE)),
        ("Upgrade done", "kiosk", "v2018-07-31", "v2021-02-02", "Proof", "misheard names"),
        ("v2020-01-16", "cannot be undone", "IBM's warning"),
    ),
    "done without proof": Case(
        made.request([made.unproven(kiosk())], RequestState.DONE),
        ("no newer version shown", "kiosk", "Why:"),
        ("v2020-01-16",),
    ),
    "failed": Case(
        ended(RequestState.FAILED, RunState.FAILED),
        ("Upgrade failed", "kiosk", "Why: The service refused", "misheard names"),
        ("IBM's warning", "cannot be undone"),
    ),
    "rejected": Case(
        ended(RequestState.REJECTED, RunState.CANCELLED, votes=(NO,)),
        ("Upgrade rejected", "kiosk", "Rejected by Grace", "not before", "misheard names", "from Ada", "from Grace"),
        (f"<@{GRACE}>", "IBM's warning", "cannot be undone"),
        details=("Rejected by Grace", "not before *Friday*", "What was planned", "Who decided", "Needed 1 approval"),
    ),
    "withdrawn": Case(
        ended(RequestState.WITHDRAWN, RunState.CANCELLED, decided_by=ADA, votes=()),
        ("withdrawn", "kiosk", "Withdrawn by Ada"),
        (f"<@{ADA}>", "IBM's warning"),
    ),
    "expired": Case(
        ended(RequestState.EXPIRED, RunState.CANCELLED, decided_by=None, votes=()),
        ("expired", "kiosk", "Why: nobody decided by", "24 Nov 2026"),
        ("IBM's warning",),
    ),
    "stopped": Case(
        ended(RequestState.CANCELLED, RunState.CANCELLED),
        ("Upgrade stopped", "kiosk", "Stopped by Grace"),
        (f"<@{GRACE}>", "IBM's warning"),
    ),
    "changed": Case(
        made.request([made.run(kiosk(), RunState.LEFT_OUT, cause=Cause(CauseKind.DELETED))], RequestState.CHANGED),
        ("Not started", "kiosk", "Why: Its instance no longer knows it"),
        ("IBM's warning",),
    ),
    "several": Case(
        made.request(
            [
                made.run(kiosk("terms", kind="acoustic", minutes=20), number=1),
                made.run(made.plan("phone", minutes=10, drops_weight=True), number=2),
                made.run(replace(by_hand(), estimate=made.plan(minutes=10).estimate), number=3),
            ]
        ),
        (
            "Approval needed: upgrade of 3 models",
            "Starts with",
            "kiosk",
            "terms",
            "phone",
            "cannot be undone",
            "person",
            "weight",
        ),
        asked=(
            "3 models",
            "cannot be undone",
            "kiosk goes first",
            "terms",
            "phone",
            "1 model loses",
            "1 model needs a person",
        ),
        details=("kiosk", "loses a saved weight", "needs a person", "also changes *terms*", "warning seen"),
    ),
}


def question(request: Request, around: Seen) -> str:
    """The title and the text of what Approve asks."""
    (row,) = [block for block in card(request, around).blocks if block["type"] == "actions"]
    ask = row["elements"][0]["confirm"]
    assert len(ask["text"]["text"]) <= 300
    assert ask["text"]["text"].endswith(".")
    return f"{ask['title']['text']} {ask['text']['text']}"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_the_card_names(case: Case):
    """Blocks and text say the same; Slack takes them; what cannot be undone is said once."""
    message = card(case.request, case.seen)
    assert check_blocks(list(message.blocks), "message") == []
    for place in (str(message.blocks), message.text):
        for part in case.names:
            assert part.casefold() in place.casefold(), part
        for part in case.not_named:
            assert part not in place, part
        assert place.count("cannot be undone") - str(message.blocks[-1]).count("cannot be undone") <= 1
    assert not re.search(r":[a-z_]+:|`|→|≈", spoken(message.text))
    head = message.blocks[0]["text"]["text"].split("\n")
    assert len(head) <= 5


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.asked])
def test_what_the_question_names(case: Case):
    """The confirm dialog says what the card says."""
    asked = question(case.request, case.seen)
    for part in case.asked:
        assert part in asked, asked


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.details])
def test_what_details_name(case: Case):
    """Details say it too, and end with buttons for whoever may decide."""
    offers: list[Any] = [("approve", None), ("reject", None)] if case.request.state is RequestState.OPEN else []
    view = details(case.request, case.seen, None, None, offers)
    assert check_view(dict(view)) == []
    for part in case.details:
        assert part in str(view["blocks"]), part
    texts = [
        element["text"]["text"]
        for block in view["blocks"]
        for element in block.get("elements", [])
        if "value" in element
    ]
    assert texts == (["Approve", "Reject"] if offers else [])
    assert view["close"]["text"] == "Close"


def test_each_line_of_several_says_its_risk():
    """In short: what else it changes, loses and needs, whether a warning was seen; and when all should be over."""
    request = CASES["several"].request
    blocks = card(request, seen()).blocks
    lines = blocks[1]["text"]["text"].split("\n")
    assert [line.partition("→ v2020-01-16`")[2] for line in lines] == [
        " · also changes *terms* · warning seen · to come",
        " · loses a saved weight · to come",
        " · needs a person · warning seen · to come",
    ]
    assert "the time until a person made the change" in blocks[0]["text"]["text"]
    quick = made.request([made.run(made.plan(f"m{n}", minutes=10), number=n) for n in range(1, 6)])
    # The first alone, then four of them two at a time: three times twenty minutes at most.
    assert "about 30 minutes to 1 hour" in card(quick, seen()).text
    assert "11:00 UTC" in card(quick, seen()).text


@pytest.mark.parametrize("name", ["*all* _models_ ~x~ `y`", "<!channel>", "*", ":x:", "a\nb", "very-long-" * 30])
def test_a_name_in_bold_breaks_nothing(name: str):
    """Its own markup is not markup, and it is one line."""
    message = card(asks(made.plan(name, "*terms*")), seen())
    first, *rest = message.blocks[0]["text"]["text"].split("\n")
    assert first.count("*") == 2
    assert rest[0].count("*") == 2
    assert "<!channel>" not in message.blocks[0]["text"]["text"]
    assert "<!channel>" not in message.text
    assert len(question(asks(made.plan(name, "*terms*")), seen())) <= 300 + 101


def test_requesters_and_voters_are_named_not_mentioned():
    """The card is posted by the requester's act, so it pings who can approve, and not the requester."""
    request = made.request([made.run(kiosk())], requester=GRACE)
    said = str(card(request, seen()).blocks)
    assert f"<@{GRACE}>" not in said
    assert f"from <@{TOMAS}>" in said
    own = card(request, seen(policy=Policy((GRACE, TOMAS), 1, True, 86400)))
    assert f"from Grace or <@{TOMAS}>" in str(own.blocks)


@pytest.mark.parametrize("state", [one for one in RequestState if one not in LIVE])
def test_several_that_ended_are_not_called_changed(state: RequestState):
    """The text says that all are changed for good only where they are."""
    first = replace(made.run(made.plan("a"), RunState.DONE, 1), steps=brought("v").steps)
    second = made.run(made.plan("b"), RunState.CANCELLED, 2)
    text = card(made.request([first, second], state), seen()).text
    assert ("Meant: a and b." in text, "Changed for good" in text) == (True, False)


@pytest.mark.parametrize("state", list(RequestState))
def test_details_say_what_it_changes_while_it_can(state: RequestState):
    """Of one that ended they say what became of it."""
    plan = kiosk("lm")
    shown = str(details(made.request([made.run(plan, RunState.QUEUED)], state), seen(), None, None, ()))
    assert ("Also changes" in shown) is (state in LIVE)


def test_the_reason_of_the_outcome_is_first():
    """A rejection's reason stands above what the requester gave."""
    no = VoteRecord(GRACE, "reject", "not before Friday", NOW)
    blocks = str(card(asks(kiosk(), state=RequestState.REJECTED, why="callers complain", votes=(no,)), seen()).blocks)
    assert 0 < blocks.index("not before Friday") < blocks.index("callers complain")


def test_buttons_about_different_models_name_them():
    """Where a person may act on more than one model, each button says which it is about; alone it need not."""
    request = made.request(
        [made.run(made.plan(name), RunState.RUNNING, number) for number, name in enumerate(("kiosk", "phone"), 1)],
        RequestState.RUNNING,
    )
    first, second = request.runs
    both = offered(request, [("retry", first.id), ("stop", second.id)], Around())
    assert [one["text"]["text"] for one in both] == ["Try again: kiosk", "Mark as failed and stop watching: phone"]
    (alone,) = offered(request, [("stop", second.id)], Around())
    assert alone["text"]["text"] == "Mark as failed and stop watching"
