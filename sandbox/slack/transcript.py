"""The conversation as text: what people would see, without a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from .workspace import Json, Workspace


def transcript(workspace: Workspace, user: str) -> str:
    """Every channel that a person is in, threads indented, with what only they see."""
    parts = []
    for channel in workspace.channels.values():
        if user not in channel.members:
            continue
        messages = workspace.messages.get(channel.id, {}).values()
        whispers = [m for m in workspace.ephemeral.get(user, []) if m["channel"] == channel.id]
        if not messages and not whispers:
            continue
        lines = [f"#{channel.name}" if channel.kind != "im" else f"direct messages of {_name(workspace, user)}"]
        roots = [m for m in messages if m.get("thread_ts") in (None, m["ts"])]
        for message in sorted([*roots, *whispers], key=lambda m: m["ts"]):
            lines += _message(workspace, message, "  ", private=message in whispers)
            replies = [m for m in messages if m.get("thread_ts") == message["ts"] and m is not message]
            for reply in sorted(replies, key=lambda m: m["ts"]):
                lines += _message(workspace, reply, "      │ ", private=False)
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _message(workspace: Workspace, message: Json, indent: str, *, private: bool) -> list[str]:
    at = datetime.fromtimestamp(float(message["ts"]), UTC)
    marks = [mark for mark, there in (("only visible to you", private), ("edited", "edited" in message)) if there]
    head = f"{_name(workspace, message['user'])}  {at:%H:%M:%S}{f'  ({chr(44).join(marks)})' if marks else ''}"
    body = "\n".join(line for block in message.get("blocks") or [] if (line := _block(block)))
    text = _plain(workspace, body or message.get("text", ""))
    return ["", f"{indent}{head}", *(f"{indent}  {line}" for line in text.splitlines())]


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
        case _:
            return f"[{block['type']}]"


def _element(element: Json) -> str:
    if element["type"] == "button":
        return f"[{element['text']['text']}]"
    return f"[{element['type']}]"


def _plain(workspace: Workspace, text: str) -> str:
    text = re.sub(r"<@(\w+)(?:\|[^>]*)?>", lambda m: f"@{_name(workspace, m[1])}", text)
    text = re.sub(r"<#(\w+)(?:\|([^>]*))?>", lambda m: f"#{workspace.channels[m[1]].name}", text)
    text = re.sub(r"<!subteam\^(\w+)>", lambda m: f"@{workspace.groups[m[1]]['handle']}", text)
    text = re.sub(r"<!date\^(\d+)\^[^|>]*\|([^>]*)>", r"\2", text)
    text = re.sub(r"<(https?://[^|>]+)\|([^>]*)>", r"\2", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _name(workspace: Workspace, user: str) -> str:
    return workspace.people[user].real_name if user in workspace.people else user
