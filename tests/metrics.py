"""What /metrics says, read as Prometheus reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from bot.adapters.metrics import Seen, text
from bot.flows.metrics import Gauges
from bot.tally import Tally

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Metrics:
    """The samples of one answer."""

    def __init__(self, body: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(body)}
        self.names = {sample.name for family in self.families.values() for sample in family.samples}
        self._samples: Samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float | None:
        """One sample; None if it is not there."""
        return self._samples.get((f"retune_{name}", frozenset(labels.items())))


async def scraped(gauges: Gauges, tally: Tally | None = None) -> Metrics:
    """The metrics of a bot that is ready."""
    return Metrics(text(tally or Tally(), Seen(ready=True, connections=2, figures=await gauges.figures())).decode())
