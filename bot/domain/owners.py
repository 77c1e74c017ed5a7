"""Owners of custom models, set by hand or by rules on names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from bot.domain.untrusted_text import matching
from bot.turns import Work

_ID = re.compile(r"^[USW][A-Z0-9]+$")
_MENTION = re.compile(r"^<(?:@|!subteam\^)([USW][A-Z0-9]+)(?:\|[^>]*)?>$")


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """Models whose name matches *pattern* (shell style: `*`, `?`, `[…]`; case is ignored) belong to *owner*."""

    pattern: str
    owner: str

    def fits(self, name: str) -> bool:
        """Whether the rule matches the name."""
        return fnmatchcase(matching(name), matching(self.pattern))


@dataclass(frozen=True, slots=True)
class Assigned:
    """An owner set by hand: *ref* is the model's reference, *owner* a user or user group."""

    ref: str
    owner: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of a model and the source: set *by* a person, or by the rule with *pattern*."""

    id: str
    by: str | None = None
    pattern: str | None = None


def parse(items: Iterable[str]) -> tuple[OwnerRule, ...]:
    """Rules written `pattern=id`, in their order. Raises `ValueError` that lists every fault."""
    rules: list[OwnerRule] = []
    wrong: list[str] = []
    for item in items:
        pattern, _, owner = item.rpartition("=")
        if not pattern:
            wrong.append(f"“{item}” is not a rule; write for example support-*=U0123456789.")
        elif not _ID.match(owner):
            wrong.append(f"“{owner}” in “{item}” is not the id of a user (U…) or a user group (S…).")
        else:
            rules.append(OwnerRule(pattern, owner))
    if wrong:
        raise ValueError(" ".join(wrong))
    return tuple(rules)


def owner_id(typed: str) -> str | None:
    """The id in typed text: `S0123`, or a mention as Slack sends it; None if there is none."""
    word = typed.strip()
    if found := _MENTION.match(word):
        return found.group(1)
    return word if _ID.match(word) else None


def owner_of(name: str, assigned: Assigned | None, rules: Iterable[OwnerRule]) -> Owner | None:
    """The owner of a model: the one set by hand, else by the first matching rule."""
    if assigned is not None:
        return Owner(assigned.owner, by=assigned.by)
    rule = next((rule for rule in rules if rule.fits(name)), None)
    return Owner(rule.owner, pattern=rule.pattern) if rule else None


PIECE = 50
"""Names that are looked at between two rests."""


def by_rules(keys: Sequence[str], rules: Iterable[OwnerRule]) -> Work[dict[str, list[int]]]:
    """The places of names by whom they belong to by rule; *keys* are the names in their `matching` form."""
    patterns = [(matching(rule.pattern), rule.owner) for rule in rules]
    found: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        owner = next((owner for pattern, owner in patterns if fnmatchcase(key, pattern)), None)
        if owner is not None:
            found.setdefault(owner, []).append(place)
        if place % PIECE == 0:
            yield
    return found


def asked(owner: Owner | None, requester: str) -> str:
    """Who is asked by name for what a model waits for: whom it belongs to, a person or a group, else the requester."""
    return owner.id if owner is not None else requester
