"""What was noted of a request: the rows of its audit as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Noted:
    """Who did what and when. *actor* is a Slack user id or `retune`, *model* a reference."""

    at: datetime
    actor: str
    action: str
    model: str | None = None
    detail: str = ""
