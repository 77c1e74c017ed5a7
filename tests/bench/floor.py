"""The floor: a bare Bolt app, tuned as Retune is, that acknowledges with a fixed answer. A process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

ANSWER = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 160, "verbatim": True}} for _ in range(8)]
"""As many blocks of about the same size as the answer that is measured."""


async def main() -> None:
    token, app_token = os.environ.pop("SLACK_BOT_TOKEN"), os.environ.pop("SLACK_APP_TOKEN")
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=token, base_url=os.environ["SLACK_API_URL"], session=session)
        me = await client.auth_test()

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None,
                team_id=me["team_id"],
                bot_id=me["bot_id"],
                bot_user_id=me["user_id"],
                bot_token=token,
            )

        app = AsyncApp(
            client=AsyncWebClient(base_url=os.environ["SLACK_API_URL"], session=session),
            authorize=authorize,
            process_before_response=True,
        )

        @app.command(re.compile(""))
        async def on_command(ack: AsyncAck) -> None:
            await ack(text="Commands", blocks=ANSWER, response_type="ephemeral")

        handlers = [AsyncSocketModeHandler(app, app_token, ping_interval=5) for _ in range(2)]
        await asyncio.gather(*(handler.connect_async() for handler in handlers))
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        await asyncio.gather(*(handler.close_async() for handler in handlers))


if __name__ == "__main__":
    asyncio.run(main())
