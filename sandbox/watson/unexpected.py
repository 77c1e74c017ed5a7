"""Unknown query parameters: the request succeeds with a warning."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.watson.ledger import Entry
from sandbox.watson.resources import JSON

CODE = "unexpected_parameters"
"""The code of the warning among those of a training; ours, no source shows one."""


def warned(entry: Entry, body: JSON, unknown: Sequence[str]) -> JSON:
    """*body*, the answer to a customization call, with a warning of *unknown* if its class has a field for one.

    A custom model has one string, a list of models one on each, the answer to a training one in its array; corpora,
    words, grammars and audio have no field for it.
    """
    text = f"Unexpected query parameter(s) {list(unknown)} detected"
    match entry.answer:
        case "LanguageModels" | "AcousticModels":
            return {"customizations": [one | {"warnings": text} for one in body["customizations"]]}
        case "LanguageModel" | "AcousticModel" | "":
            return body | {"warnings": text}
        case "TrainingResponse":
            return {"warnings": [*body.get("warnings", ()), {"code": CODE, "message": text}]}
    return body
