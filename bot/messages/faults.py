"""Errors shown at once: whether anything changed, one next step, and who takes it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.outcomes import FaultKind, fault_of
from bot.errors import (
    AnswerUnreadable,
    CatalogError,
    ChartError,
    ChatError,
    ChatOutcomeUnknown,
    ChatRefused,
    OutcomeUnknown,
    Refusal,
    RetuneError,
    ServiceError,
    SettingsError,
    StoreUnavailable,
)

NOTHING = "Nothing was changed."
UNCLEAR = "It is unclear whether that took effect."

AGAIN = "Try again in a moment."
OPERATOR = "Retune's operator can fix that."

_OF_SERVICE: Mapping[FaultKind, str] = {
    FaultKind.REFUSED: "Fix what the answer names, then try again.",
    FaultKind.CREDENTIALS: OPERATOR,
    FaultKind.ADDRESS: OPERATOR,
    FaultKind.PLAN: OPERATOR,
    FaultKind.DENIED: f"{AGAIN} If it stays so, Retune's operator asks IBM support.",
    FaultKind.GONE: "`/stt-models` lists the models that there are.",
    FaultKind.BUSY: "Try again when the other request for it has ended.",
    FaultKind.UNAVAILABLE: f"{AGAIN} `/stt-models` tells which instances can be read.",
}

_NEXT: Mapping[type[RetuneError], str] = {
    AnswerUnreadable: f"{AGAIN} If it stays so, Retune's operator asks IBM support.",
    OutcomeUnknown: "Look at the model with `/stt-model` before you try again.",
    SettingsError: OPERATOR,
    CatalogError: OPERATOR,
    StoreUnavailable: "",  # its text has both: what was done, and when to try again
    ChartError: AGAIN,
    ChatOutcomeUnknown: "Look whether it is there before you try again.",
    ChatRefused: OPERATOR,
    ChatError: AGAIN,
    Refusal: "",  # its text says what to do instead
}


def guidance(error: RetuneError) -> str:
    """Follows an error's text: whether anything changed, the next step, and who takes it.

    "" for refusals, which say both themselves.
    """
    own = next((_NEXT[kind] for kind in type(error).__mro__ if kind in _NEXT), None)
    if isinstance(error, Refusal | StoreUnavailable):
        return own or ""
    changed = UNCLEAR if isinstance(error, OutcomeUnknown | ChatOutcomeUnknown) else NOTHING
    if own is None:
        own = _OF_SERVICE[fault_of(error).kind] if isinstance(error, ServiceError) else AGAIN
    return f"{own} {changed}" if isinstance(error, ChatError) else f"{changed} {own}"
