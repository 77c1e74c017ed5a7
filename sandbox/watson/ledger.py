"""All documented calls of the service: whether they are covered, and their query parameters.

A parameter that is not listed for a call is unknown to the service: the request succeeds with a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sandbox.watson.bases import Deployment


class Support(StrEnum):
    """How much of a call is covered."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. *operation* is its name in IBM's SDK, *answer* the SDK's class for the answer.

    *answer* is empty if there is none; *cloud_only* are parameters that clusters do not know.
    """

    operation: str
    method: str
    path: str
    answer: str
    query: frozenset[str]
    cloud_only: frozenset[str]
    support: Support
    reason: str

    def parameters(self, deployment: Deployment) -> frozenset[str]:
        """The query parameters that the service knows there."""
        return self.query if deployment == "cloud" else self.query - self.cloud_only

    def __str__(self) -> str:
        return self.operation

    @property
    def customization(self) -> bool:
        """Whether it belongs to the customization interface, which the Lite plan does not have."""
        return self.path.startswith(("/v1/customizations", "/v1/acoustic_customizations"))


_LM = "/v1/customizations"
_ONE_LM = f"{_LM}/{{customization_id}}"
_AM = "/v1/acoustic_customizations"
_ONE_AM = f"{_AM}/{{customization_id}}"

_RECOGNIZE = (
    "model language_customization_id customization_id acoustic_customization_id base_model_version "
    "customization_weight inactivity_timeout keywords keywords_threshold max_alternatives "
    "word_alternatives_threshold word_confidence timestamps profanity_filter smart_formatting "
    "smart_formatting_version speaker_labels grammar_name redaction audio_metrics end_of_phrase_silence_time "
    "split_transcript_at_phrase_end speech_detector_sensitivity sad_module background_audio_suppression "
    "low_latency character_insertion_bias speech_begin_event enrichments parameter_set"
)
_ASYNCHRONOUS = "asynchronous recognition is no part of upgrading custom models"


def _whole(operation: str, method: str, path: str, answer: str, query: str = "", cloud_only: str = "") -> Entry:
    names = frozenset(query.split()) | frozenset(cloud_only.split())
    return Entry(operation, method, path, answer, names, frozenset(cloud_only.split()), Support.SUPPORTED, "")


def _partly(operation: str, method: str, path: str, answer: str, reason: str, query: str = "") -> Entry:
    return Entry(operation, method, path, answer, frozenset(query.split()), frozenset(), Support.PARTIAL, reason)


def _absent(operation: str, method: str, path: str, reason: str) -> Entry:
    return Entry(operation, method, path, "", frozenset(), frozenset(), Support.LEFT_OUT, reason)


LEDGER: tuple[Entry, ...] = (
    _whole("list_models", "GET", "/v1/models", "SpeechModels"),
    _whole("get_model", "GET", "/v1/models/{model_id}", "SpeechModel"),
    _partly(
        "recognize",
        "POST",
        "/v1/recognize",
        "SpeechRecognitionResults",
        "the transcript is made up, one result for each file; versions, custom models, refusals and warnings are real",
        _RECOGNIZE,
    ),
    _whole("list_language_models", "GET", _LM, "LanguageModels", "language"),
    _whole("create_language_model", "POST", _LM, "LanguageModel"),
    _whole("get_language_model", "GET", _ONE_LM, "LanguageModel"),
    _whole("delete_language_model", "DELETE", _ONE_LM, ""),
    _whole(
        "train_language_model",
        "POST",
        f"{_ONE_LM}/train",
        "TrainingResponse",
        "word_type_to_add customization_weight strict",
        cloud_only="force",
    ),
    _whole("reset_language_model", "POST", f"{_ONE_LM}/reset", ""),
    _whole("upgrade_language_model", "POST", f"{_ONE_LM}/upgrade_model", ""),
    _whole("list_corpora", "GET", f"{_ONE_LM}/corpora", "Corpora"),
    _partly(
        "add_corpus",
        "POST",
        f"{_ONE_LM}/corpora/{{corpus_name}}",
        "",
        "out-of-vocabulary words are guessed by capitals and digits",
        "allow_overwrite",
    ),
    _whole("get_corpus", "GET", f"{_ONE_LM}/corpora/{{corpus_name}}", "Corpus"),
    _whole("delete_corpus", "DELETE", f"{_ONE_LM}/corpora/{{corpus_name}}", ""),
    _whole("list_words", "GET", f"{_ONE_LM}/words", "Words", "word_type sort"),
    _partly(
        "add_words",
        "POST",
        f"{_ONE_LM}/words",
        "",
        "sounds-likes are checked for number, length and digits only, and are marked at once",
    ),
    _partly("add_word", "PUT", f"{_ONE_LM}/words/{{word_name}}", "", "sounds-likes are checked as for add_words"),
    _whole("get_word", "GET", f"{_ONE_LM}/words/{{word_name}}", "Word"),
    _whole("delete_word", "DELETE", f"{_ONE_LM}/words/{{word_name}}", ""),
    _whole("list_grammars", "GET", f"{_ONE_LM}/grammars", "Grammars"),
    _partly(
        "add_grammar",
        "POST",
        f"{_ONE_LM}/grammars/{{grammar_name}}",
        "",
        "the grammar is not compiled; text that is empty or not UTF-8 ends undetermined",
        "allow_overwrite",
    ),
    _whole("get_grammar", "GET", f"{_ONE_LM}/grammars/{{grammar_name}}", "Grammar"),
    _whole("delete_grammar", "DELETE", f"{_ONE_LM}/grammars/{{grammar_name}}", ""),
    _whole("list_acoustic_models", "GET", _AM, "AcousticModels", "language"),
    _whole("create_acoustic_model", "POST", _AM, "AcousticModel"),
    _whole("get_acoustic_model", "GET", _ONE_AM, "AcousticModel"),
    _whole("delete_acoustic_model", "DELETE", _ONE_AM, ""),
    _whole("train_acoustic_model", "POST", f"{_ONE_AM}/train", "TrainingResponse", "custom_language_model_id strict"),
    _whole("reset_acoustic_model", "POST", f"{_ONE_AM}/reset", ""),
    _whole("upgrade_acoustic_model", "POST", f"{_ONE_AM}/upgrade_model", "", "custom_language_model_id force"),
    _whole("list_audio", "GET", f"{_ONE_AM}/audio", "AudioResources"),
    _partly(
        "add_audio",
        "POST",
        f"{_ONE_AM}/audio/{{audio_name}}",
        "",
        "WAV files are measured, other formats estimated by their size; other rules of formats are not checked",
        "allow_overwrite",
    ),
    _whole("get_audio", "GET", f"{_ONE_AM}/audio/{{audio_name}}", "AudioListing"),
    _whole("delete_audio", "DELETE", f"{_ONE_AM}/audio/{{audio_name}}", ""),
    _absent("recognize_using_websocket", "GET", "/v1/recognize", "POST tells as much about versions"),
    _absent("register_callback", "POST", "/v1/register_callback", _ASYNCHRONOUS),
    _absent("unregister_callback", "POST", "/v1/unregister_callback", _ASYNCHRONOUS),
    _absent("create_job", "POST", "/v1/recognitions", _ASYNCHRONOUS),
    _absent("check_jobs", "GET", "/v1/recognitions", _ASYNCHRONOUS),
    _absent("check_job", "GET", "/v1/recognitions/{id}", _ASYNCHRONOUS),
    _absent("delete_job", "DELETE", "/v1/recognitions/{id}", _ASYNCHRONOUS),
    _absent("delete_user_data", "DELETE", "/v1/user_data", "nothing here is labelled with a customer id"),
    _absent("detect_language", "POST", "/v1/detect_language", "language identification uses no custom model"),
)
