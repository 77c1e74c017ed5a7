"""The audio of a recognition request: the body itself, or files in a form behind their description.

http.md: the first part of the form is `metadata`, a JSON object with what is otherwise in query parameters; each
`upload` after it is a file, all of one format, `part_content_type`. The results come in the order of the files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader

from sandbox.watson.exchange import Exchange
from sandbox.watson.failures import Refused
from sandbox.watson.resources import JSON

_METADATA = """
    part_content_type data_parts_count customization_weight inactivity_timeout keywords keywords_threshold
    max_alternatives word_alternatives_threshold word_confidence timestamps profanity_filter smart_formatting
    smart_formatting_version speaker_labels grammar_name redaction audio_metrics end_of_phrase_silence_time
    split_transcript_at_phrase_end speech_detector_sensitivity sad_module background_audio_suppression low_latency
    character_insertion_bias
"""
_KNOWN = frozenset(_METADATA.split())


@dataclass(slots=True)
class Sent:
    """The *files* of a request, their *content_type*, and the *settings* sent with them.

    *unknown* are undocumented names in the metadata.
    """

    content_type: str
    settings: dict[str, Any]
    files: list[bytes] = field(default_factory=list)
    unknown: tuple[str, ...] = ()


async def sent_audio(x: Exchange) -> Sent:
    """The audio of the request. Raises `Refused` for a form that is not as documented."""
    if x.request.content_type != "multipart/form-data":
        header = x.request.headers.get("Content-Type", "application/octet-stream")
        return Sent(header, dict(x.query), [await x.request.read()])
    sent: Sent | None = None
    try:
        async for part in await x.request.multipart():
            if not isinstance(part, BodyPartReader):
                raise Refused("invalid_form", why="a part is a form itself")
            content = bytes(await part.read(decode=True))
            if sent is None:
                sent = _described(x, part.name, content)
            elif part.name == "upload":
                sent.files.append(content)
            else:
                raise Refused("invalid_form", why=f"after the metadata each part is an upload, not {part.name}")
    except ValueError as error:
        raise Refused("invalid_form", why=str(error)) from error
    if sent is None or not sent.files:
        raise Refused("invalid_form", why="it needs metadata and at least one upload")
    count = sent.settings.get("data_parts_count")
    if count is not None and count != len(sent.files):
        raise Refused("invalid_form", why=f"data_parts_count is {count}, and there are {len(sent.files)} uploads")
    return sent


def _described(x: Exchange, name: str | None, content: bytes) -> Sent:
    if name != "metadata":
        raise Refused("invalid_form", why="the first part must be the metadata")
    try:
        metadata: JSON = json.loads(content)
    except ValueError as error:
        raise Refused("invalid_json", why=str(error)) from error
    kind = metadata.get("part_content_type", "application/octet-stream") if isinstance(metadata, dict) else None
    if not isinstance(kind, str):
        raise Refused("invalid_json", why="an object is expected, whose part_content_type is a text")
    return Sent(kind, dict(x.query) | metadata, unknown=tuple(one for one in metadata if one not in _KNOWN))
