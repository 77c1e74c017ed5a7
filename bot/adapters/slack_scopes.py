"""What the app may do in the workspace: the scopes that it needs, and those that whoever installs it may leave out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

log = logging.getLogger(__name__)

REQUIRED = frozenset(
    {
        *("app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write"),
        *("im:history", "im:write", "usergroups:read", "users:read"),
    }
)

PRIVATE = frozenset({"groups:history", "groups:read"})

OPTIONAL = {
    PRIVATE: "no private channel can have cards, announcements or public answers, or name approvers",
    frozenset({"pins:write"}): "the living card is not pinned; somebody can pin it by hand",
    frozenset({"reactions:write"}): "a mention gets its answer without 👀 before",
}
"""What is lost without them."""


def granted(answer: Any) -> frozenset[str] | None:
    """The scopes that an answer of Slack's says we have; None where it does not say."""
    told = getattr(answer, "headers", {}).get("x-oauth-scopes")
    return frozenset(scope.strip() for scope in told.split(",")) if isinstance(told, str) else None


def lost(scopes: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The optional scopes that are not there, and what is lost without them."""
    for some, what in OPTIONAL.items():
        if missing := sorted(some - scopes):
            yield ", ".join(missing), what


def tell(scopes: frozenset[str] | None) -> None:
    """Says in the log what does not work for want of a scope, once: what is optional is no fault."""
    if scopes is None:
        return
    if missing := sorted(REQUIRED - scopes):
        log.warning("the app lacks %s: install it again with app-manifest.yml", ", ".join(missing))
    for names, what in lost(scopes):
        log.info("without the optional %s: %s", names, what)
