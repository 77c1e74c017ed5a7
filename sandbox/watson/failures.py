"""All refusals of the service: status and text, and how certain they are.

IBM documents few of them (custom-upgrade.md "Upgrade failures", language-create.md, acoustic-create.md). Undocumented
statuses and texts are our choice; `Answers.change` sets another, to test a client with each possibility.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType


class Certainty(StrEnum):
    """The source of an answer."""

    DOCUMENTED = "documented"
    """The status and its meaning are in IBM's documentation (the text if IBM quotes one)."""
    SEEN = "seen"
    """Read in public code or issue threads; may be years old."""
    ASSUMED = "assumed"
    """Ours: the documentation says only that the request fails, or nothing."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """HTTP *status* and *text* of the `error` field; *text* may hold `{placeholders}`.

    *status* 200 means: the request is accepted with an empty body and changes nothing.
    """

    status: int
    text: str
    certainty: Certainty = Certainty.ASSUMED


class Refused(Exception):
    """The service refuses a request; *name* is a key of `DEFAULTS`, *details* fill the text's placeholders."""

    def __init__(self, name: str, /, **details: object) -> None:
        super().__init__(name)
        self.name = name
        self.details = details


_DOC, _SEEN, _OURS = Certainty.DOCUMENTED, Certainty.SEEN, Certainty.ASSUMED

DEFAULTS: Mapping[str, Refusal] = MappingProxyType(
    {
        # Any call
        "unauthorized": Refusal(401, "Unauthorized", _SEEN),
        "forbidden": Refusal(403, "Forbidden", _SEEN),
        "unknown_model": Refusal(401, "Unauthorized", _SEEN),
        "malformed_id": Refusal(400, "Malformed GUID: '{id}'", _SEEN),
        "no_such_path": Refusal(404, "No such child resource.", _SEEN),
        "no_such_method": Refusal(405, "Method Not Allowed", _OURS),
        "not_played": Refusal(501, "The local Speech to Text service does not have this call: {why}", _OURS),
        "lite_plan": Refusal(
            400,
            "This feature is not available for the Bluemix Lite plan. "
            "Please upgrade to a paid plan to activate this feature: {url}",
            _SEEN,
        ),
        "invalid_parameter": Refusal(400, "Invalid value for parameter '{name}': {value}", _OURS),
        "invalid_json": Refusal(400, "The request body is not valid JSON: {why}", _OURS),
        "invalid_form": Refusal(400, "The request body is not a valid form: {why}", _OURS),
        # Bases
        "unknown_base": Refusal(404, "Model {base} not found", _OURS),
        # Creating
        "invalid_name": Refusal(400, "Invalid name: {why}", _OURS),
        "name_taken": Refusal(400, "A custom model with the name '{name}' already exists", _OURS),
        "invalid_description": Refusal(400, "The description must not exceed 128 characters", _OURS),
        "invalid_dialect": Refusal(400, "The dialect '{dialect}' does not match the base model {base}", _OURS),
        "not_customizable": Refusal(400, "Customization is not supported for the base model {base}", _OURS),
        "too_many_models": Refusal(400, "The maximum of 1024 custom models is reached", _OURS),
        # Upgrading: custom-upgrade.md gives the cases, but neither codes nor texts except one
        "busy": Refusal(409, "The custom model is currently busy with another request", _OURS),
        "wrong_status": Refusal(400, "The custom model must be ready or available, but is {status}", _OURS),
        "no_data": Refusal(400, "The custom model contains no data", _OURS),
        "language_model_behind": Refusal(
            400, "The custom acoustic and language models are based on different versions of the base model", _OURS
        ),
        "nothing_modified": Refusal(400, "No input data modified since last training", _DOC),
        "improved_base": Refusal(400, "Custom models on {base} are upgraded by training", _OURS),
        "already_newest": Refusal(200, "", _OURS),
        "must_recreate": Refusal(400, "The custom model must be re-created: {version} cannot be upgraded", _OURS),
        "base_gone": Refusal(400, "The base model {base} is no longer available", _OURS),
        # Training: 400 with status failed is documented, texts are not
        "invalid_resources": Refusal(400, "The custom model contains invalid resources: {names}", _OURS),
        "too_little_audio": Refusal(400, "At least 10 minutes of audio are needed; there are {minutes}", _OURS),
        "too_much_audio": Refusal(400, "At most {hours} hours of audio are allowed", _OURS),
        "language_model_unusable": Refusal(400, "The custom language model is not available", _OURS),
        "language_model_other_base": Refusal(
            400, "The custom language model is not based on the same version of the same base model", _OURS
        ),
        # Resources
        "unknown_resource": Refusal(400, "Invalid value for {kind} name: '{name}' does not exist", _SEEN),
        "resource_exists": Refusal(400, "'{name}' already exists. Set allow_overwrite to true to replace it", _OURS),
        "reserved_name": Refusal(400, "'{name}' cannot be used as the name of a resource", _OURS),
        "corpus_type": Refusal(415, "Invalid corpus content type. Please use 'text/plain'.", _SEEN),
        "grammar_type": Refusal(
            415, "Invalid grammar content type. Please use 'application/srgs' or 'application/srgs+xml'.", _OURS
        ),
        "too_long_name": Refusal(400, "The name of a resource has at most 128 characters", _OURS),
        "no_grammars": Refusal(400, "Grammars are not supported for the base model {base}", _OURS),
        "too_many_words": Refusal(400, "A custom model can have at most {most} words", _OURS),
        "invalid_word": Refusal(400, "Invalid word '{word}': {why}", _OURS),
        # Recognition
        "language_model_not_trained": Refusal(
            400,
            "Requested custom language model is not available. Please make sure the custom model is trained.",
            _SEEN,
        ),
        "acoustic_model_not_trained": Refusal(
            400,
            "Requested custom acoustic model is not available. Please make sure the custom model is trained.",
            _OURS,
        ),
        "other_base": Refusal(400, "The custom model is based on {custom}, but the request uses {base}", _OURS),
        "weight_alone": Refusal(400, "Cannot specify customization weight when not using customization.", _SEEN),
        "grammar_alone": Refusal(400, "A grammar needs the custom language model that it belongs to", _OURS),
        "audio_too_short": Refusal(400, "The audio has {size} bytes but needs at least 100 bytes", _OURS),
        "audio_rate": Refusal(400, "The sampling rate {rate} is below {minimum}, which {base} needs", _OURS),
        "audio_type": Refusal(415, "Unsupported media type: {type}", _OURS),
        "no_audio": Refusal(400, "The audio is not what its Content-Type says: {why}", _OURS),
        "unknown_version": Refusal(400, "The base model version '{version}' is not available", _OURS),
        "no_common_version": Refusal(400, "The custom models share no version of the base model", _OURS),
        "recognition_recreate": Refusal(400, "The custom model must be re-created: {version} is not supported", _DOC),
    }
)


class Answers:
    """The refusals in force: `DEFAULTS`, except what a test or an operator of the sandbox changed."""

    def __init__(self) -> None:
        self._changed: dict[str, Refusal] = {}

    def change(self, name: str, status: int, text: str = "") -> None:
        """Answer *name* with *status* and *text* from now on; status 200 accepts the request without effect.

        Raises `KeyError` for a name that is not in `DEFAULTS`.
        """
        self._changed[name] = Refusal(status, text or DEFAULTS[name].text, DEFAULTS[name].certainty)

    def of(self, refused: Refused) -> tuple[int, dict[str, object]]:
        """Status and JSON body for *refused*."""
        found = self._changed.get(refused.name) or DEFAULTS[refused.name]
        if found.status < 300:
            return found.status, {}
        text = found.text.format_map(refused.details)
        return found.status, {"code": found.status, "code_description": _phrase(found.status), "error": text}


@dataclass(slots=True)
class Assumptions:
    """The service's choices where its documentation is silent or contradictory.

    Defaults follow the documentation, or else the reading that is hardest for a client.
    """

    unmodified_training_fails: bool = True
    """A training refused because nothing was modified sets the status `failed`: acoustic-create.md and
    language-create.md say so of every 400; public scripts treat it as harmless."""
    same_definition_counts: bool = True
    """Adding a word with the definition it already has moves the model to `ready` ("Any change that you make")."""
    empty_model_shows_versions: bool = True
    """A model without data shows `versions`."""
    training_extends_versions: bool = True
    """Training on an improved base appends the newest version to `versions`."""
    changed_model_recognizes: bool = False
    """Recognition accepts a model that was trained and then changed; language-use.md says to wait for `available`."""
    cluster_honours_force: bool = False
    """Cloud Pak for Data honours `force` on training; the documentation says IBM Cloud only."""
    equal_names: bool = True
    """Models of one owner may have the same name: IBM's own test data shows it, its texts ask for unique ones."""
    word_errors_named: bool = False
    """An error of a word is `{sounds-like: message}`, as language-resource.md shows it, and not `{"element": …}`, as
    IBM's SDK has it."""
    bases_change_places: bool = False
    """The list of base models comes in another order each time, which IBM reserves the right to."""
    acoustic_error: bool = False
    """An acoustic model shows an `error` after a failure, as was seen; its schema has no such field."""


def _phrase(status: int) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return "No Such Resource"
    return HTTPStatus(status).phrase
