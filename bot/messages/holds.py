"""Holds in words: on the card and its question, in forms, and for people who may not end one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.fleet import Ref
from bot.domain.holds import Holds, held, held_of
from bot.domain.owners import Owner
from bot.domain.plans import Plan
from bot.domain.policies import Policy, policy_of
from bot.domain.requests import Request
from bot.domain.snoozes import Held, Snooze
from bot.messages.kit import alert, modal, sections
from bot.messages.quotes import Quote, quoted
from bot.messages.refusals import called, mention
from bot.messages.signs import Sign
from bot.messages.text import code, counted, day, listed, plain
from bot.ports import Block

REASON = 300
SHORT = 80
"""How much of a reason a line in a list shows."""

SHOWN = 5
"""Holds shown one by one where there may be fifty."""

END = "End hold and request"


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds the models of requests, by reference: holds in force and owners.

    *names* are those of the people and groups in them, by id; *actors* are those who asked, voted or decided.
    """

    holds: Holds = field(default_factory=dict)
    owners: Mapping[str, Owner] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    actors: Mapping[str, str] = field(default_factory=dict)

    @property
    def people(self) -> set[str]:
        """People whose names it needs."""
        return {*(hold.author for hold in self.holds.values()), *(owner.id for owner in self.owners.values())}

    def held(self, plan: Plan) -> tuple[Held, ...]:
        """The models on hold among those that a plan changes."""
        return held(plan, self.holds)

    def held_of(self, request: Request) -> tuple[Held, ...]:
        """The models on hold among those a request has still to start on."""
        return held_of(request, self.holds)

    def owner(self, ref: str) -> str:
        """owner Ada: by name, so that nobody is pinged; "" where no owner is known."""
        owner = self.owners.get(ref)
        return f"owner {called(owner.id, self.names)}" if owner else ""


def hold_words(hold: Snooze, around: Around) -> str:
    """on hold until 3 Dec 2026 by Ada. By name."""
    return f"on hold until {day(hold.until)} by {called(hold.author, around.names)}"


def hold_quotes(held: Iterable[Held], names: Mapping[str, str], limit: int = REASON) -> list[Quote]:
    """The reason of each hold. *names* are the authors' names; without names, authors are mentioned."""
    return [reason_of(f"Reason for the hold on {plain(one.name, 60)}", one.hold, names, limit) for one in held]


def reason_of(what: str, hold: Snooze, names: Mapping[str, str], limit: int = REASON) -> Quote:
    """The reason of a hold or a snooze, by the name of its author, or with a mention where there is no name."""
    if name := names.get(hold.author):
        return Quote(f"{what}, from {plain(name, 60)}", hold.reason, limit=limit)
    return Quote(f"{what}, from", hold.reason, hold.author, limit)


def card_lines(held: Iterable[Held], around: Around) -> list[str]:
    """The holds on the model of a card, and on what is changed with it."""
    return [
        f"{Sign.HELD} {code(one.name, 60)} is *on hold* {hold_words(one.hold, around).removeprefix('on hold ')}"
        for one in held
    ]


def ended_lines(
    ended: Sequence[Snooze], names: Mapping[str, str], models: Mapping[str, str], most: int = SHOWN
) -> list[str]:
    """The holds that were ended for a request. *models* are the names of its models by reference."""
    several, lines = len(ended) > 1, []
    for one in ended[:most]:
        what = f" of {code(models[one.subject], 60)}" if several and one.subject in models else ""
        by, ender = called(one.author, names), called(one.ended_by or "", names)
        lines.append(f"{Sign.HELD} Hold{what} by {by} until {day(one.until)}. Ended by {ender} for this request.")
    return [*lines, *([f"and {len(ended) - most} more holds"] if len(ended) > most else [])]


def ended_quotes(
    ended: Sequence[Snooze], names: Mapping[str, str], models: Mapping[str, str], most: int = SHOWN
) -> list[Quote]:
    """Their reasons; by name, where known."""
    limit = SHORT if len(ended) > 1 else REASON
    return [
        reason_of(
            f"Reason for the hold on {plain(models.get(one.subject, 'it'), 60)}",
            one,
            {one.author: one.author, **names},
            limit,
        )
        for one in ended[:most]
    ]


def question(held: Sequence[Held], around: Around) -> str:
    """The holds in the question of Approve, in plain text: the first of them, and the number of the rest."""
    if not held:
        return ""
    first, more = held[0], f" and {len(held) - 1} more on hold" if len(held) > 1 else ""
    owner = around.owners.get(first.hold.subject)
    who = plain(around.names.get(first.hold.author, first.hold.author), 20)
    owned = f", owner {plain(around.names.get(owner.id, owner.id), 20)}" if owner else ""
    return f"{plain(first.name, 25)} is on hold until {day(first.hold.until)} by {who}{owned}{more}. "


def private_lines(held: Iterable[Held], owners: Mapping[str, Owner]) -> list[str]:
    """Each hold with author, end and the model's owner, as mentions. Private."""
    lines = []
    for one in held:
        owner = owners.get(one.hold.subject)
        owned = f" Owner: {mention(owner.id)}." if owner else ""
        hold = one.hold
        lines.append(f"{Sign.HELD} {code(one.name)} is *on hold* until {day(hold.until)} by <@{hold.author}>.{owned}")
    return lines


def refused(held: Sequence[Held], owners: Mapping[str, Owner], policies: Mapping[str, Policy]) -> Mapping[str, Any]:
    """Shown instead of the form to people who may not end all of these holds."""
    lines = [*private_lines(held, owners), *(_can_end(one, policies) for one in held), "Or ask again after it ends."]
    return modal("On hold", [*sections(lines), *quoted(*hold_quotes(held[:SHOWN], {}))], callback="refused")


def denied(held: Sequence[Held], policies: Mapping[str, Policy]) -> str:
    """Why an approval does not count while everything in a request is on hold. Private."""
    shown = [f"{line} {_can_end(one, policies)}" for one in held[:SHOWN] for line in private_lines([one], {})]
    more = [f"{counted(len(held) - SHOWN, 'more model')} on hold."] if len(held) > SHOWN else []
    return "\n".join(["It can't be approved: everything in it is on hold.", *shown, *more])


def _can_end(one: Held, policies: Mapping[str, Policy]) -> str:
    """Its author, or the approvers of its instance, as mentions. Private."""
    policy = policy_of(policies, Ref.parse(one.hold.subject).instance)
    who = listed(list(dict.fromkeys([f"<@{one.hold.author}>", *map(mention, policy.approvers)])), "or")
    return f"{who} can end it: *End hold* on {code(f'/stt-model {one.name}', 80)}."


def stopped(held: Sequence[Held], own: str, *, began: bool) -> str:
    """Why a model was left out, or can't be tried again. *own* is its name; *began*: it was in a request already."""
    parts = [_stopped(one, own) for one in held[:SHOWN]]
    name = held[0].name if held else ""
    nothing = " Nothing was sent." if began else ""
    return f"{' '.join(parts)}{nothing} *End hold* is on {code(f'/stt-model {name}', 80)}; then ask again."


def _stopped(one: Held, own: str) -> str:
    what = "It" if one.name == own else code(one.name, 60)
    instance = code(Ref.parse(one.hold.subject).instance)
    return (
        f"{what} is on hold until {day(one.hold.until)} by <@{one.hold.author}>, who can end that, as can an approver "
        f"of {instance}."
    )


def form_blocks(held: Sequence[Held], owners: Mapping[str, Owner]) -> list[Block]:
    """The top of the form for people who may end these holds."""
    ends = f"Sending this ends {'it' if len(held) == 1 else 'these holds'}; the card says so." if held else ""
    quotes = quoted(*hold_quotes(held[:SHOWN], {}))
    return [alert("\n".join([*private_lines(held, owners), ends])), *quotes] if held else []


def tick_text(held: Sequence[Held], names: Mapping[str, str]) -> str:
    """on hold until 3 Dec 2026 by Ada: in a form, in plain text."""
    one = held[0]
    also = f" ({plain(one.name, 20)})" if len(held) > 1 else ""
    return f"on hold{also} until {day(one.hold.until)} by {plain(names.get(one.hold.author, one.hold.author), 25)}"


def may_not_end(one: Held) -> str:
    """At a model in a form. Plain text."""
    instance = Ref.parse(one.hold.subject).instance
    return f"{_until(one)}. Only its author or an approver of {plain(instance, 30)} can end that. Leave it out."


def set_meanwhile(one: Held) -> str:
    """At a model in a form that did not show its hold. Plain text."""
    return f"{_until(one)}. This form did not show that: ask again to see it."


def _until(one: Held) -> str:
    return f"{plain(one.name, 40)} is on hold until {day(one.hold.until)}"
