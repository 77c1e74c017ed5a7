"""The app's scopes in the workspace: required ones, and optional ones that may be left out at installation."""

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
    frozenset({"pins:write"}): "the living card is not pinned; pin it by hand",
    frozenset({"reactions:write"}): "mentions get their answer without 👀 first",
}
"""What is lost without each optional scope."""


def granted(answer: Any) -> frozenset[str] | None:
    """The granted scopes in an answer of Slack; None if missing."""
    told = getattr(answer, "headers", {}).get("x-oauth-scopes")
    return frozenset(scope.strip() for scope in told.split(",")) if isinstance(told, str) else None


def lost(scopes: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The missing optional scopes, each with what is lost."""
    for some, what in OPTIONAL.items():
        if missing := sorted(some - scopes):
            yield ", ".join(missing), what


def tell(scopes: frozenset[str] | None) -> None:
    """Log once what does not work without the missing scopes; optional ones are not faults."""
    if scopes is None:
        return
    if missing := sorted(REQUIRED - scopes):
        log.warning("the app lacks %s: install it again with app-manifest.yml", ", ".join(missing))
    for names, what in lost(scopes):
        log.info("without the optional %s: %s", names, what)
