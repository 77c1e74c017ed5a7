"""What a thread does to its parent: the marks that Slack keeps on a message with replies."""

from __future__ import annotations

from typing import Any

from .cast import SLACKBOT

Json = dict[str, Any]

MARKS = ("reply_count", "reply_users", "reply_users_count", "latest_reply")
MOST_USERS = 5
"""People whom `reply_users` names; `reply_users_count` counts all."""


def count(said: dict[str, Json], parent: Json) -> None:
    """Puts the marks on a parent, or takes them away where no reply is left."""
    replies = [m for m in said.values() if m.get("thread_ts") == parent["ts"] and m is not parent]
    if not replies:
        for key in ("thread_ts", "is_locked", "subscribed", *MARKS):
            parent.pop(key, None)
        return
    users = list(dict.fromkeys(reply["user"] for reply in replies))
    # Slack marks the parent too once it has a thread: `thread_ts` alone does not make a message a reply.
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
    """What stands in the place of a deleted message with replies."""
    kept = {key: parent[key] for key in ("type", "ts", "thread_ts", "is_locked", "subscribed", *MARKS)}
    told = {"subtype": "tombstone", "user": SLACKBOT, "text": "This message was deleted.", "hidden": True}
    return {**kept, **told}


def is_tombstone(message: Json) -> bool:
    """Whether a message was deleted and only its thread lives on."""
    return message.get("subtype") == "tombstone"
