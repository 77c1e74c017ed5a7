"""A form that was sent: the values of its inputs, and what each kind of form does with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.domain.typed_values import day_of, moment_of
from bot.messages.kit import VALUE
from bot.messages.refusals import too_much
from commands.desk import Desk
from commands.payloads import mapping, text


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a person sent.

    *id* is the view's, the same in a second submit of it; *metadata* is ours. Reading never fails: an input that is
    missing, empty or of an unknown shape reads as empty.
    """

    id: str
    callback: str
    metadata: str
    user: str
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The state of each input, by the id of its block."""
    key: str = ""
    """The same however often Slack delivers it, "" where Slack gives none."""

    @classmethod
    def sent(cls, user: str, view: object, key: str = "") -> Form:
        """The form in a payload's *view*, whatever it looks like."""
        known = mapping(view)
        values = mapping(mapping(known.get("state")).get("values"))
        return cls(
            text(known.get("id")),
            text(known.get("callback_id")),
            text(known.get("private_metadata")),
            user,
            {str(block): mapping(mapping(state).get(VALUE)) for block, state in values.items()},
            key,
        )

    def too_long(self, limits: Mapping[str, int]) -> dict[str, str]:
        """The errors of inputs with more text than their form allows."""
        return {block: too_much(most) for block, most in limits.items() if len(self.text(block)) > most}

    def text(self, block: str) -> str:
        """What was typed, without spaces around it; "" for nothing."""
        return text(self._input(block).get("value")).strip()

    def chosen(self, block: str) -> str | None:
        """What was chosen in a menu, among radio buttons, or of people."""
        state = self._input(block)
        return text(mapping(state.get("selected_option")).get("value") or state.get("selected_user")) or None

    def marked(self, prefix: str) -> dict[str, str]:
        """The ticked options of all checkbox blocks that begin with *prefix*, in their order; each with its block."""
        found = dict[str, str]()
        for block, state in self.inputs.items():
            options = state.get("selected_options") if block.startswith(prefix) else None
            for option in options if isinstance(options, list) else []:
                if value := text(mapping(option).get("value")):
                    found.setdefault(value, block)
        return found

    def day(self, block: str) -> date | None:
        """The day that was picked."""
        return day_of(self._input(block).get("selected_date"))

    def moment(self, block: str) -> datetime | None:
        """The moment that was picked."""
        return moment_of(self._input(block).get("selected_date_time"))

    def _input(self, block: str) -> Mapping[str, Any]:
        return self.inputs.get(block, {})


Handler = Callable[[Form, Desk], Awaitable[Mapping[str, Any] | None]]
"""Does what a form asks for. Returns the view to show instead, None to close the form.

Raises `InputsRefused` for errors at inputs, and any other `RetuneError`. It is cut off at its deadline, so it writes
last: the answer that it took too long then means that nothing was changed.
"""


@dataclass(frozen=True, slots=True)
class Submission:
    """How one kind of form is handled.

    *at* is the input for errors that name none, *again* the advice after a time-out: "Press Next again in a moment."
    *limits* are the characters of its typed inputs.
    """

    handler: Handler
    at: str
    again: str
    limits: Mapping[str, int] = field(default_factory=dict)
