"""Removes secrets from all output: the log, crashes, and the command line.

At debug level, libraries log headers, bodies and addresses. Known secrets are removed in every form they may have
there; tokens that Slack and IBM issue at run time are recognized by their shape.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any
from urllib.parse import quote, quote_plus

from bot.domain.untrusted_text import escaped
from bot.network import masked
from bot.secret import MASK

SHORTEST = 6
"""Characters. Shorter secrets may be ordinary words; they are masked only after their name."""

_TOKENS = re.compile(
    r"\bx(?:ox[a-z](?:\.xox[a-z])?|app)-[\w-]{4,}"  # Slack's
    r"|\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"  # IBM's: JSON Web Tokens
    r"|(?<=hooks\.slack\.com/)[^\s\"'\\<>]+"  # with this address, anyone can answer
    r"|(?<=hooks\.slack-gov\.com/)[^\s\"'\\<>]+"
)
_SCHEMES = re.compile(r"\b(Bearer|Basic) +[\w+/=.~-]{16,}")
_NAMED = re.compile(
    r"(?i)((?<![A-Z0-9_])(?:api_?key|password|client_secret|signing_secret|(?:access_|refresh_|bearer_)?token|ticket"
    r"|response_url|upload_url|trigger_id)(?:\\*[\"']\s*:|\s*=)\s*(?:\\*[\"'])?)[^\s\"'\\&,;)}\]]{3,}"
)


class Redaction:
    """Removes secrets from text. *learn* adds secrets."""

    def __init__(self) -> None:
        self._known: re.Pattern[str] | None = None

    def learn(self, secrets: Iterable[str]) -> None:
        """Remove these too from now on."""
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        if forms:  # longest first: one may begin another
            self._known = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))

    def __call__(self, text: str) -> str:
        """*text* with a mask for each secret."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        text = _NAMED.sub(rf"\1{MASK}", _SCHEMES.sub(rf"\1 {MASK}", _TOKENS.sub(MASK, text)))
        return masked(text)

    def guard(self) -> None:
        """Mask the output of errors that end the process or a thread, or can't be caught."""

        def crashed(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
            lines = self("".join(traceback.format_exception(kind, error, trace))).split("\n")
            sys.stderr.write("\n".join(map(escaped, lines)))

        def uncaught(told: Any) -> None:
            crashed(told.exc_type, told.exc_value, told.exc_traceback)

        sys.excepthook = crashed
        threading.excepthook = sys.unraisablehook = uncaught


def _forms(secret: str) -> Iterator[str]:
    """The forms it may have: in an address, in JSON, in `repr`, and in base64 after any prefix."""
    yield from (secret, quote(secret, safe=""), quote(secret), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    yield from (json.dumps(json.dumps(secret)[1:-1])[1:-1], secret.encode().hex())
    for before in range(3):
        # Three bytes are four characters: drop those that contain bits of neighbouring bytes.
        coded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        sure = coded[(0, 2, 3)[before] : len(coded) - 1]
        yield from (sure, sure.translate(str.maketrans("+/", "-_")))
