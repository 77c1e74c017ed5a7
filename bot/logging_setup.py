"""The log: one record is one line, whatever text it contains.

Only traceback lines follow their record, each after a bar that no record begins with. Both formats are safe on
terminals: controls, line separators and direction marks become escapes.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from bot.domain.untrusted_text import escaped
from bot.redaction import Redaction

NOISY = ("slack_sdk", "slack_bolt", "httpx", "httpcore", "apscheduler", "aiohttp", "ibm-cloud-sdk-core")
"""At debug level they log whole requests, with tokens and form values; at INFO, every request."""

BAR = "    | "
"""Starts every line of a traceback."""

LONGEST = 8000
"""Characters of a record's message at most: an id or an answer may have a million."""

AT_THE_CUT = 4000
"""Characters removed at a cut as well: half a secret would not be recognized; IBM's tokens are the longest."""

log = logging.getLogger(__name__)


def set_up(form: str, redact: Redaction) -> None:
    """Send all log records, warnings and uncaught errors to standard error, as text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(form, redact))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def formatter(form: str, redact: Redaction) -> logging.Formatter:
    """A formatter for one line per record, without secrets: `json`, or text for anything else."""
    if form != "json":
        return _Text("%(asctime)s %(levelname)-7s %(name)s: %(message)s", redact)
    from pythonjsonlogger.json import JsonFormatter

    return _Json(JsonFormatter("{asctime}{levelname}{name}{message}", style="{", json_ensure_ascii=True), redact)


class _Text(logging.Formatter):
    """Lines for people."""

    def __init__(self, form: str, redact: Redaction) -> None:
        super().__init__(form)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        record.message = _within(record.getMessage(), self._redact)
        record.asctime = self.formatTime(record)
        lines = [escaped(self._redact(self.formatMessage(record)))]
        # Another handler may have left its own `exc_text` in the record: it is never used.
        if record.exc_info:
            lines += _barred(self._redact(self.formatException(record.exc_info)))
        if record.stack_info:
            lines += _barred(self._redact(record.stack_info))
        return "\n".join(lines)


class _Json(logging.Formatter):
    """Lines for collectors: JSON in ASCII, so that they are safe on a terminal too."""

    def __init__(self, form: logging.Formatter, redact: Redaction) -> None:
        super().__init__()
        self._form = form
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        record.msg, record.args = _within(record.getMessage(), self._redact), ()
        return self._redact(self._form.format(record)).replace("\x7f", "\\u007f")


def _within(said: str, redact: Redaction) -> str:
    """As much of it as fits, and its length."""
    if len(said) <= LONGEST:
        return said
    begin = redact(said[: LONGEST + AT_THE_CUT])
    return f"{begin[: min(LONGEST, max(0, len(begin) - AT_THE_CUT))]}… ({len(said)} characters)"


def _barred(text: str) -> list[str]:
    return [f"{BAR}{escaped(line)}" for line in text.split("\n")]


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Replaces the interpreter's own output, which would print the error unmasked."""
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    log.critical("not caught: %s", kind.__name__, exc_info=(kind, error or kind(), trace))
