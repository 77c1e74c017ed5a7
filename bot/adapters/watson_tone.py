"""The audio of a probe."""

from __future__ import annotations

import io
import math
import wave
from array import array
from functools import cache

RATE = 16_000
"""Hertz: every base model accepts its own rate or a higher one, and none has a higher one."""


@cache
def one_second() -> bytes:
    """A WAV file: long enough for an answer with warnings, short enough to cost almost nothing."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        tone = (round(800 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(RATE))
        out.writeframes(array("h", tone).tobytes())
    return file.getvalue()
