"""The conversation as text: what people see, without a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from .workspace import Json, Workspace


def transcript(workspace: Workspace, user: str) -> str:
    """Every channel a person is in, with indented threads and messages only they see; times are UTC."""
    parts = []
    for channel in workspace.channels.values():
        if user not in channel.members:
            continue
        whispers = [m for m in workspace.ephemeral.get(user, []) if m["channel"] == channel.id]
        said = sorted([*workspace.messages.get(channel.id, {}).values(), *whispers], key=lambda m: str(m["ts"]))
        if not said:
            continue
        private = {m["ts"] for m in whispers}
        threads: dict[str, list[Json]] = {}
        for message in said:
            thread = message.get("thread_ts")
            threads.setdefault("" if thread in (None, message["ts"]) else str(thread), []).append(message)
        lines = [f"#{channel.name}" if channel.kind != "im" else f"direct messages of {_name(workspace, user)}"]
        for message in threads.pop("", []):
            lines += _message(workspace, message, "  ", private=message["ts"] in private)
            for reply in threads.pop(message["ts"], []):
                lines += _message(workspace, reply, "      │ ", private=reply["ts"] in private)
        for reply in (reply for orphans in threads.values() for reply in orphans):
            lines += _message(workspace, reply, "      │ ", private=reply["ts"] in private)
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _message(workspace: Workspace, message: Json, indent: str, *, private: bool) -> list[str]:
    at = datetime.fromtimestamp(float(message["ts"]), UTC)
    flags = {"only visible to you": private, "edited": "edited" in message, "pinned": message.get("pinned")}
    marks = ", ".join(mark for mark, there in flags.items() if there)
    head = f"{_name(workspace, message['user'])}  {at:%H:%M:%S}{f'  ({marks})' if marks else ''}"
    body = "\n".join(line for block in message.get("blocks") or [] if (line := _block(block)))
    text = _plain(workspace, body or message.get("text", ""))
    files = [f"[file: {file['title']}]" for file in message.get("files", ())]
    reactions = [f":{reaction['name']}: {reaction['count']}" for reaction in message.get("reactions", ())]
    below = [*text.splitlines(), *files, *(["  ".join(reactions)] if reactions else [])]
    return ["", f"{indent}{head}", *(f"{indent}  {line}" for line in below)]


def _block(block: Json) -> str:
    match block["type"]:
        case "section":
            accessory = block.get("accessory")
            fields = [field["text"] for field in block.get("fields", ())]
            text = "\n".join([block["text"]["text"], *fields] if "text" in block else fields)
            return f"{text}  {_element(accessory)}" if accessory else text
        case "header":
            return f"== {block['text']['text']} =="
        case "context":
            return " · ".join(element.get("text", element.get("alt_text", "")) for element in block["elements"])
        case "actions":
            return "  ".join(_element(element) for element in block["elements"])
        case "divider":
            return "---"
        case "image":
            return f"[picture: {block['alt_text']}]"
        case "markdown":
            return str(block["text"])
        case "rich_text":
            return "\n".join(_rich(part) for part in block["elements"])
        case "table":
            return "\n".join(" | ".join(_cell(cell) for cell in row) for row in block["rows"])
        case "input":
            return f"{block['label']['text']}: {_element(block['element'])}"
        case _:
            return f"[{block['type']}]"


def _element(element: Json) -> str:
    if element["type"] == "button":
        return f"[{element['text']['text']}]"
    return f"[{element.get('placeholder', {}).get('text') or element.get('alt_text') or element['type']}]"


def _cell(cell: Json) -> str:
    return _rich(cell) if cell["type"] == "rich_text" else _literal(str(cell.get("text", cell.get("value", ""))))


def _rich(part: Json) -> str:
    """A part of rich text; its content is literal and protected from the unescaping at the end."""
    match part["type"]:
        case "rich_text":
            return " ".join(_rich(inner) for inner in part["elements"])
        case "rich_text_list":
            return "\n".join(f"• {_rich(item)}" for item in part["elements"])
        case "user":
            return f"<@{part['user_id']}>"
        case "channel":
            return f"<#{part['channel_id']}>"
        case "usergroup":
            return f"<!subteam^{part['usergroup_id']}>"
        case "emoji":
            return f":{part['name']}:"
        case "broadcast":
            return f"@{part['range']}"
        case "text" | "link" | "date":
            return _literal(str(part.get("text") or part.get("fallback") or part.get("url") or part.get("timestamp")))
        case _:
            return "".join(_rich(inner) for inner in part.get("elements", ()))


def _literal(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(workspace: Workspace, text: str) -> str:
    def channel(found: re.Match[str]) -> str:
        known = workspace.channels.get(found[1])
        return f"#{known.name if known else found[2] or found[1]}"

    text = re.sub(r"<@(\w+)(?:\|[^>]*)?>", lambda m: f"@{_name(workspace, m[1])}", text)
    text = re.sub(r"<#(\w+)(?:\|([^>]*))?>", channel, text)
    text = re.sub(r"<!subteam\^(\w+)[^>]*>", lambda m: f"@{workspace.groups.get(m[1], {}).get('handle', m[1])}", text)
    text = re.sub(r"<!(here|channel|everyone)[^>]*>", r"@\1", text)
    text = re.sub(r"<!date\^(\d+)\^[^|>]*\|([^>]*)>", r"\2", text)
    text = re.sub(r"<(?:https?://|mailto:)[^|>]+\|([^>]*)>", r"\1", text)
    text = re.sub(r"<((?:https?://|mailto:)[^|>]+)>", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _name(workspace: Workspace, user: str) -> str:
    return workspace.people[user].real_name if user in workspace.people else user
