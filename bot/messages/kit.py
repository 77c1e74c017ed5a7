"""The few Block Kit shapes that all messages are built from, with Slack's limits applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

from bot.messages.quotes import Quote, aloud, quoted
from bot.messages.signs import Sign
from bot.messages.text import capped, code, plain
from bot.ports import Block, Message, Newer

SECTION = 3000

VALUE = "v"
"""The action id of every input: a block has one, and is found by its own id."""


def _text(text: str, limit: int = 75) -> Block:
    """A plain_text object in which `:x:` stays as it is: names of models and instances may contain it."""
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph of mrkdwn, capped at Slack's 3,000 characters. Untrusted parts must be escaped already."""
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": capped(text, SECTION), "verbatim": True}}
    return block if accessory is None else {**block, "accessory": accessory}


def sections(lines: Iterable[str]) -> list[Block]:
    """Lines in as few paragraphs as Slack's limit allows."""
    parts = [""]
    for line in lines:
        if parts[-1] and len(parts[-1]) + len(line) + 1 > SECTION:
            parts.append("")
        parts[-1] = f"{parts[-1]}\n{line}".lstrip("\n")
    return [section(part) for part in parts if part]


def headed(parts: Mapping[str, str]) -> list[Block]:
    """A paragraph below a heading for each part that has a text."""
    return [section(f"*{heading}*\n{text}") for heading, text in parts.items() if text]


def instance_heading(instance: str) -> str:
    """The heading above one instance."""
    return f"Instance {code(instance)}"


def context(*texts: str) -> Block:
    """A line of small print."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": text[:SECTION], "verbatim": True} for text in texts if text],
    }


def paragraph(text: str, sign: str = "", *buttons: Block, quotes: Sequence[Quote] = ()) -> Message:
    """A message of one paragraph, with *sign* before it for those who see it, what it quotes, and its buttons."""
    shown = section(f"{sign} {text}" if sign else text)
    row = [actions(buttons)] if buttons else []
    return Message(f"{text} {aloud(*quotes)}".rstrip(), (shown, *quoted(*quotes), *row))


Level = Literal["default", "info", "warning", "error", "success"]

_ALERTS: Mapping[Level, str] = {"warning": f"{Sign.ATTENTION} ", "error": f"{Sign.URGENT} "}
"""Stands before the text in workspaces without the block; levels without trouble need no sign."""


def alert(text: str, level: Level = "warning") -> Block:
    """A line in a modal that must be noticed, in mrkdwn whose untrusted parts are escaped already.

    Beyond Slack's 200 characters it is a paragraph: a warning must not lose its end.
    """
    plain = section(f"{_ALERTS.get(level, '')}{text}")
    if len(text) > 200:
        return plain
    return Newer({"type": "alert", "level": level, "text": {"type": "mrkdwn", "text": text, "verbatim": True}}, [plain])


def header(text: str) -> Block:
    """A headline."""
    return {"type": "header", "text": _text(text, 150)}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def actions(buttons: Iterable[Block], block_id: str | None = None) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons), **({"block_id": block_id} if block_id else {})}


def button(
    text: str, action: str, value: str, *, style: str = "", confirm: Block | None = None, label: str = ""
) -> Block:
    """A button. *label* is for screen readers where several buttons have the same text."""
    block: Block = {"type": "button", "text": _text(text), "action_id": action, "value": value}
    further = {"style": style, "confirm": confirm, "accessibility_label": plain(label)}
    return {**block, **{key: given for key, given in further.items() if given}}


def confirm(title: str, text: str, yes: str, no: str = "Not now", *, style: str = "primary") -> Block:
    """The question that Slack asks before it sends the click."""
    return {
        "title": _text(title, 100),
        "text": _text(text, 300),
        "confirm": _text(yes, 30),
        "deny": _text(no, 30),
        "style": style,
    }


def pages_of(count: int, size: int) -> int:
    """The number of pages, at least one."""
    return max(1, -(-count // size))


def grouped(told: Iterable[tuple[str, Block]], heading: Callable[[str], str] = str) -> list[Block]:
    """Blocks with the heading of their group above each run of blocks that share it; none for ""."""
    blocks: list[Block] = []
    for group, same in groupby(told, key=itemgetter(0)):
        blocks += [*([section(f"*{heading(group)}*")] if group else []), *(block for _, block in same)]
    return blocks


def paging(action: str, page: int, pages: int, about: str, *further: Block) -> list[Block]:
    """Below one of several pages: its number, the buttons to its neighbours, and *further* ones.

    The value of a page button is the page and the list it belongs to.
    """
    ways = ((page > 0, "← Previous", "previous", page - 1), (page + 1 < pages, "Next →", "next", page + 1))
    turns = [button(text, f"{action}:{way}", f"{to} {about}"[:2000]) for there, text, way, to in ways if there]
    row = [actions([*turns, *further])] if turns or further else []
    return [context(f"Page {page + 1} of {pages}"), *row] if pages > 1 else row


OPTION = 150
"""The longest value of an option, in characters; a model with a longer reference can't be an option."""


def option(text: str, value: str, description: str | None = None, *, rich: bool = False) -> Block:
    """One choice of a menu; *value* has at most `OPTION` characters.

    *rich*: the description is mrkdwn of at most 75 characters, with untrusted parts escaped; checkboxes take that.
    """
    below: dict[str, Block] = {}
    if description:
        markup: Block = {"type": "mrkdwn", "text": description, "verbatim": True}
        below = {"description": markup if rich else _text(description)}
    return {"text": _text(text), "value": value, **below}


Options = Mapping[str, Any]
"""The choices in Slack's shape: `options`, or `option_groups`."""


def option_group(label: str, options: Sequence[Block]) -> Block:
    """Choices of a menu below a heading."""
    return {"label": _text(label), "options": list(options)}


def input_block(block_id: str, label: str, element: Block, *, optional: bool = False, hint: str = "") -> Block:
    """An input of a form; the value of *element* is sent under *block_id*."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": _text(label, 2000),
        "element": {**element, "action_id": VALUE},
        **({"optional": True} if optional else {}),
        **({"hint": _text(hint, 2000)} if hint else {}),
    }


def placeholder(text: str) -> Block:
    """The placeholder of an empty input."""
    return _text(text, 150)


def long_text(example: str, limit: int) -> Block:
    """An input of several lines, with an example while it is empty."""
    return {"type": "plain_text_input", "multiline": True, "max_length": limit, "placeholder": placeholder(example)}


def choice(prompt: str, action: str, options: Sequence[Block]) -> Block:
    """A menu whose choice is sent at once, like a click: 100 options at most. *prompt* is for screen readers."""
    return {
        "type": "static_select",
        "action_id": action,
        "placeholder": placeholder(prompt),
        "options": list(options)[:100],
    }


def menu(options: Sequence[Block]) -> Block:
    """A menu with its first option chosen."""
    return {"type": "static_select", "options": list(options), "initial_option": options[0]}


def loading(title: str) -> Mapping[str, Any]:
    """A window that says that its content is coming."""
    return modal(title, [section(f"{Sign.READING} Looking …")], callback="reading")


def said_in(message: Message, title: str) -> Mapping[str, Any]:
    """A message as a window."""
    return modal(title, message.blocks, callback="said")


def modal(
    title: str, blocks: Iterable[Block], *, callback: str, submit: str | None = None, metadata: str = ""
) -> Mapping[str, Any]:
    """A modal window; one with *submit* is a form, which can be cancelled."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": _text(title, 24),
        "close": _text("Cancel" if submit else "Close"),
        "blocks": list(blocks),
        "private_metadata": metadata,
        **({"submit": _text(submit, 24)} if submit else {}),
    }
