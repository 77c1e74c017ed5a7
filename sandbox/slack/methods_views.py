"""views.*: modals on a trigger, updates by id and hash, App Home."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from .blockkit import check_addresses, check_view, initial_state, normalise_blocks, view_too_large
from .shown import View, shown_view
from .web_api import Method
from .workspace import Json, Refused, Workspace

TRIGGER_LIFE = 3.0
DEEPEST = 3


@dataclass
class Trigger:
    """What one trigger stands for: somebody did something just now."""

    user: str
    born: float
    used: bool = False


class Triggers:
    """Triggers: valid three seconds, once."""

    def __init__(self, workspace: Workspace) -> None:
        self._w = workspace
        self._known: dict[str, Trigger] = {}

    def give(self, user: str) -> str:
        """A new trigger for something that a person did."""
        id = f"{secrets.randbelow(10**11)}.{secrets.randbelow(10**11)}.{secrets.token_hex(16)}"
        self._known[id] = Trigger(user, self._w.now())
        return id

    def use(self, id: str) -> str:
        """The person of a trigger. Raises `Refused`."""
        trigger = self._known.get(id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._w.now() - trigger.born > TRIGGER_LIFE:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger.user


class Views:
    """The methods over one workspace."""

    def __init__(self, workspace: Workspace, triggers: Triggers, *, home: bool) -> None:
        self._w = workspace
        self._triggers = triggers
        self._home = home

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "views.open": Method(self.open, (), ("trigger_id", "view")),
            "views.push": Method(self.push, (), ("trigger_id", "view")),
            "views.update": Method(self.update, (), ("view",)),
            "views.publish": Method(self.publish, (), ("user_id", "view")),
        }

    def open(self, a: Json) -> Json:
        """Starts a stack."""
        body = self.checked(a["view"], "modal")
        user = self._triggers.use(str(a["trigger_id"]))
        self._unique(body, None)
        view = self._w.new_view(user, body)
        self._w.stacks[user] = [view]
        self._w.show_stack(user)
        return {"view": shown_view(view)}

    def push(self, a: Json) -> Json:
        """Adds to a stack."""
        body = self.checked(a["view"], "modal")
        user = self._triggers.use(str(a["trigger_id"]))
        return {"view": shown_view(self.pushed(user, body))}

    def pushed(self, user: str, body: Json) -> View:
        """A checked view on top of a person's stack. Raises `Refused`."""
        stack = self._w.stacks.get(user, [])
        if not stack:
            raise Refused("not_found")
        if len(stack) >= DEEPEST:
            raise Refused("push_limit_reached")
        self._unique(body, None)
        view = self._w.new_view(user, body)
        view.root, view.previous = stack[0].id, stack[-1].id
        stack.append(view)
        self._w.show_stack(user)
        return view

    def update(self, a: Json) -> Json:
        """Replaces a view by id or external id; with a hash only if nobody did so since."""
        view = self._w.view(str(a.get("view_id") or a.get("external_id") or ""))
        if a.get("hash") and a["hash"] != view.hash:
            raise Refused("hash_conflict")
        self.replace(view, self.checked(a["view"], view.body["type"]))
        return {"view": shown_view(view)}

    def replace(self, view: View, body: Json) -> None:
        """Puts a checked body in place; what was typed stays where both ids stayed. Raises `Refused`."""
        self._unique(body, view)
        typed = view.body.get("_state", {})
        for block, actions in body["_state"].items():
            for action in actions:
                if action in typed.get(block, {}):
                    actions[action] = typed[block][action]
        view.body, view.hash = body, self._w.view_hash()
        view.external_id = str(body.get("external_id") or "")
        if body["type"] == "home":
            self._w.show_home(view.user)
        else:
            self._w.show_stack(view.user)

    def publish(self, a: Json) -> Json:
        """Sets App Home."""
        if not self._home:
            raise Refused("not_enabled")
        user = str(a["user_id"])
        if user not in self._w.people:
            raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] invalid `user_id`"]})
        body = self.checked(a["view"], "home")
        view = self._w.homes.get(user)
        if view is None:
            self._unique(body, None)
            view = self._w.homes[user] = self._w.new_view(user, body)
            self._w.show_home(user)
            return {"view": shown_view(view)}
        if a.get("hash") and a["hash"] != view.hash:
            raise Refused("hash_conflict")
        self.replace(view, body)
        return {"view": shown_view(view)}

    def checked(self, view: object, kind: str) -> Json:
        """A view as it is kept. Raises `Refused` with every fault."""
        if not isinstance(view, dict) or view.get("type") != kind:
            raise Refused(
                "invalid_arguments",
                response_metadata={"messages": ["[ERROR] unsupported type [json-pointer:/view/type]"]},
            )
        if faults := check_view(view, lacks=self._w.lacks) or check_addresses(
            view["blocks"], self._w.files, "/view/blocks"
        ):
            raise Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {fault}" for fault in faults]})
        if view_too_large(view):
            raise Refused("view_too_large")
        blocks = normalise_blocks(view["blocks"])
        return {**view, "blocks": blocks, "_state": initial_state(blocks)}

    def _unique(self, body: Json, own: View | None) -> None:
        """Raises `Refused` where another view has the external id."""
        external = body.get("external_id")
        if external and any(view.external_id == external for view in self._w.views() if view is not own):
            raise Refused("duplicate_external_id")
