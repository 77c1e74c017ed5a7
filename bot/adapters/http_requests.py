"""Requests over HTTP: whether Slack signed them, and their content."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock, SignatureVerifier

from bot.adapters.http_connections import Reason

TOLERANCE = 300
"""Seconds a timestamp may differ from our clock, as in Slack's documentation."""

FIELDS = 100
"""Fields of a form at most; a command has about fifteen."""


NEVER_NULL = ("event", "view")
"""Bolt fails on null in these, but not if they are missing, which means the same."""


class Malformed(ValueError):
    """A body that Slack would never send."""


class _Named(msgspec.Struct):
    id: str | None = None
    team_id: str | None = None
    enterprise_id: str | None = None


class _Installed(msgspec.Struct):
    enterprise_id: str | None = None
    team_id: str | None = None
    is_enterprise_install: bool | str | None = None


class _Said(msgspec.Struct):
    type: str
    subtype: str | None = None
    user: str | _Named | None = None
    channel: str | _Named | None = None
    team: str | None = None
    user_team: str | None = None
    thread_ts: str | None = None
    message: dict[str, Any] | None = None


class _Action(msgspec.Struct):
    type: str
    action_id: str
    block_id: str | None = None


class _View(msgspec.Struct):
    type: str
    callback_id: str = ""
    team_id: str | None = None
    app_installed_team_id: str | None = None


class _Body(msgspec.Struct):
    """The fields Bolt reads, with the types it expects: it fails on others."""

    type: str | None = None
    command: str | None = None
    challenge: str | None = None
    user: str | _Named | None = None
    team: str | _Named | None = None
    enterprise: str | _Named | None = None
    channel: str | _Named | None = None
    message: dict[str, Any] | None = None
    event: _Said | None = None
    view: _View | None = None
    actions: list[_Action] = []
    action_id: str | None = None
    callback_id: str | None = None
    authorizations: list[_Installed] | None = None
    response_url: str | None = None
    response_urls: list[dict[str, Any]] = []
    function_data: dict[str, Any] | None = None
    thread_ts: str | None = None
    assistant_thread: dict[str, Any] | None = None
    item: dict[str, Any] | None = None
    previous_message: dict[str, Any] | None = None


class Signatures:
    """Verifies Slack's signatures. Compares Slack's timestamps with *clock*."""

    def __init__(self, secret: str, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._verifier = SignatureVerifier(secret, self._clock)

    def refused(self, request: web.BaseRequest) -> Reason | None:
        """Why a request with these headers can't be validly signed; None if it may be. Does not need the body."""
        timestamps = request.headers.getall("X-Slack-Request-Timestamp", [])
        signatures = request.headers.getall("X-Slack-Signature", [])
        if len(timestamps) != 1 or len(signatures) != 1:
            return Reason.NOT_SIGNED
        # Checked first: the SDK fails on timestamps that are not numbers, and on other alphabets.
        if not re.fullmatch(r"[0-9]{1,12}", timestamps[0]) or not re.fullmatch(r"v0=[0-9a-f]{64}", signatures[0]):
            return Reason.NOT_SIGNED
        return Reason.STALE if abs(self._clock.now() - int(timestamps[0])) > TOLERANCE else None

    def signed(self, request: web.BaseRequest, body: bytes) -> bool:
        """Whether Slack signed exactly these bytes; call it only if `refused` returned None."""
        headers = request.headers
        try:
            valid = self._verifier.is_valid(body, headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"])
        except UnicodeDecodeError:  # Slack sends UTF-8
            return False
        return valid


def read(request: web.BaseRequest, body: bytes) -> AsyncBoltRequest:
    """A signed body, for Bolt: from here on as in Socket Mode. Raises `Malformed`.

    Headers are not passed on: they are not signed, and some control Bolt.
    """
    try:
        text = body.decode()
        found = json.loads(text) if _is_json(request, text) else _form(text)
        msgspec.convert(found, _Body)
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if not isinstance(found, dict) or not _is_whole(found):
        raise Malformed
    for name in NEVER_NULL:
        if found.get(name, found) is None:
            del found[name]
    return AsyncBoltRequest(body=found, mode="socket_mode")


def _is_json(request: web.BaseRequest, text: str) -> bool:
    return request.content_type == "application/json" or text.startswith("{")


def _form(text: str) -> Any:
    fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS))
    return json.loads(fields["payload"]) if "payload" in fields else fields


def _is_whole(body: dict[str, Any]) -> bool:
    """Whether it is a kind of body Slack sends, with that kind's required fields."""
    match body.get("type"):
        case None:
            return bool(body.get("command")) or body.get("ssl_check") == "1"
        case "event_callback":
            return bool(body.get("event"))
        case "block_actions":
            return bool(body.get("actions"))
        case "view_submission" | "view_closed":
            return bool(body.get("view"))
        case "block_suggestion":
            return bool(body.get("action_id"))
        case "url_verification":
            return bool(body.get("challenge"))
        case _:
            return False  # app-manifest.yml declares no feature that sends another kind
