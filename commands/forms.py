"""A form that was sent: what was put into its inputs, and what each kind of form does with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from bot.messages.kit import VALUE
from commands.desk import Desk


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody sent. *id* is the view's, the same in a second submit of it; *metadata* is what we put there.

    Reading never fails: an input that is missing, empty or of a shape we do not know is like one left empty.
    """

    id: str
    callback: str
    metadata: str
    user: str
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The state of each input, by the id of its block."""

    @classmethod
    def sent(cls, user: str, view: object) -> Form:
        """The form in a payload's *view*, whatever it looks like."""
        known = _mapping(view)
        values = _mapping(_mapping(known.get("state")).get("values"))
        return cls(
            _text(known.get("id")),
            _text(known.get("callback_id")),
            _text(known.get("private_metadata")),
            user,
            {str(block): _mapping(_mapping(state).get(VALUE)) for block, state in values.items()},
        )

    def text(self, block: str) -> str:
        """What was typed, without spaces around it; "" for nothing."""
        return _text(self._input(block).get("value")).strip()

    def chosen(self, block: str) -> str | None:
        """What was chosen in a menu, among radio buttons, or of people."""
        state = self._input(block)
        return _text(_mapping(state.get("selected_option")).get("value") or state.get("selected_user")) or None

    def marked(self, prefix: str) -> dict[str, str]:
        """What is marked in all blocks of checkboxes that begin with *prefix*, in their order; each with its block."""
        found = dict[str, str]()
        for block, state in self.inputs.items():
            options = state.get("selected_options") if block.startswith(prefix) else None
            for option in options if isinstance(options, list) else []:
                if value := _text(_mapping(option).get("value")):
                    found.setdefault(value, block)
        return found

    def day(self, block: str) -> date | None:
        """The day that was picked."""
        try:
            return date.fromisoformat(_text(self._input(block).get("selected_date")))
        except ValueError:
            return None

    def moment(self, block: str) -> datetime | None:
        """The moment that was picked."""
        try:
            return datetime.fromtimestamp(int(self._input(block).get("selected_date_time") or ""), UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            return None

    def _input(self, block: str) -> Mapping[str, Any]:
        return self.inputs.get(block, {})


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


Handler = Callable[[Form, Desk], Awaitable[Mapping[str, Any] | None]]
"""Does what a form asks for. Gives the view to show instead, None to close the form.

Raises `InputsRefused` for what is wrong at which input, and any other `RetuneError`. It is cut off at its deadline, so
it writes last: whoever reads that it took too long reads that nothing was changed.
"""


@dataclass(frozen=True, slots=True)
class Submission:
    """What happens to one kind of form.

    *at* is the input at which an error is shown that names none, *again* what to do after a time-out: "Press Ask again
    in a moment."
    """

    handler: Handler
    at: str
    again: str
