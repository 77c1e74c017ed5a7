"""The alerts name metrics, labels and commands that exist, and the README lists every metric."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.flows.metrics import Gauges
from tests.metrics import Metrics, scraped
from tests.world import World

ROOT = Path(__file__).parents[2]
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
async def metrics(tmp_path: Path) -> Metrics:
    """Those of a bot with everything counted once."""
    world = World(tmp_path / "retune.db")
    world.fleet()
    await world.asked()
    tally = world.tally
    tally.calls["slack", "chat.postMessage"] += 1
    tally.answered("slack", 429)
    tally.polls["stt", "language"] += 1
    found = await scraped(Gauges(world.worker), tally)
    world.close()
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
async def test_alerts(rule: dict, metrics: Metrics):
    """Each metric of an alert exists, and has the labels by which it is chosen."""
    names = set(re.findall(r"retune_\w+", rule["expr"]))
    assert names
    assert names <= metrics.names, names - metrics.names
    for name, chosen in re.findall(r"(retune_\w+)\{([^}]*)\}", rule["expr"]):
        labels = {
            key for family in metrics.families.values() for s in family.samples if s.name == name for key in s.labels
        }
        assert set(re.findall(r"(\w+)=", chosen)) <= labels
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]


def test_what_must_be_watched():
    """There is an alert for each trouble that nobody sees in Slack."""
    every = " ".join(rule["expr"] for rule in RULES)
    for name in (
        *("retune_ready", "retune_leader", "retune_approvals_oldest_age_seconds", "retune_announcement_late_seconds"),
        *("retune_inventory_last_success_timestamp_seconds", 'retune_models{risk="customization_ignored"}'),
    ):
        assert name in every


async def test_the_readme_lists_every_metric(metrics: Metrics):
    """By its name as it is scraped, and no other."""
    told = set(re.findall(r"^\| `(retune_\w+)`", README, re.MULTILINE))
    there = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.families.values()
        if family.name.startswith("retune_")
    }
    assert told == there
