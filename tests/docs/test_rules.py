"""Every rule of "Upgrading custom models", in our words, with the test that proves that Retune knows or keeps it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RULES = (
    # Upgrading custom models
    (
        "updates of one base model do not affect models on another base",
        "unit/test_verdicts.py::test_nothing_is_carried_to_or_from_a_cluster",
    ),
    (
        "a newer version of its base makes a custom model outdated",
        "unit/test_verdicts.py::test_a_sibling_in_the_same_instance_is_proof",
    ),
    (
        "an update that requires an upgrade is announced in the release notes, per deployment",
        "unit/test_verdicts.py::test_a_release_note_makes_it_likely",
    ),
    (
        "updates of next-generation models mostly make no version: no false alarm",
        "unit/test_verdicts.py::test_a_date_shortly_before_the_note_may_be_that_update",
    ),
    ("models on an improved base are upgraded differently", "unit/test_plans.py::test_improved_base"),
    ("until it is upgraded a model keeps working on its older version", "unit/test_messages.py::test_modals"),
    ("upgrade as soon as possible: what waits longest comes first", "unit/test_verdicts.py::test_worst_first"),
    (
        "the newest version is used by default, the older one can still be asked for",
        "flows/test_upgrade.py::test_the_whole_way",
    ),
    (
        "older versions can be removed: recognition then ignores the customization",
        "flows/test_probes.py::test_what_recognition_says",
    ),
    (
        "recognition with an outdated model returns a warning",
        "contract/test_watson.py::test_the_warning_of_recognition",
    ),
    (
        "only credentials of the owning instance can upgrade a model",
        "contract/test_watson.py::test_an_id_that_is_not_known",
    ),
    # How upgrading works
    ("an upgrade adds a version to the model", "contract/test_speech.py::test_an_upgrade"),
    (
        "an upgrade cannot be undone: nobody starts one without an approval",
        "flows/test_upgrade.py::test_who_may_not_approve",
    ),
    ("an upgrade cannot be undone: everybody is told before", "commands/test_commands.py::test_the_request"),
    ("the older version can no longer be changed or trained", "flows/test_upgrade.py::test_the_whole_way"),
    (
        "corpora, grammars, words and audio are upgraded along: one request for each model",
        "contract/test_procedures.py::test_language_model",
    ),
    ("a model without resources needs no upgrade", "unit/test_plans.py::test_data_in_the_way"),
    # Upgrading a custom language model
    ("the model must be ready or available", "contract/test_speech.py::test_a_wrong_state"),
    (
        "a ready model is upgraded before it is trained on its latest data",
        "commands/test_further.py::test_an_outdated_model_is_upgraded_before_it_is_trained",
    ),
    ("its training is offered afterwards", "commands/test_further.py::test_the_end_offers_the_training"),
    ("POST …/upgrade_model, with no parameters", "contract/test_procedures.py::test_language_model"),
    ("it is asynchronous and can take minutes: estimates come from past runs", "commands/test_commands.py::test_model"),
    ("200 only means that it began", "flows/test_upgrade.py::test_done_is_not_said_before_the_version_is_there"),
    ("the status is polled every 10 seconds", "unit/test_settings.py::test_defaults"),
    ("upgrading, then the status from before", "contract/test_watson.py::test_an_upgrade"),
    (
        "while it upgrades no other change is accepted: one run for a model",
        "flows/test_upgrade.py::test_one_run_for_a_model",
    ),
    ("recognition goes on with the existing version meanwhile", "commands/test_commands.py::test_the_request"),
    # Improved next-generation models
    ("retraining upgrades; upgrade_model is never called", "unit/test_plans.py::test_properties"),
    (
        "IBM Cloud: train with force, from ready and from available",
        "contract/test_procedures.py::test_improved_base_on_ibm_cloud",
    ),
    (
        "Cloud Pak for Data: a person changes the model, then it is trained",
        "contract/test_procedures.py::test_improved_base_on_a_cluster",
    ),
    ("which bases are improved has a date for each deployment", "unit/test_catalog.py"),
    # Upgrading a custom acoustic model
    (
        "whether it was trained with a language model must be known",
        "unit/test_plans.py::test_acoustic_model_asks_for_its_language_model",
    ),
    ("the language model is upgraded first", "unit/test_plans.py::test_acoustic_model_trained_with_a_language_model"),
    ("then the acoustic model alone", "contract/test_procedures.py::test_acoustic_model_alone"),
    (
        "then the acoustic model with custom_language_model_id",
        "contract/test_procedures.py::test_acoustic_model_with_a_language_model",
    ),
    (
        "force only after `No input data modified since last training`",
        "flows/test_acoustic.py::test_force_only_after_the_documented_refusal",
    ),
    ("no other refusal is answered with force", "flows/test_acoustic.py::test_no_force_after_another_refusal"),
    ("it takes as long as the audio, or longer: a range", "unit/test_plans.py::test_acoustic_model_alone"),
    ("the status is polled once a minute", "flows/test_acoustic.py::test_polled_once_a_minute"),
    # Upgrade failures
    (
        "fails to start while another request is handled: wait and try again",
        "flows/test_upgrade.py::test_a_request_that_had_no_effect_is_sent_again",
    ),
    ("that waiting is bounded", "flows/test_upgrade.py::test_a_service_that_is_never_free_ends_the_run"),
    ("fails to start in another state than ready or available", "contract/test_watson.py::test_refusals"),
    ("fails to start without data", "contract/test_procedures.py::test_what_gets_no_plan"),
    (
        "fails to start when acoustic and language model are on different versions",
        "flows/test_acoustic.py::test_the_language_model_comes_first",
    ),
    (
        "recognition with both on different versions uses the older one",
        "unit/test_verdicts.py::test_a_pair_on_different_versions",
    ),
)


def named_in(path: Path) -> set[str]:
    """The names of the tests of a module."""
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize(("rule", "proof"), RULES, ids=[rule for rule, _ in RULES])
def test_the_proof_exists(rule: str, proof: str):
    """Each rule names a test that is there."""
    module, _, name = proof.partition("::")
    path = ROOT / "tests" / module
    assert path.is_file(), module
    assert not name or name in named_in(path), proof
