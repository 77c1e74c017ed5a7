"""What the service detects in audio: type, sampling rate and length."""

from __future__ import annotations

import io
import re
import tarfile
import wave
import zipfile
from collections.abc import Iterator

from sandbox.watson.resources import JSON, Audio

_CODECS = "alaw basic flac g729 l16 mp3 mpeg mulaw ogg wav webm"

AUDIO_TYPES = frozenset({"application/octet-stream", *(f"audio/{codec}" for codec in _CODECS.split())})
"""Content types of recognition; if missing or `application/octet-stream`, the service detects the type."""

NEED_RATE = frozenset({"audio/alaw", "audio/l16", "audio/mulaw"})
"""Content types that must give the sampling rate: `audio/l16;rate=16000`."""

_BYTES_PER_SECOND = {"audio/l16": 32_000, "audio/mulaw": 8_000, "audio/alaw": 8_000, "audio/basic": 8_000}
_COMPRESSED = 16_000
_RATE = re.compile(r"rate=(\d+)")


class NoAudio(ValueError):
    """The bytes are not what their content type says."""


def wav_facts(body: bytes) -> tuple[int, float]:
    """Sampling rate in Hz and length in seconds of a WAV file. Raises `NoAudio`."""
    try:
        with wave.open(io.BytesIO(body)) as file:
            return file.getframerate(), file.getnframes() / file.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError) as error:
        raise NoAudio(str(error) or "it ends too early") from error


def is_wav(body: bytes, content_type: str) -> bool:
    """Whether *body* is, or claims to be, a WAV file."""
    return content_type == "audio/wav" or body[:4] == b"RIFF"


def stated_rate(header: str) -> int | None:
    """The sampling rate that a Content-Type header gives, in Hz."""
    found = _RATE.search(header)
    return int(found.group(1)) if found else None


def measure(name: str, body: bytes, header: str, *, least: int, contained: str = "") -> Audio:
    """The audio resource of *body*; unreadable audio is `invalid` after its analysis.

    So is audio below *least* Hz, the rate of the base. *header* is its Content-Type; *contained* is that of all files
    in an archive, if their names do not tell.
    """
    content_type = header.partition(";")[0].strip().lower()
    if content_type in ("application/zip", "application/gzip"):
        return _archive(name, body, content_type, contained, least)
    try:
        seconds, details = _single(body, content_type)
    except NoAudio:
        return Audio(name, 0.0, {"type": "undetermined"}, broken=True)
    rate = details.get("frequency") or stated_rate(header)
    return Audio(name, seconds, details, broken=rate is not None and rate < least)


def _single(body: bytes, content_type: str) -> tuple[float, JSON]:
    if is_wav(body, content_type):
        rate, seconds = wav_facts(body)
        return seconds, {"type": "audio", "codec": "pcm_s16le", "frequency": rate}
    if len(body) < 100 or content_type not in AUDIO_TYPES:
        raise NoAudio("too short, or no audio")
    codec = content_type.removeprefix("audio/")
    return len(body) / _BYTES_PER_SECOND.get(content_type, _COMPRESSED), {"type": "audio", "codec": codec}


def _archive(name: str, body: bytes, content_type: str, contained: str, least: int) -> Audio:
    details = {"type": "archive", "compression": content_type.removeprefix("application/")}
    try:
        files = [
            measure(one, held, contained or f"audio/{one.rpartition('.')[2]}", least=least)
            for one, held in _contents(body, content_type)
        ]
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError):
        return Audio(name, 0.0, {"type": "undetermined"}, broken=True)
    sound = sum(one.seconds for one in files if not one.broken)
    return Audio(name, sound, details, files=files, broken=all(one.broken for one in files))


def _contents(body: bytes, content_type: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files in an archive."""
    if content_type == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            yield from ((one, archive.read(one)) for one in archive.namelist() if not one.endswith("/"))
        return
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as packed:
        for member in packed:
            if (held := packed.extractfile(member)) is not None:
                yield member.name, held.read()
