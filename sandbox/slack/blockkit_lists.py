"""A list of blocks as a whole: each block, where it stands, the ids, and limits that blocks share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from typing import Any, Literal

from .blockkit_blocks import BLOCKS, NESTED, SURFACES
from .blockkit_checks import MISMATCH, Json, at, kind_of, of_type
from .blockkit_elements import SURFACE

Surface = Literal["message", "modal", "home"]
MOST = {"message": 50, "modal": 100, "home": 100}
MARKDOWN_CHARACTERS = 12_000
"""Characters of all markdown blocks of a message together."""
MOST_OF_A_KIND = {"table": 1, "data_table": 1, "data_visualization": 2}

_HOLDS = {"section": "accessory", "input": "element"}
_HOLDS_LIST = {"actions": "elements", "context_actions": "elements", "card": "actions"}
_CHECKS = {
    surface: of_type({kind: check for kind, check in BLOCKS.items() if kind in kinds})
    for surface, kinds in SURFACES.items()
}


def nested(blocks: list[Any], pointer: str = "/blocks") -> Iterator[tuple[str, Json]]:
    """`(pointer, block)` of every block that is an object; blocks inside another follow it."""
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        where = f"{pointer}/{index}"
        yield where, block
        inside = NESTED.get(kind_of(block) or "")
        if inside is not None and isinstance(block.get(inside), list):
            yield from nested(block[inside], f"{where}/{inside}")


def elements_of(block: Json, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """`(pointer, element)` of every element of a block itself, not of the blocks inside it; pictures in a context
    are no elements here."""
    kind = kind_of(block) or ""
    key = _HOLDS.get(kind)
    if key is not None:
        if isinstance(block.get(key), dict):
            yield f"{pointer}/{key}", block[key]
        return
    key = _HOLDS_LIST.get(kind)
    if key is not None and isinstance(block.get(key), list):
        for index, held in enumerate(block[key]):
            if isinstance(held, dict):
                yield f"{pointer}/{key}/{index}", held


def check_blocks(
    blocks: object, surface: Surface, pointer: str = "/blocks", *, lacks: Container[str] = ()
) -> list[str]:
    """Every fault of a list of blocks on a surface, in Slack's phrases with a JSON pointer; [] where there is none.

    *lacks*: types of blocks that this workspace does not have yet.
    What is not a list gives one fault; a method of the Web API answers that with `invalid_blocks_format` instead.
    """
    if not isinstance(blocks, list):
        return [at(pointer, MISMATCH)]
    faults: list[str] = []
    if len(blocks) > MOST[surface]:
        faults.append(at(pointer, f"no more than {MOST[surface]} items allowed"))
    check = _CHECKS[surface]
    for index, block in enumerate(blocks):
        check(block, f"{pointer}/{index}", faults)
    _across(blocks, surface, pointer, faults, lacks)
    return faults


def _across(blocks: list[Any], surface: Surface, pointer: str, faults: list[str], lacks: Container[str]) -> None:
    """Rules across blocks: unique ids, elements that a surface takes, and limits that blocks share."""
    ids: set[str] = set()
    kinds: Counter[str] = Counter()
    markdown = 0
    refused = "\0"
    for where, block in nested(blocks, pointer):
        kind = kind_of(block) or ""
        if kind not in SURFACES[surface] or kind in lacks:
            if where.startswith(refused):
                continue  # named with the block that holds it
            if kind in BLOCKS:
                _once(at(f"{where}/type", f"unsupported type: {kind}"), faults)
            refused = f"{where}/"
            continue
        most = MOST_OF_A_KIND.get(kind)
        if most is not None:
            kinds[kind] += 1
            if kinds[kind] > most:
                faults.append(at(where, f"only_{'one' if most == 1 else 'two'}_{kind}_allowed"))
        if kind == "markdown" and isinstance(block.get("text"), str) and len(block["text"]) <= MARKDOWN_CHARACTERS:
            markdown += len(block["text"])
        id = block.get("block_id")
        if isinstance(id, str):
            if id in ids:
                faults.append(at(f"{where}/block_id", f"block_id {id} already exists"))
            ids.add(id)
        _elements(block, where, surface, faults)
    if markdown > MARKDOWN_CHARACTERS:
        faults.append(at(pointer, f"markdown text must be less than {MARKDOWN_CHARACTERS + 1} characters"))


def _once(fault: str, faults: list[str]) -> None:
    """Adds a fault that the check of the block itself may have found too."""
    if fault not in faults:
        faults.append(fault)


def _elements(block: Json, pointer: str, surface: Surface, faults: list[str]) -> None:
    """Action ids are unique in their block; some elements and fields belong to one surface."""
    actions: set[str] = set()
    for where, held in elements_of(block, pointer):
        kind = kind_of(held) or ""
        if SURFACE.get(kind, surface) != surface:
            _once(at(f"{where}/type", f"unsupported type: {kind}"), faults)
        if "response_url_enabled" in held and (surface != "modal" or block["type"] != "input"):
            faults.append(at(where, "invalid additional property: response_url_enabled"))
        action = held.get("action_id")
        if isinstance(action, str):
            if action in actions:
                faults.append(at(f"{where}/action_id", f"action_id {action} already exists"))
            actions.add(action)
