"""The fleet's figures through the OpenTelemetry SDK, sent over OTLP/HTTP as the standard `OTEL_` variables say.

They are those of `/metrics`, with the same names and labels, read when a batch is due. While the collector does not
answer, nothing is read.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import structlog
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Metric as Exported
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import Metric

from grace_workers.adapters.guard import BreakerRegistry, Guard
from grace_workers.adapters.otel.tracer import COLLECTOR, resource_of
from grace_workers.foundation.errors import TransientError

log = structlog.get_logger()

MOST_SERIES = 2_000
"""How many series of one figure are sent; a fleet has fewer, and a collector must not pay for a mistake."""

_EVERY, _INTERVAL = 60.0, "OTEL_METRIC_EXPORT_INTERVAL"
_MILLISECONDS = 1_000.0
_LAST_WORDS = 2.0
_BUCKET, _COUNT, _SUM, _TOTAL, _ENDLESS = "_bucket", "_count", "_sum", "_total", "+Inf"

Read = Callable[[], Iterable[Metric]]
T = TypeVar("T")


class FigureSender:
    """Sends the figures of this process from a thread of its own until it is closed."""

    def __init__(
        self,
        service: str,
        instance: str,
        guards: BreakerRegistry,
        read: Read,
        *,
        exporter: MetricExporter | None = None,
        every: float | None = None,
    ) -> None:
        self._resource = resource_of(service, instance)
        self._guard: Guard = guards.of("figures", COLLECTOR)
        self._read = read
        self._exporter = exporter or OTLPMetricExporter()
        self._every = every or interval(os.environ)
        self._began = time.time_ns()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="figures", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Send the last figures no more, and close the connection."""
        self._stop.set()
        # It ends the pauses between the exporter's tries.
        self._exporter.shutdown()
        self._thread.join(_LAST_WORDS)

    def send(self) -> bool:
        """Read and send the figures once; return whether the collector took them."""
        try:
            return self._guard.run(self._export, lambda taken: not taken)
        except TransientError as error:
            log.debug("figures_not_sent", why=str(error))
            return False

    def _run(self) -> None:
        broke = False
        while not self._stop.wait(self._every):
            try:
                self.send()
            except Exception:
                # Without this thread the collector would get nothing until the process starts again.
                if not broke:
                    log.exception("figures_broke")
                broke = True

    def _export(self) -> bool:
        try:
            families = list(self._read())
        except TransientError as error:
            # The collector is not to blame for a database that is unreachable.
            log.info("figures_not_read", why=str(error))
            return True
        now = time.time_ns()
        scope = InstrumentationScope("grace_workers")
        metrics = [found for one in families for found in exported(one, self._began, now)]
        parts = [ScopeMetrics(scope=scope, metrics=metrics, schema_url="")]
        data = MetricsData(
            resource_metrics=[ResourceMetrics(resource=self._resource, scope_metrics=parts, schema_url="")]
        )
        return self._exporter.export(data) is MetricExportResult.SUCCESS


def interval(environment: Mapping[str, str]) -> float:
    """Return the seconds between two batches, as the environment says; 60 without a sound number of milliseconds."""
    text = environment.get(_INTERVAL, "")
    return max(1.0, int(text) / _MILLISECONDS) if text.isascii() and text.isdecimal() else _EVERY


def exported(family: Metric, began: int, now: int) -> Iterator[Exported]:
    """Yield a family as the SDK's metric; nothing for one without a sample. Counters are since `began` (ns)."""
    match family.type:
        case "counter":
            points = [_number(one.labels, one.value, began, now) for one in family.samples if one.name.endswith(_TOTAL)]
            data: Gauge | Sum | Histogram = Sum(
                data_points=_bounded(family, points),
                aggregation_temporality=AggregationTemporality.CUMULATIVE,
                is_monotonic=True,
            )
        case "histogram":
            found = list(_histograms(family, began, now))
            data = Histogram(
                data_points=_bounded(family, found), aggregation_temporality=AggregationTemporality.CUMULATIVE
            )
        case _:
            gauges = [_number(one.labels, one.value, began, now) for one in family.samples]
            data = Gauge(data_points=_bounded(family, gauges))
    if data.data_points:
        yield Exported(name=family.name, description=family.documentation, unit=family.unit or None, data=data)


def _bounded(family: Metric, points: Sequence[T]) -> Sequence[T]:
    if len(points) > MOST_SERIES:
        log.warning("figure_cut_off", figure=family.name, series=len(points), most=MOST_SERIES)
    return points[:MOST_SERIES]


def _number(labels: dict[str, str], value: float, began: int, now: int) -> NumberDataPoint:
    return NumberDataPoint(attributes=labels, start_time_unix_nano=began, time_unix_nano=now, value=value)


def _histograms(family: Metric, began: int, now: int) -> Iterator[HistogramDataPoint]:
    """Yield one point of each series; Prometheus counts up from bucket to bucket, and the SDK counts each alone."""
    series: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
    for one in family.samples:
        labels = tuple(sorted((name, value) for name, value in one.labels.items() if name != "le"))
        key = one.labels["le"] if one.name.endswith(_BUCKET) else one.name.removeprefix(family.name)
        series.setdefault(labels, {})[key] = one.value
    for labels, values in series.items():
        bounds = sorted(float(name) for name in values if name not in {_COUNT, _SUM, _ENDLESS})
        up_to = [values[text] for text in (*_texts(values, bounds), _ENDLESS)]
        each = [int(after - before) for before, after in zip([0.0, *up_to], up_to, strict=False)]
        yield HistogramDataPoint(
            attributes=dict(labels),
            start_time_unix_nano=began,
            time_unix_nano=now,
            count=int(up_to[-1]),
            sum=values[_SUM],
            bucket_counts=each,
            explicit_bounds=bounds,
            min=0.0,
            max=0.0,
        )


def _texts(values: dict[str, float], bounds: Sequence[float]) -> Iterator[str]:
    by_bound = {float(name): name for name in values if name not in {_COUNT, _SUM, _ENDLESS}}
    yield from (by_bound[bound] for bound in bounds)
