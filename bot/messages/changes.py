"""Changes made elsewhere, in words: for the channel, for a card that they close, and for a model's history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.changes import EPISODES, Change, ChangeKind, Effect
from bot.domain.plans import Plan
from bot.messages.buttons import ask_button, model_button
from bot.messages.doubts import question, right_button
from bot.messages.fitting import MOST, portion
from bot.messages.kit import context, grouped, instance_heading, section
from bot.messages.signs import Sign
from bot.messages.text import code, counted, escape, moment, some, version
from bot.ports import Block, Message

LINES = 20
"""Lines in one message: with a heading for each instance they stay below Slack's 50 blocks."""

NAMES = 5
"""Models named in one line."""

_SIGNS = {
    ChangeKind.NEWEST_GONE: Sign.URGENT,
    ChangeKind.VERSION_GONE: Sign.NOTE,
    ChangeKind.BASE_GONE: Sign.RETIRED,
    ChangeKind.LOST: Sign.ATTENTION,
    ChangeKind.DOUBTED: Sign.ATTENTION,
    ChangeKind.DELETED: Sign.DELETED,
    ChangeKind.UPGRADED: Sign.UPGRADED,
    ChangeKind.FOUND: Sign.BACK,
    ChangeKind.TRUSTED: Sign.BACK,
    ChangeKind.CREATED: Sign.CREATED,
    ChangeKind.TRAINED: Sign.TRAINED,
}


def changed_elsewhere(changes: Sequence[Change]) -> Message:
    """One message for all changes not yet reported: by instance, worst first."""
    lines = [(instance, alike, _line(alike)) for instance, alike in _groups(changes)]
    instances = dict.fromkeys(instance for instance, _, _ in lines)
    first = _headline({change.kind for change in changes}, some([code(name, 60) for name in instances], NAMES))
    blocks = [section(f"*{first}*")]
    said_of = [
        (instance, section(f"{_SIGNS[alike[0].kind]} {line}", _accessory(alike)))
        for instance, alike, line in lines[:LINES]
    ]
    said_of = list(portion(said_of, lambda some: grouped(some, instance_heading), LINES, MOST - 2000))
    blocks += grouped(said_of, instance_heading)
    left = len(lines) - len(said_of)
    more = f"and {left} more: `/stt-models` shows the fleet as it is now" if left > 0 else ""
    blocks.append(context(more, "Noticed when the instances were read; no request of Retune's did this."))
    said = " ".join(f"{code(instance)}: {line}" for instance, _, line in lines[:NAMES])
    text = f"{first}. {said} {more}".strip()
    return Message(text if len(text) <= 3000 else f"{first}: {counted(len(changes), 'change')}.", tuple(blocks))


def _headline(kinds: set[ChangeKind], names: str) -> str:
    if kinds == {ChangeKind.LOST}:
        return f"No answer from {names}"
    if kinds == {ChangeKind.FOUND}:
        return f"Back: {names}"
    if kinds == {ChangeKind.DOUBTED}:
        return f"Unexpected answers from {names}"
    if kinds == {ChangeKind.TRUSTED}:
        return f"As before: {names}"
    return f"Changed outside Retune in {names}"


def _groups(changes: Sequence[Change]) -> list[tuple[str, list[Change]]]:
    """Changes that one line can report together; the instance with the worst change comes first."""
    order = list(ChangeKind)
    worst: dict[str, int] = {}
    alike: dict[tuple[str, ChangeKind, str, str, str], list[Change]] = {}
    for change in changes:
        place = order.index(change.kind)
        worst[change.instance] = min(place, worst.get(change.instance, place))
        base = "" if change.kind is ChangeKind.DELETED else change.base
        alike.setdefault((change.instance, change.kind, base, change.old, change.new), []).append(change)
    keys = sorted(alike, key=lambda key: (worst[key[0]], key[0], order.index(key[1]), key[2:]))
    return [(key[0], alike[key]) for key in keys]


_LINES = {
    ChangeKind.NEWEST_GONE: (
        "*The version {old} of {base} disappeared* from {models}, and it was the newest that {they} had.{left} "
        "Recognition with {them} may fall back to the plain base model; *upgrade now*."
    ),
    ChangeKind.VERSION_GONE: (
        "The old version {old} of {base} disappeared from {models}, which {have} {new}. Only recognition that asks for "
        "the old version is affected."
    ),
    ChangeKind.BASE_GONE: (
        "The base model {base} is no longer offered. {models} {are} built on it, and an upgrade can't help; "
        "`/stt-model NAME` says what to do instead."
    ),
    ChangeKind.LOST: (
        "Does not answer since {since}. What Retune shows of it was read before, and nothing is started there until it "
        "answers again."
    ),
    ChangeKind.FOUND: "Back; down since {since}.",
    ChangeKind.DOUBTED: "{question}",
    ChangeKind.TRUSTED: "Lists its models again; in doubt since {since}.",
    ChangeKind.DELETED: "{models} {were} deleted, or can no longer be seen with these credentials.",
    ChangeKind.UPGRADED: "{models} {were} upgraded from {old} to {new}.",
    ChangeKind.CREATED: "{models} {were} created.",
    ChangeKind.TRAINED: "{models} {were} trained.",
}


def _line(alike: Sequence[Change]) -> str:
    one = alike[0]
    names = sorted(one.names if one.kind is ChangeKind.BASE_GONE else (each.name for each in alike), key=str.casefold)
    shown = [*(code(name, 60) for name in names[:NAMES]), *names[NAMES:]]  # of thousands only a few are read
    words = ("they", "them", "have", "are", "were")
    verbs = words if len(names) > 1 else ("it", "it", "has", "is", "was")
    new = version(one.new, one.base)
    return _LINES[one.kind].format(
        **dict(zip(words, verbs, strict=True)),
        models=some(shown, NAMES, "more models"),
        base=code(one.base),
        old=version(one.old, one.base),
        new=new,
        left=f" Left in the list: {new}." if one.new else "",
        since=moment(datetime.fromisoformat(one.old)) if one.kind in EPISODES else "",
        question=question(one.instance, one.doubt) if one.doubt else "",
    )


def _accessory(alike: Sequence[Change]) -> Block | None:
    one = alike[0]
    if one.doubt is not None:
        return right_button(one.instance, one.doubt)
    if len(alike) > 1 or not one.ref or one.kind is ChangeKind.DELETED:
        return None
    return (ask_button if one.kind is ChangeKind.NEWEST_GONE else model_button)(one.ref, one.name)


def outcome(change: Change, effect: Effect, plan: Plan) -> str:
    """Why a run is not started, and what to do instead. Mrkdwn."""
    again = "Look at it with `/stt-model`." if plan.is_training else "Ask again with `/stt-upgrade`."
    who = "it" if change.ref == plan.model.ref else f"the language model {code(change.name, 60)}"
    did = f"upgraded {who} to {code(change.new)}" if change.kind is ChangeKind.UPGRADED else f"trained {who}"
    match effect:
        case Effect.GONE:
            return "It was deleted outside Retune: nothing is left to do."
        case Effect.RETIRED:
            return (
                f"Its instance no longer offers {code(change.base)}, so an upgrade can't help. `/stt-model` "
                "says what to do instead."
            )
        case Effect.URGENT:
            return (
                f"The version {code(change.old)}, the newest that it had, disappeared: recognition with it may fall "
                f"back to the plain base model, and this plan no longer holds. {again}"
            )
        case Effect.NOTHING_LEFT:
            return f"Somebody {did} outside Retune: nothing is left to do."
        case Effect.OTHER_PLAN if change.kind is ChangeKind.DELETED:
            return f"Somebody deleted {who} outside Retune, so this plan no longer holds. {again}"
        case Effect.OTHER_PLAN if change.kind is ChangeKind.VERSION_GONE:
            return f"Its old version {code(change.old)} disappeared, so this plan no longer holds. {again}"
        case Effect.OTHER_PLAN:
            return f"Somebody {did} outside Retune, so this plan no longer holds. {again}"


def history_line(change: Change) -> str:
    """One change in a model's history."""
    old, new = version(change.old, change.base), version(change.new, change.base)
    what = {
        ChangeKind.NEWEST_GONE: f"its newest version {old} disappeared",
        ChangeKind.VERSION_GONE: f"its old version {old} disappeared",
        ChangeKind.BASE_GONE: f"its base model {code(change.base)} is no longer offered",
        ChangeKind.UPGRADED: f"upgraded from {old} to {new}",
        ChangeKind.CREATED: "created",
        ChangeKind.TRAINED: "trained",
    }.get(change.kind, escape(change.kind.value))
    return f"{what}, outside Retune, noticed {moment(change.at)}"
