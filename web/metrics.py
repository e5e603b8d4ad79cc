"""Figures for Prometheus. Labels name routes by their template and kinds of work; never a person, street or record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import Refused
from services import Services
from web.gate import actor_of

REQUEST_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
JOB_BUCKETS_S = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)


class Metrics:
    """The figures of one process; what lies in the store is asked for at each visit."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._registry = CollectorRegistry()
        named: dict[str, Any] = {"registry": self._registry}
        self._requests = Counter("slg_requests", "Requests answered", ["method", "route", "status"], **named)
        self._seconds = Histogram("slg_request_seconds", "Time to the last byte of the answer", ["route"],
                                  buckets=REQUEST_BUCKETS_S, **named)  # fmt: skip
        self._uploads = Counter("slg_upload_bytes", "Bytes of originals that came in", **named)
        self._jobs = Histogram("slg_job_seconds", "Background work done by this process", ["kind", "how"],
                               buckets=JOB_BUCKETS_S, **named)  # fmt: skip
        self._registry.register(_Stored(services))
        services.queue.on_end(lambda kind, how, seconds: self._jobs.labels(kind, how).observe(seconds))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def uploaded(self, count: int) -> None:
        self._uploads.inc(count)

    def page(self, request: Request) -> Response:
        """GET /metrics: for a login with ops.read, or whoever the gate let in by the token of the settings."""
        if not request.scope.get("slg.watcher"):
            self._services.operations.gauges(actor_of(request))  # refuses; the figures themselves come below
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST,
                        headers={"Cache-Control": "no-store"})  # fmt: skip


class _Stored(Collector):
    """Asked at each visit. A store that does not answer is a figure too."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Any]:
        try:
            found = self._services.operations.measure()
        except Refused:
            yield GaugeMetricFamily("slg_database_up", "1 when the database answers", value=0)
            return
        yield GaugeMetricFamily("slg_database_up", "1 when the database answers", value=1)
        jobs = GaugeMetricFamily("slg_jobs", "Jobs in the queue", labels=["kind", "state"])
        for kind, states in found.queue.items():
            for state, count in states.items():
                jobs.add_metric([kind, state], count)
        yield jobs
        last = GaugeMetricFamily("slg_job_last_seconds", "How long the newest finished job took", labels=["kind"])
        for kind, seconds in found.job_seconds.items():
            last.add_metric([kind], seconds)
        yield last
        free = GaugeMetricFamily("slg_disk_free_bytes", "Bytes left", labels=["of"])
        for name, count in found.disk_free.items():
            free.add_metric([name], count)
        yield free
        yield CounterMetricFamily("slg_decoder_restarts", "Decoding workers started anew", value=found.decoder_restarts)
        plain = {
            "slg_oldest_job_wait_seconds": ("How long the longest waiting job has been due", found.oldest_wait_s),
            "slg_database_bytes": ("Size of the database", found.database_bytes),
            "slg_backup_age_seconds": ("Since the last good backup", found.backup_age_s),
            "slg_verify_age_seconds": ("Since the last check of history and originals", found.verify_age_s),
            "slg_verify_findings": ("What the last check found", found.verify_findings),
            "slg_sessions": ("Logins that stand", found.sessions),
        }
        for name, (about, value) in plain.items():
            if value is not None:
                yield GaugeMetricFamily(name, about, value=value)
