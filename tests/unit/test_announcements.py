"""The announcement: what its five lines say of each fleet, and that Slack takes it whatever models are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count, pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.domain.announcements import Findings, compose
from bot.domain.changes import Change, ChangeKind
from bot.domain.evidence import Evidence, EvidenceKind, Strength
from bot.domain.findings import News
from bot.domain.lag import Lag
from bot.domain.owners import Owner
from bot.domain.requests import Request, RequestState
from bot.domain.runs import RunState
from bot.domain.snoozes import Reach, Snooze, SnoozeKind
from bot.domain.timing import Timing
from bot.domain.verdicts import Judgement, Risk, Verdict
from bot.messages import announcements, living, timetable
from bot.messages.announcements import Since
from bot.messages.findings import About
from bot.messages.fitting import MOST, fitted, size_of
from bot.ports import Message, Newer, plainly
from bot.turns import at_once
from sandbox.slack.blockkit import check_blocks
from tests.fleets import judged_of
from tests.unit import made
from tests.world import NEW, OLD, model

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BEFORE = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOSTILE = "<!channel> `x` *b* &amp;"
LONG = "very-long-" * 30
PROOF = Evidence(EvidenceKind.SIBLING, Strength.PROOF, NEW, "sibling", NOW.date())


def judged(name: str = "a", risk: Risk = Risk.EXPECTED, **over: object) -> Judgement:
    return Judgement(model(name, **over), Verdict.OUTDATED, risk, (PROOF,), NEW)


CURRENT = Judgement(model("current", versions=(NEW,)), Verdict.CURRENT, Risk.NONE)
RETIRED = Judgement(model("retired"), Verdict.RETIRED, Risk.RETIRED)
RECREATE = Judgement(model("recreate"), Verdict.RECREATE, Risk.REFUSED)
FAILED = Judgement(model("failed"), Verdict.FAILED, Risk.NONE)
UNKNOWN = Judgement(model("unknown"), Verdict.UNKNOWN, Risk.NONE)


def snoozed(name: str, kind: SnoozeKind = SnoozeKind.SNOOZE) -> Snooze:
    facts = (kind, Reach.MODEL, model(name).ref, date(2027, 1, 1), datetime(2027, 1, 1, tzinfo=UTC))
    return Snooze(1, *facts, frozenset(), "later", "UADA", NOW)


def waiting(name: str, id: int = 7, state: RequestState = RequestState.OPEN) -> Request:
    one = RunState.RUNNING if state is RequestState.RUNNING else RunState.QUEUED
    return made.request([made.run(made.plan(name), one)], state, id=id)


def many(number: int) -> tuple[Judgement, ...]:
    return tuple(judged(f"m{each:04}") for each in range(number))


@dataclass
class Fleet:
    """What an announcement is made of, and its messages."""

    judgements: tuple[Judgement, ...] = ()
    snoozes: tuple[Snooze, ...] = ()
    unread: tuple[str, ...] = ()
    since: Since | None = None
    owners: dict[str, str] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    loud: bool = True
    audio: int = 0

    @property
    def found(self) -> Findings:
        return at_once(compose(judged_of(self.judgements), NOW, snoozes=self.snoozes, unread=self.unread))

    @property
    def about(self) -> About:
        owners = {model(name).ref: Owner(id, by="UADA") for name, id in self.owners.items()}
        requests = {model(name).ref: request for name, request in self.requests.items()}
        return About(NOW.date(), requests, {}, owners, {"UADA": "Ada", "SDESK": "Support"})

    @property
    def messages(self) -> tuple[Message, ...]:
        about = self.about
        fresh = [j for j in self.found.worth if j.model.ref in about.owners]
        whose = announcements.those_asked(fresh, about)
        said = announcements.announcement(
            self.found, about, since=self.since, asked=whose, loud=self.loud, audio=self.audio
        )
        return at_once(said)

    @property
    def lines(self) -> list[str]:
        """The lines that people see, small print last."""
        section, *rest = self.messages[0].blocks
        small = [each["text"] for block in rest if block["type"] == "context" for each in block["elements"]]
        return [*section["text"]["text"].split("\n"), " ".join(small)]

    @property
    def buttons(self) -> list[str]:
        rows = [block for block in self.messages[0].blocks if block["type"] == "actions"]
        return [each["text"]["text"] for row in rows for each in row["elements"]]


def refs(*names: str) -> frozenset[str]:
    return frozenset(model(name).ref for name in names)


def since(*, changes: tuple[ChangeKind, ...] = (), **news: frozenset[str]) -> Since:
    found = [Change(kind, "stt", NOW) for kind in changes]
    return Since(BEFORE, News(**news), found)  # type: ignore[arg-type]  # sets of references


ALL = ["Upgrade all…", "Review", "Snooze…"]
LOST = "when the old version goes, the customization is silently lost"
FIRST = "First announcement in this channel."

SITUATIONS = {
    "the first one": (
        Fleet((judged("a"), CURRENT)),
        [
            "*1 of 2 models is outdated* · 1 current",
            FIRST,
            f"*Risk:* requests with 1 model probably return a warning; {LOST}.",
            "1 model to act on, in the thread.",
        ],
        ALL,
    ),
    "a week with nothing new": (
        Fleet((judged("a"), CURRENT), since=since()),
        [
            "*1 of 2 models is outdated* · 1 current",
            "Nothing new since 20 Nov 2026.",
            f"*Risk:* requests with 1 model probably return a warning; {LOST}.",
            "1 model to act on, in the thread.",
        ],
        ALL,
    ),
    "all of it": (
        Fleet(
            (*many(4), judged("x", Risk.IGNORED), judged("s"), judged("h"), RETIRED, RECREATE, FAILED, CURRENT),
            (snoozed("s"), snoozed("h", SnoozeKind.HOLD)),
            ("eu",),
            since(
                new=refs("m0000", "m0001", "m0002", "m0003", "x"),
                worse=refs("x"),
                gone=refs("y", "z"),
                changes=(ChangeKind.CREATED, ChangeKind.TRAINED, ChangeKind.TRAINED),
            ),
            {"x": "UADA", "m0000": "SDESK", "m0001": "SDESK"},
            {"m0002": waiting("m0002")},
            audio=12,
        ),
        [
            "*7 of 11 models are outdated* · 2 can't be upgraded · 1 failed · 1 current · of these 1 snoozed and 1 on "
            "hold",
            "Since 20 Nov 2026: 5 new (*x*, *m0000*, *m0001* and 2 more), 1 worse (*x*), 2 no longer listed; "
            "1 created, 2 trained elsewhere.",
            ":rotating_light: *Risk:* the customization of 1 model is already ignored: requests get the plain base "
            "model (6 more at a lower risk).",
            "*Owners:* <@UADA>: *x* · <!subteam^SDESK>: *m0000* and *m0001* · 2 new without an owner · 1 already "
            "requested",
            "8 models to act on, in the thread. Incomplete: `eu` is unreachable. 12 seconds of audio sent this month "
            "to check for recognition warnings.",
        ],
        ALL,
    ),
    "everything is current": (
        Fleet((CURRENT, replace(CURRENT, model=model("d"))), since=since(gone=refs("a"))),
        ["*All 2 models are on the newest known version*", "Since 20 Nov 2026: 1 no longer listed.", ""],
        [],
    ),
    "no model": (Fleet(), ["*There are no custom models*", FIRST, ""], []),
    "nothing read yet": (
        Fleet(unread=("stt",)),
        ["*There are no custom models yet*", FIRST, "Incomplete: `stt` is unreachable."],
        [],
    ),
    "what cannot be judged": (
        Fleet((CURRENT, UNKNOWN)),
        ["*None of 2 models is known to be outdated* · 1 unknown · 1 current", FIRST, ""],
        [],
    ),
    "only what no upgrade helps": (
        Fleet((RETIRED, CURRENT)),
        [
            "*None of 2 models is outdated* · 1 can't be upgraded · 1 current",
            FIRST,
            "*Risk:* requests with 1 model on a retired base can fail or lose the customization any time.",
            "1 model to act on, in the thread.",
        ],
        ["Review", "Snooze…"],
    ),
    "all requested": (
        Fleet((judged("a"),), requests={"a": waiting("a")}),
        [
            "*1 of 1 model is outdated*",
            FIRST,
            f"*Risk:* requests with 1 model probably return a warning; {LOST}.",
            "1 already requested",
            "1 model to act on, in the thread.",
        ],
        ["Review", "Snooze…"],
    ),
    "all snoozed": (
        Fleet((judged("a"), CURRENT), (snoozed("a"),), since=since()),
        ["*1 of 2 models is outdated* · 1 current · of these 1 snoozed", "Nothing new since 20 Nov 2026.", ""],
        [],
    ),
    "twelve": (
        Fleet(many(12)),
        [
            "*12 of 12 models are outdated*",
            FIRST,
            f"*Risk:* requests with 12 models probably return a warning; {LOST}.",
            "12 models to act on, in the thread.",
        ],
        ALL,
    ),
    "too many for replies": (
        Fleet(many(51)),
        [
            "*51 of 51 models are outdated*",
            FIRST,
            f"*Risk:* requests with 51 models probably return a warning; {LOST}.",
            "51 models to act on: the worst are in the thread, all of them in its CSV file.",
        ],
        ALL,
    ),
    "thousands": (
        Fleet(many(2000), since=since(new=frozenset(j.model.ref for j in many(1500)))),
        [
            "*2,000 of 2,000 models are outdated*",
            "Since 20 Nov 2026: 1,500 new (*m0000*, *m0001*, *m0002* and 1,497 more).",
            f"*Risk:* requests with 2,000 models probably return a warning; {LOST}.",
            "50 new without an owner",
            "2,000 models to act on: the worst are in the thread, all of them in its CSV file.",
        ],
        ALL,
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_the_lines_say(situation: str):
    """Counts that add up, what is new, the worst risk that is true, who is asked, small print; and the buttons."""
    fleet, lines, buttons = SITUATIONS[situation]
    assert (fleet.lines, fleet.buttons) == (lines, buttons)
    assert len(lines) <= 5
    spoken = fleet.messages[0].text
    for line in lines:
        for word in ("*", "`", ":rotating_light: "):
            line = line.replace(word, "")
        line = line.replace(" · ", ", ")
        known = {"<@UADA>": "Ada", "<!subteam^SDESK>": "Support"}
        for mention, name in known.items():
            line = line.replace(mention, name)
        assert line.removesuffix(".") in spoken.replace("`", "")


def test_the_counts_add_up():
    """Each model is in one of the groups that the first line names."""
    fleet, *_ = SITUATIONS["all of it"]
    groups = fleet.lines[0].replace("*", "").split(" · ")
    numbers = [int(part.split(" ")[0]) for part in groups if not part.startswith("of these")]
    assert sum(numbers) == fleet.found.total == 11


@pytest.mark.parametrize(
    ("risks", "said"),
    [
        ([Risk.WARNED, Risk.EXPECTED], "requests with 1 model return a warning;"),
        ([Risk.IGNORED, Risk.IGNORED, Risk.WARNED], "the customization of 2 models is already ignored"),
        ([Risk.PAIR], "1 model of a pair on two versions"),
        ([Risk.NONE], ""),
    ],
)
def test_the_worst_risk_that_is_true(risks: list[Risk], said: str):
    """One sentence, of the worst level; none where nothing is at risk."""
    lines = Fleet(tuple(judged(f"m{at}", risk) for at, risk in enumerate(risks))).lines
    assert [line for line in lines if "*Risk:*" in line and said in line] or not said
    assert len([line for line in lines if "*Risk:*" in line]) == bool(said)


def test_nobody_is_mentioned_in_a_preview():
    """Owners are named, so that one sees who would be asked."""
    fleet = Fleet((judged("a"), judged("b")), owners={"a": "UADA"}, loud=False)
    assert "*Owners:* Ada: *a*" in fleet.lines
    assert "<@" not in str(announcements.previewed(fleet.messages))


def test_very_many_owners():
    """So many as one reads; the others are asked by the next announcement."""
    models = many(30)
    fleet = Fleet(models, owners={j.model.name: f"U{at}" for at, j in enumerate(models)})
    said = str(fleet.messages[0].blocks)
    assert said.count("<@U") == announcements.OWNERS
    assert len(announcements.those_asked(models, fleet.about)) == announcements.OWNERS


def marked_up(value: object) -> Iterator[str]:
    """Every text that Slack interprets."""
    if isinstance(value, dict) and value.get("type") == "mrkdwn":
        yield value["text"]
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from marked_up(each)


@pytest.mark.parametrize("name", ["call-center-us", LONG, HOSTILE])
@pytest.mark.parametrize("number", [0, 1, 12, 50, 51, 300])
@pytest.mark.parametrize("instances", [1, 20])
def test_slack_takes_it(name: str, number: int, instances: int):
    """Short and long, from one instance and many: one message, a few replies, as tables and without them."""
    worth = [
        replace(
            judged(name),
            risk=list(Risk)[at % 5],
            model=model(f"{name}{at}", id=f"{at}", instance=f"i{at % instances}"),
        )
        for at in range(number)
    ]
    refs = [j.model.ref for j in worth]
    facts = (SnoozeKind.HOLD, Reach.MODEL, "stt/language/x", date(2027, 1, 1), NOW, frozenset[str](), HOSTILE)
    snooze = Snooze(1, *facts, "UADA", NOW)
    about = About(
        *(NOW.date(), dict.fromkeys(refs, waiting(name)), dict.fromkeys(refs, snooze)),
        {ref: Owner(f"U{at}", pattern="*") for at, ref in enumerate(refs)},
        *({f"U{at}": HOSTILE for at in range(number)}, dict.fromkeys(refs, Lag(3, exact=False))),
    )
    found = at_once(compose(judged_of([*worth, CURRENT]), NOW, unread=[HOSTILE]))
    last = Since(NOW, News(frozenset(refs), frozenset(refs), frozenset(refs), frozenset(refs)))
    whose = announcements.those_asked(worth, about)
    first, *replies = at_once(announcements.announcement(found, about, since=last, asked=whose, loud=True, audio=1))
    assert len(replies) <= 4
    for message in (first, *replies, announcements.previewed((first, *replies))):
        for blocks in (message.blocks, plainly(message.blocks)):
            assert check_blocks([dict(block) for block in blocks], "message") == []
            assert len(blocks) <= 50
    assert size_of(plainly(announcements.previewed((first, *replies)).blocks)) <= MOST
    for message in (first, *replies):
        for blocks in (message.blocks, plainly(message.blocks)):
            assert size_of(blocks) <= MOST
            assert fitted(Message("", tuple(blocks))).blocks == tuple(blocks)
        assert "<@" not in message.text
        assert "<!channel>" not in message.text + "".join(marked_up(plainly(message.blocks)))
        assert 0 < len(message.text) <= 4000
    rows = [len(table["rows"]) - 1 for reply in replies for table in reply.blocks if isinstance(table, Newer)]
    assert len(rows) == len(replies)
    if number <= 50 and name == "call-center-us":
        assert sum(rows) == number
    for before, after in pairwise(replies):
        assert f"{int(before.text.split(' ')[3]) + 1} to " in after.text


def test_the_thread():
    """A table, the worst first, and one menu that opens a model; without tables the same in lines."""
    fleet = Fleet(
        (judged("a", Risk.WARNED), judged("b")),
        since=since(new=refs("b")),
        owners={"a": "UADA"},
        requests={"b": waiting("b")},
    )
    _, reply = fleet.messages
    table, menu = reply.blocks[1], reply.blocks[2]["elements"][0]
    rows = [[cell["text"] for cell in row] for row in table["rows"]]
    versions, evidence = f"{OLD[-11:]} → {NEW[-11:]}", "another model (proof)"
    assert rows == [
        ["Model", "Verdict", "Versions", "Risk", "Evidence", "Owner", "Request"],
        ["a", "🟠 outdated", versions, "returns warnings", evidence, "Ada", "–"],
        ["b", "🟠 outdated (new)", versions, "warning expected", evidence, "–", "7, waiting for approval"],
    ]
    assert [each["value"] for each in menu["options"]] == [model("a").ref, model("b").ref]
    assert menu["action_id"].partition(":")[0] == "model"
    lines = str(plainly(reply.blocks))
    for word in ("*a*", "*new*", "returns warnings", "owner: Ada", "another model (proof)", "_requested_"):
        assert word in lines


REQUESTS = (
    waiting("running", 1, RequestState.RUNNING),
    made.asked(RequestState.PAUSED, RunState.DONE, RunState.FAILED, RunState.QUEUED, id=2),
    *(waiting(f"open{id}", id) for id in range(3, 8)),
)


@pytest.mark.parametrize("on", [True, False])
def test_the_living_card(*, on: bool):
    """The state and what goes on, in a few lines; it lists no model that the announcement does."""
    found = Fleet((judged("a"), CURRENT), unread=("eu",)).found
    timing = Timing("0 9 * * mon-fri", ZoneInfo("Europe/Berlin"), "C1", on, "UADA", NOW)
    card = living.living(found, REQUESTS, timing)
    assert check_blocks(list(card.blocks), "message") == []
    assert card.blocks[0]["text"]["text"].split("\n")[0] == "*Now: 1 of 2 models is outdated* · 1 current"
    for word in (
        "Running: *running*",
        "Paused: 3 models, 1 done (request 2)",
        "Waiting for approval: *open3*",
        "and 2 more",
    ):
        assert word in str(card.blocks)
        assert word.replace("*", "") in card.text
    assert "*a*" not in str(card.blocks)
    small = str(card.blocks[1])
    assert "Incomplete: `eu` is unreachable." in small
    assert ("go out weekdays at 09:00 Europe/Berlin" in small) is on
    assert "<@" not in str(card)


def test_the_living_card_of_a_quiet_day():
    """One line, and the small print."""
    timing = Timing("0 9 * * mon-fri", ZoneInfo("UTC"), "C1")
    card = living.living(Fleet((CURRENT,)).found, (), timing)
    assert card.text == "Now: The one model is on the newest known version."
    assert living.moved("C2").text == "Announcements go to <#C2> now; the present state is there."


def test_the_timetable():
    """Slack takes it, with the reasons of many snoozes."""
    ids = count()
    timing = Timing("0 9 * * mon-fri", ZoneInfo("UTC"), "C1", by="UADA", at=NOW)
    snoozes = [(replace(snoozed("a"), id=next(ids), reason=HOSTILE), HOSTILE) for _ in range(9)]
    shown = timetable.overview(timing, NOW, state="1 of 2", link="https://x", snoozes=snoozes, audio=2)
    for message in (shown, timetable.changed(timing, NOW)):
        assert check_blocks(list(message.blocks), "message") == []
