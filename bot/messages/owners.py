"""Owners: the form that sets one, and the line that shows one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.fleet import Model
from bot.domain.owners import Owner
from bot.messages.kit import Options, button, input_block, modal, option, placeholder, section
from bot.messages.refusals import mention
from bot.messages.text import code, plain
from bot.ports import Block, Group

CALLBACK = "owner"
USER, GROUP = "user", "group"
GROUP_LIMIT = 80
MOST = 100
"""Slack's limit for the groups in one menu."""

NOT_BOTH = "Choose a person or a user group, not both."
NO_GROUP = "Choose a user group, or type its id, S and digits. It is in the group's ⋯ menu, Copy group ID."
NOT_OFFERED = "Slack lists no such user group in use. Choose another one."
CLOSED = "That form is closed. Open it again with the button on /stt-model."
NOT_HERE = "Bots and people who left cannot own a model. Choose somebody else."


def line(owner: Owner | None) -> str:
    """Owner @Ada, and the source. It names people: for private messages only."""
    if owner is None:
        return "Owner: nobody"
    how = f"by the rule {code(owner.pattern)}" if owner.pattern else f"set by <@{owner.by}>"
    return f"Owner: {mention(owner.id)} ({how})"


def set_button(model: Model) -> Block:
    """The button that opens the form."""
    return button("Owner…", "owner", model.ref, label=f"Set the owner of {model.name}")


def ask(
    model: Model, owner: Owner | None, by_rule: Owner | None, groups: Sequence[Group] = (), why_not: str = ""
) -> Mapping[str, Any]:
    """The form.

    *owner* counts now; *by_rule* would count if nobody had set one. *groups* are the choices; where *why_not* says why
    there are none, an id can be typed.
    """
    said = owner if owner is not None and owner.pattern is None else None
    blocks: list[Block] = [section(f"Who takes care of {code(model.name)}?\n{line(owner)}")]
    if said is not None:
        after = f"Then the rule {code(by_rule.pattern or '')} counts again." if by_rule else "Then it has no owner."
        blocks.append(section(after, button("Clear the owner", "disown", model.ref)))
    people: Block = {"type": "users_select", "placeholder": placeholder("Choose a person")}
    of_group = said.id if said is not None and said.id.startswith("S") else ""
    if said is not None and not of_group:
        people["initial_user"] = said.id
    blocks.append(input_block(USER, "Person", people, optional=True))
    if groups or of_group or why_not:
        blocks.append(_typed(of_group, why_not) if why_not else _chosen(of_group, groups))
    return modal("Owner", blocks, callback=CALLBACK, submit="Save", metadata=model.ref)


def _chosen(owner: str, groups: Sequence[Group]) -> Block:
    """The input for a group: a menu of all, or one that is searched where there are many."""
    every = {group.id: group for group in groups}
    if owner:
        every.setdefault(owner, Group(owner, "", owner))  # it is no longer in use
    menu: Block = {"type": "static_select", **offer(every.values())}
    if len(every) > MOST:
        menu = {"type": "external_select", "min_query_length": 0}
    menu["placeholder"] = placeholder("Choose a user group")
    if owner:
        menu["initial_option"] = _option(every[owner])
    return input_block(GROUP, "Or a user group", menu, optional=True)


def _typed(owner: str, why_not: str) -> Block:
    written: Block = {"type": "plain_text_input", "max_length": GROUP_LIMIT, "placeholder": placeholder("S0123456789")}
    if owner:
        written["initial_value"] = owner
    return input_block(GROUP, "Or a user group, by its id", written, optional=True, hint=why_not)


def offer(groups: Iterable[Group]) -> Options:
    """The groups to choose from."""
    return {"options": [_option(group) for group in groups]}


def _option(group: Group) -> Block:
    return option(group.name, group.id, f"@{group.handle}" if group.handle else None)


def why_not(text: str, code_of_slack: str | None = None) -> str:
    """Why no group can be chosen by name. *text* is the fault's. Plain text."""
    if code_of_slack == "missing_scope":
        return (
            "To choose a group by name, Retune needs the scope usergroups:read. Install the app again with "
            "app-manifest.yml. The id of a group is in its ⋯ menu, Copy group ID."
        )
    return f"Slack does not list the groups just now: {plain(text, 200)}"


def done(name: str, owner: Owner | None) -> Mapping[str, Any]:
    """The form once it was sent."""
    return modal("Owner", [section(f"{code(name)}\n{line(owner)}")], callback="owned")
