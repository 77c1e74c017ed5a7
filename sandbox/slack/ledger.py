"""Coverage of Slack's Web API; a test compares it with the routes."""

from __future__ import annotations

LEDGER: dict[str, str] = {
    "apps.connections.open": "supported: single-use tickets, app token only",
    "auth.test": "supported: with the x-oauth-scopes header",
    "chat.delete": "supported: own messages",
    "chat.getPermalink": "supported",
    "chat.postEphemeral": "supported",
    "chat.postMessage": "partial: text, blocks, thread_ts, metadata; attachments, markdown_text, reply_broadcast and "
    "customised names are refused",
    "chat.update": "supported: own messages, 4,000 characters",
    "conversations.history": "supported: by cursor, oldest, latest, inclusive, metadata",
    "conversations.info": "supported",
    "conversations.join": "supported",
    "conversations.list": "supported: public, private and direct, by cursor",
    "conversations.members": "supported: by cursor",
    "conversations.open": "partial: direct messages with one person",
    "conversations.replies": "supported: by cursor, oldest, latest, inclusive, metadata",
    "files.completeUploadExternal": "supported",
    "files.getUploadURLExternal": "supported",
    "pins.add": "supported",
    "pins.remove": "supported",
    "reactions.add": "supported: any well-formed name",
    "reactions.remove": "supported",
    "team.info": "supported",
    "usergroups.list": "supported",
    "usergroups.users.list": "supported",
    "users.info": "supported",
    "users.list": "supported: by cursor",
    "views.open": "supported: triggers live 3 s and once",
    "views.publish": "supported: with hash",
    "views.push": "supported: three levels",
    "views.update": "supported: by id or external id, with hash",
}
"""By method: `supported`, or `partial` with what is missing. A method that is not here answers `unknown_method`."""

LEFT_OUT = {
    "HTTP delivery": "signatures and retries over HTTP are Bolt's own; the sandbox delivers by Socket Mode",
    "rate limits of response_urls": "five uses are as many as a burst allows",
    "response_urls of a submission": "a conversations select with response_url_enabled gives none",
    "an Enterprise Grid's own fields": "payloads say that the workspace is in none; one person has `enterprise_user`",
    "download of pictures": "hosts that Slack cannot reach are refused, every other address counts as a picture",
    "commands out of reach": "Slack offers no commands to people of other companies; here theirs arrive, to be refused",
    "OAuth": "Retune is installed by hand into one workspace",
}
"""Features of Slack that are missing here, and why."""
