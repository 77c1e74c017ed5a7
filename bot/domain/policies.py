"""Policies: the approvals an instance needs before an upgrade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of an instance: *needed* is the number of approvals.

    *approvers* are ids of users, user groups (`S…`), and private channels (`C…`, `G…`) whose members may decide, for
    workspaces whose plan has no groups.
    """

    approvers: tuple[str, ...]
    needed: int
    self_approval: bool
    ttl: float
    """Seconds until a waiting request expires."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The approvers that stand for several people."""
        return tuple(name for name in self.approvers if name[:1] in GROUPS)


NOBODY = Policy((), 1, False, 0.0)
"""The policy of an instance that is no longer configured: it has no approvers."""

GROUPS = frozenset("SCG")
"""First letters of the ids of user groups and channels."""


def policy_of(policies: Mapping[str, Policy], instance: str) -> Policy:
    """The instance's policy, `NOBODY` if it has none."""
    return policies.get(instance, NOBODY)
