"""What leaves the process as text, without secrets: the log, crashes, and what the command line prints.

Libraries log headers, bodies and addresses when asked for more. What we know is taken out in every form in which it may
appear there; what Slack and IBM give while we run is known by its shape.
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

from bot.domain.foreign_text import escaped
from bot.network import masked
from bot.secret import MASK

SHORTEST = 6
"""Characters. What is shorter is a word of other sentences as well; it is masked where its name stands before it."""

_TOKENS = re.compile(
    r"\bx(?:ox[a-z](?:\.xox[a-z])?|app)-[\w-]{4,}"  # Slack's
    r"|\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"  # IBM's: JSON Web Tokens
    r"|(?<=hooks\.slack\.com/)[^\s\"'\\<>]+"  # who has the address of an answer can answer
    r"|(?<=hooks\.slack-gov\.com/)[^\s\"'\\<>]+"
)
_SCHEMES = re.compile(r"\b(Bearer|Basic) +[\w+/=.~-]{16,}")
_NAMED = re.compile(
    r"(?i)((?<![A-Z0-9_])(?:api_?key|password|client_secret|signing_secret|(?:access_|refresh_|bearer_)?token|ticket"
    r"|response_url|upload_url|trigger_id)(?:\\*[\"']\s*:|\s*=)\s*(?:\\*[\"'])?)[^\s\"'\\&,;)}\]]{3,}"
)


class Redaction:
    """Takes secrets out of text. *learn* tells which there are."""

    def __init__(self) -> None:
        self._known: re.Pattern[str] | None = None

    def learn(self, secrets: Iterable[str]) -> None:
        """From now on these are taken out too."""
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        if forms:  # the longest first: one may be the beginning of another
            self._known = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))

    def __call__(self, text: str) -> str:
        """*text*, with a mask for each secret."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        text = _NAMED.sub(rf"\1{MASK}", _SCHEMES.sub(rf"\1 {MASK}", _TOKENS.sub(MASK, text)))
        return masked(text)

    def guard(self) -> None:
        """What ends the process or a thread, and what nobody could catch, is printed through this."""

        def crashed(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
            lines = self("".join(traceback.format_exception(kind, error, trace))).split("\n")
            sys.stderr.write("\n".join(map(escaped, lines)))

        def uncaught(told: Any) -> None:
            crashed(told.exc_type, told.exc_value, told.exc_traceback)

        sys.excepthook = crashed
        threading.excepthook = sys.unraisablehook = uncaught


def _forms(secret: str) -> Iterator[str]:
    """How it may be written: in an address, in JSON, in `repr`, and in base64 behind whatever stands before it."""
    yield from (secret, quote(secret, safe=""), quote(secret), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    yield from (json.dumps(json.dumps(secret)[1:-1])[1:-1], secret.encode().hex())
    for before in range(3):
        # Three bytes are four characters: those that other bytes have a part in are left out.
        coded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        sure = coded[(0, 2, 3)[before] : len(coded) - 1]
        yield from (sure, sure.translate(str.maketrans("+/", "-_")))
