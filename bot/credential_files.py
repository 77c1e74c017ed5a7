"""The files with credentials: `.env`, IBM's credentials file, and files named by settings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ibm_cloud_sdk_core.utils import read_external_sources

from bot import private

DOTENV = Path(".env")
IBMS = "ibm-credentials.env"


def warnings(instances: Iterable[str], dotenv: Path | None = DOTENV) -> list[str]:
    """Those that others can read or change, and the command to fix it: one sentence each."""
    found = (private.readable(path) for path in _files(instances, dotenv, os.environ))
    return [warning for warning in found if warning]


def _files(instances: Iterable[str], dotenv: Path | None, environ: Mapping[str, str]) -> Iterator[Path]:
    if dotenv is not None:
        yield dotenv
    if (named := environ.get("IBM_CREDENTIALS_FILE")) is not None:
        yield Path(named)
    else:  # the first that exists, as in IBM's SDK
        yield from [path for path in (Path(IBMS), Path.home() / IBMS) if path.is_file()][:1]
    for name in instances:
        if token := read_external_sources(name).get("CR_TOKEN_FILENAME"):
            yield Path(token)
