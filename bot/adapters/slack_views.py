"""`Windows` over Slack's Web API: modals and App Home."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_answers import text_at
from bot.adapters.slack_calls import call
from bot.adapters.slack_newer import NewerBlocks, Surface
from bot.ports import Block, plainly


class SlackViews:
    """The views of one workspace. *newer*: what is known of newer blocks, in messages too."""

    def __init__(self, client: AsyncWebClient, newer: NewerBlocks) -> None:
        self._client = client
        self._newer = newer

    async def open(self, trigger: str, view: Mapping[str, Any]) -> str:
        """Opens a modal."""
        answer = await self._show("modal", view, lambda view: self._client.views_open(trigger_id=trigger, view=view))
        return text_at(answer, "view", "id")

    async def update(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Replaces a modal. It is no error if the person closed it."""

        def updating(view: dict[str, Any]) -> Awaitable[Any]:
            return self._client.views_update(view_id=view_id, view=view)

        await self._show("modal", view, updating, unless=("not_found", "view_not_found"))

    def answering(self, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """Slack shows its refusal of such an answer in the modal, and does not report it to us."""
        shown = self._newer.on("modal", view.get("blocks", ()))
        return {**view, "blocks": list(shown if self._newer.known("modal", shown) else plainly(shown))}

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Sets App Home."""
        await self._show("home", view, lambda view: self._client.views_publish(user_id=user, view=view))

    async def _show(
        self,
        surface: Surface,
        view: Mapping[str, Any],
        show: Callable[[dict[str, Any]], Awaitable[Any]],
        unless: Sequence[str] = (),
    ) -> Any:
        """Shows a view in its newer or its plain blocks."""

        async def send(blocks: Sequence[Block]) -> Any:
            return await call(show({**view, "blocks": list(blocks)}), unless=unless)

        return await self._newer.send(surface, view.get("blocks", ()), send)
