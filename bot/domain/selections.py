"""Selections: many models that a form offers together, with exceptions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Literal, get_args

from bot.domain.offers import by_hand
from bot.domain.plans import Plan
from bot.domain.untrusted_text import matching
from bot.domain.verdicts import Risk
from bot.turns import Work

Group = Literal["instance", "base", "risk"]
"""How a form groups its models, for counts and exceptions."""

MANY = "="
"""Prefix of the keys of selections; keys of plans begin with an instance, and no instance has this name."""

GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, slots=True)
class Choice:
    """One model of a form: the key of its plan, and its groups."""

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
        """The choice of a plan; *key* is passed in because it is slow to compute."""
        model = plan.model
        return cls(key, model.ref, model.name, model.instance, model.base, risk, by_hand(plan))

    def group(self, by: Group) -> str:
        """Its group."""
        return str(getattr(self, by))


@dataclass(frozen=True, slots=True)
class Selection:
    """All models of one form, in the order they would start."""

    choices: tuple[Choice, ...]

    def counts(self, by: Group) -> list[tuple[str, int]]:
        """The groups with their numbers of models, largest first."""
        return sorted(
            Counter(choice.group(by) for choice in self.choices).items(), key=lambda item: (-item[1], item[0])
        )

    def without(
        self, left_out: Collection[tuple[Group, str]], names: Sequence[str]
    ) -> Work[tuple[list[Choice], list[str]]]:
        """The choices without these groups and names, and the names that match no model here.

        A name may be an id, and `*` stands for any text: `test-*`.
        """
        exact, patterns = defaultdict[str, list[str]](list), dict[str, Callable[[str], object]]()
        for name in names:
            if "*" in (wanted := matching(name)):
                patterns[name] = _pattern(wanted)
            else:
                exact[wanted].append(name)
            yield  # compiling a pattern takes 0.2 ms
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
    """A matcher for a name with stars; no other character is special."""
    return re.compile(translate(wanted.replace("[", "[[]").replace("?", "[?]"))).match


def typed_names(text: str) -> Sequence[str]:
    """The names in a text, one a line or separated by commas; each once."""
    return list(dict.fromkeys(name.strip() for line in text.splitlines() for name in line.split(",") if name.strip()))
