"""Deliveries over HTTP: signed requests to the manifest's addresses, their answers, and retries.

A command or an interaction is sent once, and the person sees it fail. An event is sent up to three more times: at once,
after a minute and after five, with `X-Slack-Retry-Num` and `X-Slack-Retry-Reason`, unless the app answers
`X-Slack-No-Retry: 1`. Before the first delivery the app must answer the challenge.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import aiohttp
from aiohttp import web

from .delivery import Delivery, Outcome
from .faults import Faults
from .manifest import RequestUrls
from .workspace import Json

SIGNING_SECRET = "10ca15ec2e7f0b0d1e5a11d0f4a11ed0"

PAUSES = (0.0, 60.0, 300.0)
"""Seconds before the first, second and third retry of an event."""

LOOK = 0.5
"""Seconds between two checks whether the app is reachable."""

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of an address. *reason*: Slack's word for why it is not an acknowledgement."""

    status: int = 0
    reason: str | None = None
    body: bytes = b""
    kind: str = ""
    again: bool = True


class HttpDelivery(Delivery):
    """Sends each delivery to its address, and signs it."""

    def __init__(
        self,
        url: Callable[[], str],
        faults: Faults,
        ack_timeout: float,
        urls: RequestUrls,
        now: Callable[[], float],
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        super().__init__(url, faults, ack_timeout)
        self._urls = urls
        self._now = now
        self._pauses = pauses
        self._http: aiohttp.ClientSession | None = None
        self._verified = asyncio.Event()
        self._reached = False

    @property
    def connections(self) -> int:
        """1 while the app answered the challenge and takes connections."""
        return int(self._reached)

    async def open(self) -> None:
        """Start looking for the app."""
        self._http = aiohttp.ClientSession(auto_decompress=False)
        self._start(self._watch())

    async def close(self) -> None:
        """Ends everything."""
        await super().close()
        if self._http is not None:
            await self._http.close()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Socket Mode is switched off: reconnecting cannot help."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "disconnect", "reason": "link_disabled"})
        await socket.close()
        return socket

    async def _watch(self) -> None:
        while True:
            reached = await self._takes_connections() and (self._verified.is_set() or await self._verify())
            if reached != self._reached:
                self._reached = reached
                self.on_change()
            await asyncio.sleep(LOOK)

    async def _takes_connections(self) -> bool:
        at = urlsplit(self._urls.events)
        try:
            async with asyncio.timeout(self._ack_timeout):
                _, writer = await asyncio.open_connection(at.hostname, at.port or {"http": 80}.get(at.scheme, 443))
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    async def _verify(self) -> bool:
        """Whether the app answers the challenge, as text, form or JSON, as Slack takes it."""
        challenge = secrets.token_hex(26)
        asked = {"token": "legacy", "challenge": challenge, "type": "url_verification"}
        answer = await self._post(self._urls.events, json.dumps(asked).encode(), JSON)
        if answer.reason is None and challenge.encode() in answer.body:
            self._verified.set()
        return self._verified.is_set()

    async def _event(self, payload: Json) -> None:
        await self._verified.wait()
        body = json.dumps(payload).encode()
        answer = await self._post(self._urls.events, body, JSON)
        for count, pause in enumerate(self._pauses, 1):
            taken = answer.reason is None and count > self._faults.redeliveries
            if taken or not answer.again:
                return
            await asyncio.sleep(0 if answer.reason is None else pause)
            marks = {"X-Slack-Retry-Num": str(count), "X-Slack-Retry-Reason": answer.reason or "http_timeout"}
            answer = await self._post(self._urls.events, body, JSON, marks)

    async def _envelope(self, frame: Json) -> Outcome:
        """A command or an interaction."""
        payload = frame["payload"]
        if frame["type"] == "slash_commands":
            answer = await self._post(self._urls.commands[payload["command"]], urlencode(payload).encode(), FORM)
        else:
            options = payload["type"] == "block_suggestion"
            url = self._urls.options if options else self._urls.interactivity
            answer = await self._post(url, urlencode({"payload": json.dumps(payload)}).encode(), FORM)
        if answer.reason == "http_timeout":
            return Outcome(False, "operation_timeout")
        if answer.reason == "http_error":
            return Outcome(False, "http_service_error" if answer.status >= 500 else "http_client_error")
        if answer.reason is not None:
            return Outcome(False, "dispatch_failed")
        return Outcome(True, body=_said(answer))

    async def _post(self, url: str, body: bytes, kind: str, marks: Json | None = None) -> Answer:
        """One signed request; redirects are not followed."""
        assert self._http is not None
        try:
            async with asyncio.timeout(self._ack_timeout):
                await self._faults.hearing.wait()
                async with self._http.post(
                    url, data=body, headers=self._signed(body, kind) | (marks or {}), allow_redirects=False
                ) as answer:
                    said = await answer.read()
        except TimeoutError:
            return Answer(reason="http_timeout")
        except aiohttp.ClientSSLError:
            return Answer(reason="ssl_error")
        except aiohttp.ClientConnectionError:
            return Answer(reason="connection_failed")
        except aiohttp.ClientError:
            return Answer(reason="unknown_error")
        again = answer.headers.get("X-Slack-No-Retry") != "1"
        return Answer(
            answer.status, None if answer.status // 100 == 2 else "http_error", said, answer.content_type, again
        )

    def _signed(self, body: bytes, kind: str) -> dict[str, str]:
        stamp = str(int(self._now()))
        signature = hmac.new(SIGNING_SECRET.encode(), b"v0:%s:%s" % (stamp.encode(), body), hashlib.sha256).hexdigest()
        return {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signature}",
        }


def _said(answer: Answer) -> Json | None:
    """The content of an acknowledgement: JSON, or a text, which is a message."""
    if answer.kind == JSON:
        try:
            found = json.loads(answer.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None
    text = answer.body.decode("utf-8", "replace").strip()
    return {"text": text} if text else None
