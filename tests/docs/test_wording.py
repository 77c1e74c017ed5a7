"""Phrases that people misread or that no native speaker writes: none of them comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

GONE = (
    "Approve an upgrade:",
    "Upgrade runs",
    'modal("Upgrade several"',
    "Not in it",
    "An upgrade would:",
    "which upgrades it",
    "which does not show yet that it began",
    "there is no proven step of this kind to compare with yet",
    "Recognition with it is expected to return a warning",
    "does not serve",
    "Names may be typed partly",
    "already on the newest version that is known",
    "It was asked for a later time",
    "You may not decide on",
    "Only who may decide",
    "could not be proven",
    "Campaign over",
    "that was enough: it starts next",
    "Everything that was noted",
    "it is proven: Proof",
    "Taken up again",
    "recognition takes it again after the training",
    "cannot give back corpora",
    "is no time to come within a year",
    "No request fits",
    "that fit “",
    "Its whole instance",
    "The day on which it ends",
    "`/stt-announce default` takes it back",
    '"Stop watching"',
    "Ask who began it to end it",
    "Not counted fully",
    "Answers again; it did not since",
    "Nobody can say from this that the upgrade took place",
    "It runs already",
    "whose customization recognition ignores already",
    "how to mend what is wrong",
    "a form with a mark for each",
    "Two on one database file behave",
    "no other model on this base, and no release note",
    "ignored by recognition already",
    "is not known any more",
)
"""As they stood in messages, help, README and manifest."""


def texts() -> dict[str, str]:
    """Everything that people read, by its file; line breaks within a sentence are spaces."""
    files = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("commands/**/*.py"), ROOT / "README.md", ROOT / "app-manifest.yml"]
    return {str(file.relative_to(ROOT)): _joined(file.read_text("utf-8")) for file in files}


def _joined(text: str) -> str:
    """A string that is written over several lines is one, as people read it."""
    return " ".join(text.replace('"\n', "\n").split()).replace(' "', " ").replace(' f"', " ")


@pytest.fixture(scope="module")
def read() -> dict[str, str]:
    """What people read."""
    return texts()


@pytest.mark.parametrize("phrase", GONE)
def test_it_is_gone(phrase: str, read: dict[str, str]):
    """From everything that people read."""
    wanted = _joined(phrase)
    assert [name for name, text in read.items() if wanted in text] == []
