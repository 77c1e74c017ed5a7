"""Owners: the form that sets one, and the line that shows one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.fleet import Model
from bot.domain.owners import Owner
from bot.messages.kit import button, input_block, modal, placeholder, section
from bot.messages.refusals import mention
from bot.messages.text import code
from bot.ports import Block

CALLBACK = "owner"
USER, GROUP = "user", "group"
GROUP_LIMIT = 80

NOT_BOTH = "Choose a person or name a user group, not both."
NO_GROUP = "Type the id of the user group, S and digits. In Slack it is in the group's ⋯ menu, Copy group ID."
CLOSED = "That form is closed. Open it again with the button on /stt-model."
NOT_HERE = "Bots and people who left cannot own a model. Choose somebody else."


def line(owner: Owner | None) -> str:
    """Owner @Ada, and how that is known. It names people: for private messages only."""
    if owner is None:
        return "Owner: nobody"
    how = f"by the rule {code(owner.pattern)}" if owner.pattern else f"set by <@{owner.by}>"
    return f"Owner: {mention(owner.id)} ({how})"


def set_button(model: Model) -> Block:
    """The button that opens the form."""
    return button("Owner…", "owner", model.ref, label=f"Set the owner of {model.name}")


def ask(model: Model, owner: Owner | None, by_rule: Owner | None) -> Mapping[str, Any]:
    """The form. *owner* is the one that counts now, *by_rule* the one that would if nobody had set one."""
    said = owner if owner is not None and owner.pattern is None else None
    blocks: list[Block] = [section(f"Who takes care of {code(model.name)}?\n{line(owner)}")]
    if said is not None:
        after = f"Then the rule {code(by_rule.pattern or '')} counts again." if by_rule else "Then it has no owner."
        blocks.append(section(after, button("Clear the owner", "disown", model.ref)))
    people: Block = {"type": "users_select", "placeholder": placeholder("Choose a person")}
    group: Block = {"type": "plain_text_input", "max_length": GROUP_LIMIT, "placeholder": placeholder("S0123456789")}
    if said is not None and said.id.startswith("S"):
        group["initial_value"] = said.id
    elif said is not None:
        people["initial_user"] = said.id
    blocks += [
        input_block(USER, "Person", people, optional=True),
        input_block(GROUP, "Or a user group, by its id", group, optional=True),
    ]
    return modal("Owner", blocks, callback=CALLBACK, submit="Save", metadata=model.ref)


def done(name: str, owner: Owner | None) -> Mapping[str, Any]:
    """What the form becomes."""
    return modal("Owner", [section(f"{code(name)}\n{line(owner)}")], callback="owned")
