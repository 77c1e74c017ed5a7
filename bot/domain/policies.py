"""Policies: what an instance asks for before anything is upgraded on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What an instance asks for: *needed* is the number of approvals.

    *approvers* are ids of users, of user groups (`S…`) and, for workspaces whose plan has no groups, of private
    channels (`C…`, `G…`) whose members may decide.
    """

    approvers: tuple[str, ...]
    needed: int
    self_approval: bool
    ttl: float
    """Seconds after which a waiting request expires."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Those of the approvers that stand for several people."""
        return tuple(name for name in self.approvers if name[:1] in GROUPS)


NOBODY = Policy((), 1, False, 0.0)
"""The policy of an instance that is not configured any more: it lets nobody decide."""

GROUPS = frozenset("SCG")
"""With what the ids of user groups and channels begin."""


def policy_of(policies: Mapping[str, Policy], instance: str) -> Policy:
    """The instance's policy, `NOBODY` where it has none."""
    return policies.get(instance, NOBODY)
