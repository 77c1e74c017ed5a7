"""People's actions in modals and App Home: use an element, submit, close; and the effects of the app's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import payloads
from .blockkit import find_element
from .delivery import Delivery, Outcome
from .form_values import NotPossible, Values, chosen, filled, required
from .methods_views import Triggers, Views
from .shown import View, shown_view
from .workspace import Json, Refused, Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class Forms:
    """Actions of the people of one workspace, in views."""

    def __init__(self, workspace: Workspace, delivery: Delivery, triggers: Triggers, views: Views) -> None:
        self._w = workspace
        self._delivery = delivery
        self._triggers = triggers
        self._views = views

    async def click_view(
        self,
        user: str,
        action_id: str,
        *,
        block_id: str | None = None,
        element: Mapping[str, Any] | None = None,
        values: Values | None = None,
        home: bool = False,
        view_id: str | None = None,
    ) -> Outcome:
        """Use an element of the top modal or of App Home; *values* are the other inputs at that time."""
        view = self._find(user, view_id, home=home)
        found = find_element(view.body["blocks"], action_id, block_id) if view else None
        if view is None or found is None:
            return Outcome(False, "no_such_element")
        block, held = found
        try:
            value = chosen(held, element or {})
            state = filled(view.body["blocks"], view.body["_state"], values or {})
        except NotPossible as error:
            return Outcome(False, str(error))
        if action_id in state.get(block["block_id"], {}):
            state[block["block_id"]][action_id] = value
        view.body["_state"] = state
        action = payloads.clicked(block, held, value, self._w.stamp())
        body = payloads.view_action(self._w.people[user], shown_view(view), action, self._triggers.give(user))
        sent = await self._delivery.send("interactive", body)
        if not sent.acknowledged:
            change = payloads.failed_action({"type": "view", "view_id": view.id}, block["block_id"], action_id)
            self._w.changed(change, user)
        return sent

    async def submit(self, user: str, values: Values | None = None, view_id: str | None = None) -> Outcome:
        """Press a modal's submit button; *values* replace the content of its inputs."""
        view = self._find(user, view_id)
        if view is None or not view.body.get("submit"):
            return Outcome(False, "no_such_view")
        try:
            state = filled(view.body["blocks"], view.body["_state"], values or {})
        except NotPossible as error:
            return Outcome(False, str(error))
        if missing := required(view.body["blocks"], state):
            return Outcome(False, f"required: {', '.join(missing)}")
        view.body["_state"] = state
        body = payloads.interaction("view_submission", self._w.people[user], self._triggers.give(user)) | {
            "view": shown_view(view),
            "response_urls": [],
        }
        sent = await self._delivery.send("interactive", body)
        fault = self._submitted(view, sent.body or {}) if sent.acknowledged else sent.error
        if fault is None:
            return sent
        self._w.changed({"type": "view_failed", "view_id": view.id, "text": TROUBLE}, user)
        return Outcome(sent.acknowledged, fault, sent.body)

    async def close_view(self, user: str, all: bool = False, view_id: str | None = None) -> Outcome:
        """Close a modal, or the whole stack; `clear_on_close` closes the stack."""
        view = self._find(user, view_id)
        if view is None or view.body["type"] != "modal":
            return Outcome(False, "no_such_view")
        stack = self._w.stacks[user]
        all = all or bool(view.body.get("clear_on_close"))
        closed = stack[0] if all else view
        self._w.stacks[user] = [] if all else [v for v in stack if v is not view]
        self._w.show_stack(user)
        if not closed.body.get("notify_on_close"):
            return Outcome(True)
        body = payloads.interaction("view_closed", self._w.people[user], None) | {
            "view": shown_view(closed) | {"state": {"values": {}}},
            "is_cleared": all,
        }
        return await self._delivery.send("interactive", body)

    def _submitted(self, view: View, answer: Json) -> str | None:
        """Apply the app's answer to a submission; returns what is wrong with it."""
        action = answer.get("response_action")
        if action in (None, "clear"):
            stack = self._w.stacks.get(view.user, [])
            self._w.stacks[view.user] = [v for v in stack if v is not view and action is None]
            self._w.show_stack(view.user)
            return None
        if action == "errors":
            return _wrong_errors(view, answer.get("errors"))
        if action not in ("update", "push"):
            return f"unknown response_action {action}"
        try:
            body = self._views.checked(answer.get("view"), "modal")
            if action == "push":
                self._views.pushed(view.user, body)
            else:
                self._views.replace(view, body)
        except Refused as error:
            return "; ".join(error.details.get("response_metadata", {}).get("messages", [error.error]))
        return None

    def _find(self, user: str, view_id: str | None, *, home: bool = False) -> View | None:
        """A view by id, App Home, or the top modal."""
        shown = self._w.homes.get(user)
        if home or (shown is not None and shown.id == view_id):
            return shown
        stack = self._w.stacks.get(user, [])
        if view_id is None:
            return stack[-1] if stack else None
        return next((view for view in stack if view.id == view_id), None)


def _wrong_errors(view: View, errors: object) -> str | None:
    """Errors are texts by the block ids of inputs, at least one."""
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        return "errors without any"
    if wrong := [key for key, text in errors.items() if key not in inputs or not isinstance(text, str) or not text]:
        return f"errors for what is no input: {', '.join(sorted(wrong))}"
    return None
