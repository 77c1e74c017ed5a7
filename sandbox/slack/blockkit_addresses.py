"""Addresses in blocks: invalid ones, and pictures that Slack could not fetch.

Slack downloads every picture when a message or view is sent. Nothing is downloaded here: an address counts as reachable
unless its host or ending shows that Slack could not get a picture there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from .blockkit_checks import Json, at

_LINKS = frozenset({"url", "title_url", "video_url"})
_PICTURES = frozenset({"image_url", "thumbnail_url", "provider_icon_url"})
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "slack"})
_NOT_PUBLIC = (".localhost", ".local", ".internal", ".invalid", ".test", ".example")
_NO_PICTURES = frozenset({".svg", ".pdf", ".html", ".htm", ".txt", ".json"})


def check_addresses(blocks: list[Any], files: Mapping[str, Json], pointer: str = "/blocks") -> list[str]:
    """Every address that Slack would refuse, in Slack's words; *files* are the workspace's own, by id.

    The blocks themselves must be valid. Links in rich text are only text and are not checked.
    """
    faults = []
    for where, key, value in _found(blocks, pointer):
        if key == "slack_file":
            if not _is_picture(value, files):
                faults.append(at(where, "invalid slack file"))
        elif not _is_url(value, pictures=key in _PICTURES):
            faults.append(at(where, "invalid url"))
        elif key in _PICTURES and not _reachable(value):
            faults.append(at(where, "downloading image failed"))
    return faults


def _found(value: Any, pointer: str) -> Iterator[tuple[str, str, Any]]:
    """`(pointer, key, value)` of every address and file."""
    if isinstance(value, list):
        for index, held in enumerate(value):
            yield from _found(held, f"{pointer}/{index}")
    elif isinstance(value, dict) and value.get("type") != "rich_text":
        for key, held in value.items():
            if key == "slack_file" or (key in _LINKS | _PICTURES and isinstance(held, str)):
                yield f"{pointer}/{key}", key, held
            else:
                yield from _found(held, f"{pointer}/{key}")


def _is_url(text: str, *, pictures: bool) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in _SCHEMES or any(character.isspace() for character in text):
        return False
    if parts.scheme in ("http", "https"):
        return bool(parts.hostname)
    return not pictures and bool(parts.path or parts.netloc)


def _reachable(url: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    try:
        return ip_address(host).is_global
    except ValueError:
        pass
    if "." not in host or host.endswith(_NOT_PUBLIC):
        return False
    # Slack's own files need a token, which its downloader does not send.
    if host == "slack.com" or host.endswith(".slack.com"):
        return False
    return PurePosixPath(parts.path).suffix.lower() not in _NO_PICTURES


def _is_picture(named: Json, files: Mapping[str, Json]) -> bool:
    """Whether a file was completely uploaded and is a picture."""
    shared = [file for file in files.values() if "url_private" in file]
    wanted = [file for file in shared if named in ({"id": file["id"]}, {"url": file["url_private"]})]
    return bool(wanted) and str(wanted[0]["mimetype"]).startswith("image/")
