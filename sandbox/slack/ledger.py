"""What of Slack's Web API the local Slack covers; a test compares it with the routes."""

from __future__ import annotations

LEDGER: dict[str, str] = {
    "apps.connections.open": "supported: single-use tickets, app token only",
    "auth.test": "supported: with the x-oauth-scopes header",
    "chat.delete": "supported: own messages",
    "chat.getPermalink": "supported",
    "chat.postEphemeral": "supported",
    "chat.postMessage": "partial: text, blocks, thread_ts, metadata; no attachments, markdown_text or customised names",
    "chat.update": "supported: own messages, 4,000 characters",
    "conversations.history": "supported: pages by cursor, oldest, latest, metadata",
    "conversations.info": "supported",
    "conversations.join": "supported",
    "conversations.list": "partial: one page",
    "conversations.members": "partial: one page",
    "conversations.open": "partial: direct messages with one person",
    "conversations.replies": "supported: pages by cursor, oldest, latest, metadata",
    "files.completeUploadExternal": "supported",
    "files.getUploadURLExternal": "supported",
    "pins.add": "supported",
    "pins.remove": "supported",
    "reactions.add": "supported: any name",
    "reactions.remove": "supported",
    "team.info": "supported",
    "usergroups.list": "supported",
    "usergroups.users.list": "supported",
    "users.info": "supported",
    "users.list": "partial: one page",
    "views.open": "supported: triggers live 3 s and once",
    "views.publish": "supported: with hash",
    "views.push": "supported: three levels",
    "views.update": "supported: by id or external id, with hash",
}
"""By method: `supported`, or `partial` with what is missing. A method that is not here answers `unknown_method`."""

LEFT_OUT = {
    "HTTP delivery": "signatures and retries over HTTP are Bolt's own; the sandbox delivers by Socket Mode",
    "rate limits": "only as a fault: real limits would make tests slow",
    "OAuth": "Retune is installed by hand into one workspace",
}
"""What there is at Slack and not here, and why."""
