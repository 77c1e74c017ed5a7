"""Changes made elsewhere: what two readings tell, and what that means for a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import EPISODES, Change, ChangeKind, Effect, affects, compare, worst_effect
from bot.domain.doubts import Doubt, DoubtKind
from bot.domain.fleet import Holdings, InstanceReading, Model, Snapshot
from bot.domain.observations import CANARY
from bot.domain.planning import plan, plan_training
from bot.domain.plans import Action, NoPlan, Plan, Step, differences
from bot.domain.verdicts import judge
from bot.messages.changes import changed_elsewhere, history_line, outcome
from sandbox.slack.blockkit import check_blocks
from tests.world import NEW, OLD, model, shipped

THEN = datetime(2026, 11, 23, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
NEXT = "en-US_NarrowbandModel.v2026-01-01"
BASE = "en-US_NarrowbandModel"


def reading(*models: Model, bases: set[str] | None = None, at: datetime | None = THEN) -> InstanceReading:
    """One reading of an instance."""
    return InstanceReading("stt", "cloud", models, None if bases is None else frozenset(bases), at)


def kinds(before: InstanceReading, after: InstanceReading, **more: Any) -> list[ChangeKind]:
    return [change.kind for change in compare(before, after, NOW, **more)]


@pytest.mark.parametrize(
    ("had", "has", "found"),
    [
        ({}, {}, []),
        ({}, {"description": "other words"}, []),
        ({}, {"status": "upgrading"}, []),
        ({}, {"versions": (OLD, NEW)}, ["upgraded"]),
        ({}, {"versions": (NEW,)}, ["upgraded", "version disappeared"]),
        ({"versions": (OLD, NEW)}, {"versions": (NEW,)}, ["version disappeared"]),
        ({"versions": (OLD, NEW)}, {"versions": (OLD,)}, ["newest version disappeared"]),
        ({"versions": (OLD, NEW)}, {"versions": ()}, ["newest version disappeared"]),
        ({"versions": (NEW,)}, {"versions": (OLD, NEW)}, []),  # an older one in the list is no upgrade
        ({"versions": ("a",)}, {"versions": ("a", "b")}, ["upgraded"]),  # strings that tell no order
        ({"versions": None}, {"versions": (NEW,)}, []),  # unknown is not none
        ({"versions": (NEW,)}, {"versions": None}, []),
        ({"versions": (), "status": "pending"}, {"versions": (NEW,)}, []),
        ({"status": "ready"}, {"updated": NOW}, ["trained"]),
        ({"status": "training"}, {"updated": NOW}, ["trained"]),
        ({"status": "ready"}, {}, []),  # nothing says when
        ({}, {"status": "ready", "updated": NOW}, []),  # a word was added
        ({"status": "ready"}, {"updated": NOW, "versions": (OLD, NEW)}, ["upgraded"]),
    ],
)
def test_one_model(had: dict[str, Any], has: dict[str, Any], found: list[str]):
    """What differs in one model, and what it is called."""
    assert kinds(reading(model(**had)), reading(model(**has))) == found


def test_models_that_come_and_go():
    """Deleted and created; the models that Retune makes itself never appear, nor does what a first reading finds."""
    a, b, canary = model("a"), model("b"), model(f"{CANARY}{BASE}")
    assert kinds(reading(a, canary), reading(b)) == [ChangeKind.DELETED, ChangeKind.CREATED]
    assert kinds(reading(a), reading(a, canary)) == []
    assert kinds(reading(at=None), reading(a, b)) == []


def test_a_base_model_that_is_gone():
    """Only one that custom models are built on matters; the models are named."""
    a, b = model("a"), model("b")
    (change,) = compare(reading(a, b, bases={BASE, "other"}), reading(a, b, bases=set()), NOW)
    assert (change.kind, change.base, change.names) == (ChangeKind.BASE_GONE, BASE, ("a", "b"))
    assert kinds(reading(a, bases={BASE}), reading(a)) == []  # not read is not gone


def test_what_our_own_run_did():
    """Versions and trainings of a model that a run of ours changed are ours; that it was deleted is not."""
    mine = frozenset({model().ref})
    assert kinds(reading(model()), reading(model(versions=(OLD, NEW))), ours=mine) == []
    assert kinds(reading(model(status="ready")), reading(model(updated=NOW)), ours=mine) == []
    assert kinds(reading(model()), reading(), ours=mine) == [ChangeKind.DELETED]
    assert kinds(reading(model(), model("b")), reading(model(), model("b", versions=(OLD, NEW))), ours=mine) == [
        ChangeKind.UPGRADED
    ]


def test_the_same_change_has_the_same_key():
    """Noticed twice it is one; another version, another model or another day of what can recur is another one."""
    before, after = reading(model()), reading(model(versions=(OLD, NEW)))
    (first,), (again,) = compare(before, after, NOW), compare(before, after, NOW + timedelta(days=3))
    assert first.key == again.key
    (other,) = compare(before, reading(model(versions=(OLD, NEXT))), NOW)
    assert other.key != first.key
    (gone,), (same_day,), (next_day,) = (
        compare(after, before, NOW + later) for later in (timedelta(), timedelta(hours=1), timedelta(days=1))
    )
    assert gone.key == same_day.key != next_day.key


def a_step(action: Action, name: str = "call-center-us", **over: Any) -> Step:
    return Step(action, model(name).ref, name, action in (Action.UPGRADE, Action.FORCE_TRAIN), **over)


def a_plan(*steps: Step, **over: Any) -> Plan:
    return Plan(model(**over), steps, OLD, NEW, None)


def a_change(kind: ChangeKind, old: str = "", new: str = "", name: str = "call-center-us") -> Change:
    return Change(kind, "stt", NOW, "" if kind is ChangeKind.BASE_GONE else model(name).ref, name, BASE, old, new)


UPGRADE = a_plan(a_step(Action.UPGRADE))
TRAINING = a_plan(replace(a_step(Action.TRAIN), expects_version=False), status="ready")
PAIR = a_plan(
    a_step(Action.UPGRADE, "lm"),
    replace(a_step(Action.TRAIN, "lm"), expects_version=False),
    a_step(Action.UPGRADE),
    replace(a_step(Action.UPGRADE_WITH_LANGUAGE), language_id="id-lm", expects_version=False),
)
CLUSTER = a_plan(a_step(Action.AWAIT_CHANGE), a_step(Action.TRAIN))


@pytest.mark.parametrize(
    ("change", "to", "effect"),
    [
        (a_change(ChangeKind.UPGRADED, OLD, NEW), UPGRADE, Effect.NOTHING_LEFT),
        (a_change(ChangeKind.UPGRADED, OLD, NEXT), UPGRADE, Effect.NOTHING_LEFT),
        (a_change(ChangeKind.UPGRADED, OLD, "en-US_NarrowbandModel.v2019-01-01"), UPGRADE, Effect.OTHER_PLAN),
        (a_change(ChangeKind.UPGRADED, OLD, NEW), replace(UPGRADE, target=None), Effect.NOTHING_LEFT),
        (a_change(ChangeKind.UPGRADED, "x", OLD), UPGRADE, None),  # the plan knew that already
        (a_change(ChangeKind.UPGRADED, OLD, NEW), TRAINING, Effect.OTHER_PLAN),
        (a_change(ChangeKind.UPGRADED, OLD, NEW), PAIR, Effect.OTHER_PLAN),
        (a_change(ChangeKind.UPGRADED, OLD, NEW, "lm"), PAIR, Effect.OTHER_PLAN),
        (a_change(ChangeKind.TRAINED, name="lm"), PAIR, Effect.OTHER_PLAN),
        (a_change(ChangeKind.DELETED, name="lm"), PAIR, Effect.OTHER_PLAN),
        (a_change(ChangeKind.NEWEST_GONE, OLD, name="lm"), PAIR, None),
        (a_change(ChangeKind.TRAINED), TRAINING, Effect.NOTHING_LEFT),
        (a_change(ChangeKind.TRAINED), UPGRADE, None),
        (a_change(ChangeKind.TRAINED), CLUSTER, None),
        (a_change(ChangeKind.DELETED), UPGRADE, Effect.GONE),
        (a_change(ChangeKind.DELETED, name="other"), UPGRADE, None),
        (a_change(ChangeKind.NEWEST_GONE, OLD), UPGRADE, Effect.URGENT),
        (a_change(ChangeKind.VERSION_GONE, OLD, NEW), UPGRADE, Effect.OTHER_PLAN),
        (a_change(ChangeKind.VERSION_GONE, "older"), UPGRADE, None),
        (a_change(ChangeKind.BASE_GONE), UPGRADE, Effect.RETIRED),
        (replace(a_change(ChangeKind.BASE_GONE), base="other"), UPGRADE, None),
        (replace(a_change(ChangeKind.BASE_GONE), instance="other"), UPGRADE, None),
        (a_change(ChangeKind.CREATED), UPGRADE, None),
        (a_change(ChangeKind.LOST), UPGRADE, None),
    ],
)
def test_what_a_change_means_for_a_plan(change: Change, to: Plan, effect: Effect | None):
    """Closed with the right reason, or left alone; each reason is a sentence that says what to do."""
    assert affects(change, to) is effect
    if effect is not None:
        said = outcome(change, effect, to)
        assert said.endswith(".")
        assert "nothing is left to do" in said or "/stt-" in said


def test_the_worst_counts():
    """Upgraded and then deleted: it is gone, whatever came first."""
    upgraded, deleted = a_change(ChangeKind.UPGRADED, OLD, NEW), a_change(ChangeKind.DELETED)
    assert worst_effect([upgraded, deleted], UPGRADE) == (deleted, Effect.GONE)
    assert worst_effect([deleted, upgraded], UPGRADE) == (deleted, Effect.GONE)
    assert worst_effect([], UPGRADE) is None


VERSIONS = st.lists(st.sampled_from([OLD, "en-US_NarrowbandModel.v2019-01-01", NEW]), min_size=1, unique=True)
MODELS = st.builds(
    lambda versions, status, later: model(
        versions=tuple(sorted(versions)), status=status, updated=THEN + timedelta(hours=later)
    ),
    VERSIONS,
    st.sampled_from(["ready", "available"]),
    st.integers(0, 1),
)


@given(MODELS, MODELS, st.booleans())
def test_only_plans_that_do_not_hold_are_closed(had: Model, has: Model, training: bool):
    """What closes a card agrees with the plan made anew; and no changed version is overlooked."""

    def outlook(one: Model) -> Plan | NoPlan:
        snapshot = Snapshot({"stt": reading(one, model("new", versions=(OLD, NEW)))})
        judgement = next(j for j in judge(snapshot, shipped(), date(2026, 11, 23)) if j.model.ref == one.ref)
        holdings = Holdings(corpora=1)
        return plan_training(judgement, holdings) if training else plan(judgement, holdings, shipped())

    approved, fresh = outlook(had), outlook(has)
    if not isinstance(approved, Plan):
        return
    found = worst_effect(compare(reading(had), reading(has), NOW), approved)
    holds = isinstance(fresh, Plan) and not differences(approved, fresh)
    if found is not None:
        assert not holds
    gained = [v for v in has.versions or () if v > max(had.versions or ())]
    if gained or set(had.versions or ()) - set(has.versions or ()):
        assert found is not None


HOSTILE = "<!channel> `x` *b* &amp;"


@pytest.mark.parametrize("name", ["call-center-us", "very-long-" * 30, HOSTILE])
@pytest.mark.parametrize("instances", [1, 40])
def test_every_message_is_one_that_slack_takes(name: str, instances: int):
    """All kinds for many models in many instances: within Slack's limits, and nobody can be pinged by a name."""
    changes = [
        replace(
            a_change(kind, NOW.isoformat() if kind in EPISODES else OLD, NEW, f"{name}{number}"),
            instance=f"{name}{place}",
            names=(name,) * 30,
            doubt=Doubt(DoubtKind.FEWER, 28, 3, 3, "0123456789abcdef", NOW) if kind is ChangeKind.DOUBTED else None,
        )
        for kind in ChangeKind
        for place in range(instances)
        for number in range(1 if instances > 1 else 30)
    ]
    message = changed_elsewhere(changes)
    assert check_blocks(list(message.blocks), "message") == []
    shown = [block["text"]["text"] for block in message.blocks if block["type"] == "section"]
    assert "<!channel>" not in " ".join((message.text, *shown))
    assert len(message.text) <= 3000
    for change in changes:
        assert "<!channel>" not in history_line(change)


def test_the_worst_is_said_first_and_what_it_means():
    """The newest version that is gone comes before everything else, in its instance and among the instances."""
    message = changed_elsewhere(
        [
            replace(a_change(ChangeKind.DELETED, name="z"), instance="a-first"),
            a_change(ChangeKind.UPGRADED, OLD, NEW, "b"),
            a_change(ChangeKind.NEWEST_GONE, NEW, OLD, "c"),
        ]
    )
    texts = [block["text"]["text"] for block in message.blocks if block["type"] == "section"]
    assert texts[1] == "*Instance `stt`*"
    assert "fall back to the plain base model; *upgrade now*" in texts[2]
    assert "`b` was upgraded" in texts[3]
    assert texts[4] == "*Instance `a-first`*"
    buttons = [block["accessory"]["text"]["text"] for block in message.blocks if "accessory" in block]
    assert buttons == ["Upgrade…", "Details"]
