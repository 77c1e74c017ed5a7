"""A thread's effect on its parent: the fields that Slack keeps on a message with replies."""

from __future__ import annotations

from typing import Any

from .cast import SLACKBOT

Json = dict[str, Any]

MARKS = ("reply_count", "reply_users", "reply_users_count", "latest_reply")
MOST_USERS = 5
"""People named in `reply_users`; `reply_users_count` counts all."""


def count(said: dict[str, Json], parent: Json) -> None:
    """Set the fields on a parent, or remove them if no reply is left."""
    replies = [m for m in said.values() if m.get("thread_ts") == parent["ts"] and m is not parent]
    if not replies:
        for key in ("thread_ts", "is_locked", "subscribed", *MARKS):
            parent.pop(key, None)
        return
    users = list(dict.fromkeys(reply["user"] for reply in replies))
    # Slack sets `thread_ts` on a parent with replies too: it alone does not make a message a reply.
    parent |= {
        "thread_ts": parent["ts"],
        "reply_count": len(replies),
        "reply_users": users[:MOST_USERS],
        "reply_users_count": len(users),
        "latest_reply": max(reply["ts"] for reply in replies),
        "is_locked": False,
        "subscribed": False,
    }


def tombstone(parent: Json) -> Json:
    """The replacement of a deleted message with replies."""
    kept = {key: parent[key] for key in ("type", "ts", "thread_ts", "is_locked", "subscribed", *MARKS)}
    told = {"subtype": "tombstone", "user": SLACKBOT, "text": "This message was deleted.", "hidden": True}
    return {**kept, **told}


def is_tombstone(message: Json) -> bool:
    """Whether a message was deleted and only its thread is left."""
    return message.get("subtype") == "tombstone"
