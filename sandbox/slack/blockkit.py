"""Block Kit as Slack enforces it: faults of blocks and views, the defaults it adds, and the state of inputs."""

from __future__ import annotations

from .blockkit_addresses import check_addresses
from .blockkit_checks import Json
from .blockkit_lists import Surface, check_blocks
from .blockkit_objects import check_offer
from .blockkit_state import find_element, initial_state, normalise_blocks
from .blockkit_views import check_view, view_too_large

__all__ = [
    "Json",
    "Surface",
    "check_addresses",
    "check_blocks",
    "check_offer",
    "check_view",
    "find_element",
    "initial_state",
    "normalise_blocks",
    "view_too_large",
]
