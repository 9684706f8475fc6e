"""The figures of one process, by the names that dashboards and alerts know them by.

docs/operations.md says what each means; a test holds the two together.
"""

import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from session_api import __version__
from session_api.audit.service import AuditService
from session_api.database.engine import Database
from session_api.figures import Calls, Durations, Jobs, Requests
from session_api.lifecycle.leases import Leases
from session_api.live.streams import LiveStreams
from session_api.logs import LINES
from session_api.problems import CATALOGUE
from session_api.sync.fanout import FanningOut

PREFIX: Final = "session_api_"

_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
_Key = TypeVar("_Key", bound=tuple[str, ...])


class RateCounters(Protocol):
    """What is asked of the counters of rate limits."""

    @property
    def alone(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Who counts what."""

    requests: Requests
    database: Database
    storage: Calls
    jobs: Jobs
    leases: Leases
    rate_counters: RateCounters
    audit: AuditService
    streams: LiveStreams
    fanning_out: FanningOut


# Of the process as a whole. In a registry that nobody else has: two apps may live in one process.
_NOBODYS: Final = CollectorRegistry()
_PROCESS: Final = ProcessCollector(registry=_NOBODYS)
_GARBAGE: Final = GCCollector(registry=_NOBODYS)


def families(sources: Sources) -> Iterator[Metric]:
    """All figures, as they are now."""
    yield from _of_requests(sources.requests)
    yield from _of_limits(sources)
    yield from _of_database(sources.database)
    yield from _of_storage(sources.storage)
    yield from _of_jobs(sources.jobs, sources.leases)
    yield _gauges("streams", "Streams that are open.", "kind", sources.streams.by_kind())
    yield _counter("streams_ended", "Streams that ended.", "reason", sources.streams.ended)
    yield from _of_fan_out(sources.fanning_out)
    yield _counter(
        "log_lines", "Lines logged.", "level", {level: LINES[level] for level in _LEVELS}
    )
    yield _counter(
        "audit_events",
        "Events recorded, also in changes undone later.",
        "event",
        sources.audit.recorded,
    )
    about = GaugeMetricFamily(PREFIX + "info", "Always 1.", labels=("version", "python"))
    about.add_metric([__version__, platform.python_version()], 1)
    yield about
    yield from _PROCESS.collect()
    yield from _GARBAGE.collect()


def _of_requests(requests: Requests) -> Iterator[Metric]:
    yield _gauge("http_requests_in_flight", "Requests under way.", requests.under_way)
    counts: Counter[tuple[str, str, str]] = Counter()
    for (method, route, status), answered in requests.by_status.items():
        counts[method, route, _class_of(status)] += answered.count
    total = CounterMetricFamily(
        PREFIX + "http_requests", "Requests answered.", labels=("method", "route", "status")
    )
    for labels, count in sorted(counts.items()):
        total.add_metric(labels, count)
    yield total
    yield _histogram(
        "http_request_duration_seconds",
        "From the head of a request to the end of its answer.",
        ("method", "route"),
        requests.durations,
    )
    # Every one from the start: the rise of a count that was not there before is no rise.
    problems = {code: requests.problems[code] for code in CATALOGUE}
    yield _counter("problems", "Refusals and errors.", "code", problems)


def _class_of(status: int) -> str:
    """`2xx` and so on; `cut` where an answer never began."""
    return f"{status // 100}xx" if status else "cut"


def _of_limits(sources: Sources) -> Iterator[Metric]:
    yield _counter("rate_limited", "Requests over a limit.", "limit", sources.requests.limited)
    yield _gauge(
        "rate_limits_alone",
        "1 while this replica counts alone, because the shared store is down.",
        sources.rate_counters.alone,
    )


def _of_database(database: Database) -> Iterator[Metric]:
    size, in_use, waiting = database.pool_figures()
    yield _gauge("database_pool_size", "Connections that the pool may have.", size)
    yield _gauge("database_pool_in_use", "Connections that somebody has.", in_use)
    yield _gauge("database_pool_waiting", "Work that waits for a connection.", waiting)
    yield _histogram(
        "database_connection_wait_seconds",
        "How long work waited for a connection.",
        (),
        {(): database.waits},
    )
    yield _counter(
        "database_faults",
        "Work that lost a race (conflict), or had no database to work with (unavailable).",
        "kind",
        database.faults,
    )


def _of_storage(calls: Calls) -> Iterator[Metric]:
    yield _histogram(
        "storage_call_duration_seconds",
        "Calls to the store for files.",
        ("call",),
        {(call,): durations for call, durations in calls.durations.items()},
    )
    yield _counter(
        "storage_failures", "Calls that found the store out of reach.", "call", calls.failures
    )


def _of_jobs(jobs: Jobs, leases: Leases) -> Iterator[Metric]:
    yield _histogram(
        "job_duration_seconds",
        "Turns of background jobs.",
        ("task",),
        {(job,): durations for job, durations in jobs.durations.items()},
    )
    yield _counter("job_failures", "Turns broken off by an error.", "task", jobs.failures)
    yield _counter("job_moved", "Rows and objects that jobs dealt with.", "task", jobs.moved)
    yield _gauges(
        "job_last_success_timestamp_seconds",
        "When a turn last came to its end.",
        "task",
        jobs.succeeded_at,
    )
    yield _gauges(
        "job_lease_held",
        "1 while this process runs the job.",
        "task",
        {job: job in leases.held for job in jobs.durations.keys() | leases.held},
    )


def _of_fan_out(fanning_out: FanningOut) -> Iterator[Metric]:
    watch, fan_out = fanning_out.watch, fanning_out.fan_out
    yield _gauge("watched_sessions", "Sessions that somebody follows here.", watch.sessions)
    yield _counter(
        "wakes",
        "Followers woken: by a commit of this process, by polling, by a hint of another process.",
        "source",
        watch.wakes,
    )
    yield _gauge(
        "fan_out_lost", "1 while other processes are heard of by polling alone.", fan_out.lost
    )
    reconnects = CounterMetricFamily(
        PREFIX + "fan_out_reconnects", "How often the others were reached again."
    )
    reconnects.add_metric((), fan_out.reconnects)
    yield reconnects


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, told, value=value)


def _gauges(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, told, labels=(label,))
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _counter(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, told, labels=(label,))
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _histogram(
    name: str, told: str, labels: Sequence[str], values: Mapping[_Key, Durations]
) -> Metric:
    family = HistogramMetricFamily(PREFIX + name, told, labels=labels)
    for key, durations in sorted(values.items()):
        family.add_metric(key, _buckets(durations), durations.total_seconds)
    return family


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    """Each bound with how many were no longer than it."""
    buckets: list[tuple[str, float]] = []
    so_far = 0
    bounds = [*(f"{bound:g}" for bound in durations.bounds), "+Inf"]
    for bound, count in zip(bounds, durations.counts, strict=True):
        so_far += count
        buckets.append((bound, so_far))
    return buckets
