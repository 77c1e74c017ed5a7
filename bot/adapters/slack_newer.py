"""Newer blocks: where Slack takes them, learned since the start from what it took and refused."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from bot.errors import ChatRefused
from bot.ports import Block, Newer, plainly

log = logging.getLogger(__name__)

Surface = Literal["message", "modal", "home"]

SURFACES: Mapping[str, frozenset[Surface]] = {
    "alert": frozenset({"modal"}),
    "data_table": frozenset({"message", "home"}),
    "data_visualization": frozenset({"message", "home"}),
}
"""Where Slack documents each newer type; anywhere else it is plain from the start."""

UNKNOWN_TYPE = frozenset({"invalid_blocks", "invalid_arguments"})
"""How Slack refuses an unknown block: in messages and `response_url`, and in views."""

ABOUT_BLOCKS = UNKNOWN_TYPE | {"invalid_blocks_format", "block_mismatch", "msg_blocks_too_long", "invalid_attachments"}
"""Refusals after which the plain form can still be taken."""


class NewerBlocks:
    """What is known of newer types, by type and surface."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, Surface]] = set()
        self._refused: set[tuple[str, Surface]] = set()

    def on(self, surface: Surface, blocks: Iterable[Block]) -> tuple[Block, ...]:
        """The blocks, with plain ones for those types that the surface is known to lack."""
        return tuple(part for block in blocks for part in ((block,) if self._may(block, surface) else plainly([block])))

    def known(self, surface: Surface, blocks: Iterable[Block]) -> bool:
        """Whether each newer type among them was taken there."""
        return all((kind, surface) in self._taken for kind in _newer(blocks))

    async def send(
        self, surface: Surface, blocks: Sequence[Block], send: Callable[[Sequence[Block]], Awaitable[Any]]
    ) -> Any:
        """Sends the blocks; if Slack refuses them and newer ones are among them, once more in plain form.

        A type counts as lacking once its plain form was taken where it was refused. Raises what *send* raises.
        """
        shown = self.on(surface, blocks)
        if not (kinds := {(kind, surface) for kind in _newer(shown)}):
            return await send(shown)
        try:
            answer = await send(shown)
        except ChatRefused as error:
            if error.code not in ABOUT_BLOCKS:
                raise
            refused = error
        else:
            if answer is not None:
                self._taken |= kinds
            return answer
        answer = await send(plainly(shown))
        if refused.code in UNKNOWN_TYPE and answer is not None:
            self._taken -= kinds
            self._refused |= kinds
            names = ", ".join(sorted(kind for kind, _ in kinds))
            log.warning("Slack does not take %s (%s): plain blocks from now on. %s", names, surface, refused.text)
        return answer

    def _may(self, block: Block, surface: Surface) -> bool:
        if not isinstance(block, Newer):
            return True
        kind = str(block.get("type"))
        return surface in SURFACES.get(kind, ()) and (kind, surface) not in self._refused


def _newer(blocks: Iterable[Block]) -> set[str]:
    return {str(block.get("type")) for block in blocks if isinstance(block, Newer)}
