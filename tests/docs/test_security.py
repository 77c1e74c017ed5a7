"""SECURITY.md: every threat has an answer and a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.test_rules import named_in

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")
PROOF = re.compile(r"\[`([\w/]+\.py)`\]\(tests/([\w/]+\.py)\)`::(test_\w+)`")


def rows(section: str) -> list[list[str]]:
    """The rows of the table of a section."""
    text = SECURITY.split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("row", rows("Threats"), ids=lambda row: row[0])
def test_threats(row: list[str]):
    """Three cells; the last one names tests that are there, each by its link, and nothing else."""
    threat, answer, shown = row
    assert threat
    assert answer
    proofs = PROOF.findall(shown)
    assert proofs, threat
    assert PROOF.sub("", shown).strip() == "", shown
    for named, linked, test in proofs:
        assert named == linked
        assert test in named_in(ROOT / "tests" / linked), f"{named}::{test}"


@pytest.mark.parametrize("row", rows("Attacks that were tried"), ids=lambda row: row[0])
def test_attacks(row: list[str]):
    """What was tried, how often, and what came of it."""
    assert len(row) == 3
    assert all(row)


def test_the_readme_leads_there():
    """Whoever looks for it finds it."""
    assert "](SECURITY.md)" in (ROOT / "README.md").read_text("utf-8")
