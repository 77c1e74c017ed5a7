"""Selections: many models that a form offers together, less the exceptions that somebody names."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Literal, get_args

from bot.domain.foreign_text import matching
from bot.domain.offers import by_hand
from bot.domain.plans import Plan
from bot.domain.verdicts import Risk
from bot.turns import Work

Group = Literal["instance", "base", "risk"]
"""By what the models of a form are counted, and left out together."""

MANY = "="
"""Begins the keys of selections; no instance, with which the keys of plans begin, is called so."""

GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, slots=True)
class Choice:
    """One model of a form: the key of its plan, and by what it may be left out."""

    key: str
    ref: str
    name: str
    instance: str
    base: str
    risk: Risk
    by_hand: bool = False
    """Whether it waits for a change by a person: it is in only where somebody includes it."""

    @classmethod
    def of(cls, plan: Plan, key: str, risk: Risk) -> Choice:
        """The choice of a plan, whose key takes its time to compute."""
        model = plan.model
        return cls(key, model.ref, model.name, model.instance, model.base, risk, by_hand(plan))

    def group(self, by: Group) -> str:
        """In which group it is."""
        return str(getattr(self, by))


@dataclass(frozen=True, slots=True)
class Selection:
    """All models of one form, in the order in which they would start."""

    choices: tuple[Choice, ...]

    def counts(self, by: Group) -> list[tuple[str, int]]:
        """The groups with how many models each has, the largest first."""
        return sorted(
            Counter(choice.group(by) for choice in self.choices).items(), key=lambda item: (-item[1], item[0])
        )

    def without(
        self, left_out: Collection[tuple[Group, str]], names: Sequence[str]
    ) -> Work[tuple[list[Choice], list[str]]]:
        """What is left without these groups and names, and those of the names that are of no model here.

        A name may be an id, and `*` stands for anything: `test-*`.
        """
        exact, patterns = defaultdict[str, list[str]](list), dict[str, Callable[[str], object]]()
        for name in names:
            if "*" in (wanted := matching(name)):
                patterns[name] = _pattern(wanted)
            else:
                exact[wanted].append(name)
            yield  # a pattern takes a fifth of a millisecond to compile
        used = set[str]()
        kept = []
        for choice in self.choices:
            forms = (matching(choice.name), choice.ref.rpartition("/")[2].casefold(), choice.ref.casefold())
            hits = [name for form in forms for name in exact.get(form, ())]
            hits += [name for name, fits in patterns.items() if any(map(fits, forms))]
            used.update(hits)
            if not hits and not any((by, choice.group(by)) in left_out for by in GROUPS):
                kept.append(choice)
            yield
        return kept, [name for name in names if name not in used]


def _pattern(wanted: str) -> Callable[[str], object]:
    """What tells whether a form of a model's is meant by a name with stars; no other sign means anything."""
    return re.compile(translate(wanted.replace("[", "[[]").replace("?", "[?]"))).match


def typed_names(text: str) -> Sequence[str]:
    """The names in a text, one a line or with commas between them; each once."""
    return list(dict.fromkeys(name.strip() for line in text.splitlines() for name in line.split(",") if name.strip()))
