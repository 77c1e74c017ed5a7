"""The metrics, as Prometheus reads them. Imported when somebody asks for them.

Labels are words of ours and names of instances: few, no secrets, nothing that people or services wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bot import __version__
from bot.domain.requests import LIVE, RequestState
from bot.domain.runs import LASTING, RunState
from bot.domain.verdicts import Verdict
from bot.flows.metrics import Figures
from bot.tally import BUCKETS, SLACK, SPEECH, Histogram, Tally

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Values = Mapping[Any, float]
"""By the values of the labels, as a tuple."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the bot said of itself. *figures*: None while the database does not answer."""

    ready: bool
    connections: int
    figures: Figures | None


def text(tally: Tally, seen: Seen) -> bytes:
    """All metrics, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Bot(tally, seen))
    return generate_latest(registry)


class _Bot(Collector):
    def __init__(self, tally: Tally, seen: Seen) -> None:
        self._tally, self._seen = tally, seen

    def collect(self) -> Iterator[Metric]:
        """Every metric of ours."""
        yield _gauge("build_info", "Which version this is; always 1.", {(__version__,): 1}, "version")
        yield _gauge("ready", "1 if it can answer Slack, as at /readyz.", {(): self._seen.ready})
        yield _gauge("slack_connections", "Connections to Slack; over HTTP 1.", {(): self._seen.connections})
        yield from _acknowledgements(self._tally)
        yield from _services(self._tally)
        yield from _database(self._tally, self._seen)
        if self._seen.figures is not None:
            yield from _figures(self._seen.figures)


def _acknowledgements(tally: Tally) -> Iterator[Metric]:
    took = tally.acknowledged
    counts = {("acknowledged",): sum(took.counts), ("not_acknowledged",): tally.unacknowledged}
    yield _counter(
        "acknowledgements", "Commands, clicks, forms and events, by whether Slack got its 200.", counts, "result"
    )
    yield _histogram("acknowledgement_duration_seconds", "From what Slack sent to our acknowledgement.", took)


def _services(tally: Tally) -> Iterator[Metric]:
    limits = {(service,): tally.limits[service] for service in (SLACK, SPEECH)}
    yield _counter("polls", "Requests to see how runs get on.", tally.polls, "instance", "kind")
    yield _counter("service_calls", "Calls by service, and method or direction.", tally.calls, "service", "kind")
    yield _counter("service_errors", "Calls that failed, by service and kind.", tally.errors, "service", "kind")
    yield _counter("rate_limits", "Rate limits met.", limits, "service")


def _database(tally: Tally, seen: Seen) -> Iterator[Metric]:
    errors = {(kind,): tally.database_errors[kind] for kind in ("passing", "lasting")}
    yield _gauge("database_up", "1 if the database answered this scrape.", {(): seen.figures is not None})
    yield _gauge("database_waiting", "Work with the database that is not done yet.", {(): tally.waiting})
    yield _counter("database_errors", "Work that the database did not do: passing ends by itself.", errors, "kind")
    yield _histogram("database_duration_seconds", "Work with the database, with what it waited.", tally.work)


def _figures(figures: Figures) -> Iterator[Metric]:
    standing, ended, now = figures.standing, figures.ended, figures.at
    requests = {(state.value,): standing.requests[state] for state in RequestState if state in LIVE}
    gone = {(state.value,): ended.requests[state] for state in RequestState if state not in LIVE}
    runs = {(_word(state),): standing.runs[state] for state in RunState if state in LASTING}
    went = {
        (name, _word(state)): ended.runs[name, state]
        for name in figures.read_at
        for state in RunState
        if state not in LASTING
    }
    models = {(_word(verdict), _word(risk)): many for (verdict, risk), many in figures.models.items()}
    for verdict in Verdict:
        models.setdefault((_word(verdict), "none"), 0)
    yield _gauge("requests", "Requests that have not ended.", requests, "state")
    yield _counter("requests_ended", "Requests that ended since this process started.", gone, "state")
    yield _gauge("runs", "Runs that have not ended.", runs, "state")
    yield _counter("runs_ended", "Runs that ended since this process started.", went, "instance", "state")
    waiting = standing.requests[RequestState.OPEN]
    yield _gauge("approvals_waiting", "Requests that wait for approval.", {(): waiting})
    yield _gauge(
        "approvals_oldest_age_seconds",
        "How long the oldest of them waits; 0 if none.",
        {(): _age(standing.oldest, now)},
    )
    yield _gauge("leader", "1 if this process does the work that one at a time does.", {(): figures.leads})
    read_at = {(name,): at.timestamp() if at else 0.0 for name, at in figures.read_at.items()}
    about = "When an instance was last read successfully; 0 if never."
    yield _gauge("inventory_last_success_timestamp_seconds", about, read_at, "instance")
    yield _gauge("models", "Models by verdict and risk.", models, "verdict", "risk")
    announced = standing.announced_at.timestamp() if standing.announced_at else 0.0
    yield _gauge("announcement_last_timestamp_seconds", "When the last one was posted; 0 if never.", {(): announced})
    yield _gauge(
        "announcement_late_seconds", "How long one is due that is not posted; 0 if none.", {(): _age(figures.late, now)}
    )


def _gauge(name: str, about: str, values: Values, *labels: str) -> Metric:
    family = GaugeMetricFamily(f"retune_{name}", about, labels=labels)
    return _filled(family, values)


def _counter(name: str, about: str, values: Values, *labels: str) -> Metric:
    family = CounterMetricFamily(f"retune_{name}", about, labels=labels)
    return _filled(family, values)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: Values) -> GaugeMetricFamily | CounterMetricFamily:
    for names, value in sorted(values.items()):
        family.add_metric(names, float(value))
    return family


def _histogram(name: str, about: str, seen: Histogram) -> Metric:
    family = HistogramMetricFamily(f"retune_{name}", about)
    family.add_metric([], list(_buckets(seen.counts)), seen.total)
    return family


def _buckets(counts: Iterable[int]) -> Iterator[tuple[str, float]]:
    below = 0
    for limit, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
        below += count
        yield limit, below


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0


def _word(value: str) -> str:
    """A value of ours as a label: without spaces."""
    return str(value).replace(" ", "_")
