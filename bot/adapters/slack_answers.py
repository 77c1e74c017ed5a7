"""The meaning of one answer of Slack's Web API: done, lost, refused, wait, or gone. Pure.

Wrong types count as a lost answer: another server answered, or Slack failed, and the result is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.errors import (
    BlocksRefused,
    ChannelClosed,
    ChatBusy,
    ChatError,
    ChatOutcomeUnknown,
    ChatRefused,
    MessageGone,
)

TRANSIENT = frozenset({"ratelimited", "rate_limited", "request_timeout", "service_unavailable", "team_added_to_org"})

MAY_HAVE_HAPPENED = frozenset({"internal_error", "fatal_error"})

GONE = frozenset({"message_not_found", "thread_not_found", "cannot_reply_to_message", "invalid_thread_ts"})

CLOSED = frozenset({"is_archived", "is_inactive", "not_in_channel", "channel_not_found"})
"""An edit in an archived channel gets `is_inactive`."""

CONTENT = frozenset(
    {
        *("invalid_blocks", "invalid_blocks_format", "block_mismatch", "msg_blocks_too_long", "msg_too_long"),
        *("invalid_attachments", "too_many_attachments", "metadata_too_large", "invalid_metadata_format"),
    }
)

ABOUT_THE_APP = frozenset(
    {
        *("not_authed", "invalid_auth", "token_revoked", "token_expired", "account_inactive", "missing_scope"),
        *("not_allowed_token_type", "no_permission", "access_denied", "org_login_required", "ekm_access_denied"),
        *("team_access_not_granted", "two_factor_setup_required", "enterprise_is_restricted"),
    }
)
"""Refusals about the app, not the object asked about: every other call would be refused too."""

ADVICE = {
    "invalid_auth": "the bot token is not valid (SLACK_BOT_TOKEN)",
    "token_revoked": "the bot token was revoked: install the app again",
    "account_inactive": "the bot token belongs to a removed app: install it again",
    "not_in_channel": "invite the bot to the channel: /invite @retune",
    "channel_not_found": "the channel does not exist or the bot cannot see it: invite it with /invite @retune",
    "is_archived": "the channel is archived: take it out of the archive, or choose another one in RETUNE_CHANNEL",
    "is_inactive": "the channel is archived: take it out of the archive, or choose another one in RETUNE_CHANNEL",
    "plan_upgrade_required": "this workspace has no user groups: name people, or a channel of approvers, instead",
    "missing_scope": "the app lacks a scope: install it again with app-manifest.yml, and allow all required scopes",
    "expired_trigger_id": "that took too long: press the button, or type the command, again",
    "exchanged_trigger_id": "that was already used: press the button, or type the command, again",
}

TS = re.compile(r"\d+\.\d+")


def fields(answer: Any) -> Mapping[str, Any]:
    """The fields of an answer; none if it is not JSON."""
    data = getattr(answer, "data", answer)
    return data if isinstance(data, Mapping) else {}


def lost(writes: bool, reason: str = "") -> ChatError:
    """The result of a call is unknown; *reason* is appended if known."""
    if writes:
        return ChatOutcomeUnknown(f"Slack's answer was lost; the message may be there.{reason}")
    return ChatBusy(f"Slack's answer was lost.{reason}")


def text_at(answer: Any, *path: str, writes: bool = False) -> str:
    """The text at a path in an answer. Raises as for a lost answer if there is none."""
    found: Any = fields(answer)
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, str) or not found:
        raise lost(writes)
    return found


def posted_at(answer: Any, thread: str | None) -> str:
    """The `ts` of a post. Raises `ChatOutcomeUnknown`, and `MessageGone` for a reply that landed outside its thread."""
    ts = text_at(answer, "ts", writes=True)
    if not TS.fullmatch(ts):
        raise lost(writes=True)
    if thread is None:
        return ts
    message = fields(answer).get("message")
    if not isinstance(message, Mapping):
        raise lost(writes=True)
    hung = message.get("thread_ts")
    if hung is None:
        raise MessageGone("The thread is gone: Slack put the reply into the channel.", stray=ts)
    if not isinstance(hung, str):
        raise lost(writes=True)
    return ts


def messages_in(answer: Any) -> list[Mapping[str, Any]]:
    """The messages of a history. Raises `ChatBusy` if there is no list of them."""
    listed = fields(answer).get("messages")
    if not isinstance(listed, list):
        raise lost(writes=False)
    return [message for message in listed if isinstance(message, Mapping) and isinstance(message.get("ts"), str)]


def about(message: Mapping[str, Any], event: str) -> Mapping[str, Any]:
    """The metadata of our messages: key and digest. Empty for any other message."""
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != event:
        return {}
    carried = metadata.get("event_payload")
    return carried if isinstance(carried, Mapping) else {}


def connections_in(frame: object) -> int:
    """Number of this app's connections, from Slack's greeting of a new one; 0 if missing."""
    if not isinstance(frame, Mapping) or frame.get("type") != "hello":
        return 0
    count = frame.get("num_connections")
    return count if isinstance(count, int) and not isinstance(count, bool) else 0


def refusal(status: int, data: Any, retry_after: str | None, *, writes: bool) -> ChatError:
    """The meaning of an answer without `ok`. *retry_after* is the header of that name."""
    body = fields(data)
    code = body.get("error")
    if status == 429 or (isinstance(code, str) and code in TRANSIENT):
        wait = retry_after or "1"
        known = code if isinstance(code, str) else None
        return ChatBusy("Slack asks to wait.", code=known, retry_after=float(wait) if wait.isdecimal() else 1.0)
    if not isinstance(code, str) or not code or code in MAY_HAVE_HAPPENED or status >= 500:
        return lost(writes)
    details = _details(body)
    needed = f" ({body.get('needed')})" if code == "missing_scope" else ""
    advice = ADVICE.get(code, details)
    text = f"Slack refuses: {code}{needed}{f', {advice}' if advice else ''}."
    if code in GONE:
        return MessageGone(text, code=code)
    if code in CLOSED:
        return ChannelClosed(text, code=code)
    if code in CONTENT or "json-pointer:/blocks" in code + details:
        return BlocksRefused(text, code=code)
    return ChatRefused(text, code=code)


def _details(body: Mapping[str, Any]) -> str:
    metadata = body.get("response_metadata")
    told = metadata.get("messages") if isinstance(metadata, Mapping) else None
    return "; ".join(str(line) for line in told[:3]) if isinstance(told, list) else ""
