"""Spans through the OpenTelemetry SDK, sent over OTLP/HTTP as the standard `OTEL_` variables say."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation import set_span_in_context

from grace_workers.adapters.guard import BreakerRegistry, Guard, Limits
from grace_workers.foundation.breaker import BreakerPolicy, Rate
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.tracing import Attributes, Tracer

# A batch that fails has already been retried for ten seconds.
COLLECTOR = Limits(
    policy=BreakerPolicy(failures=2, first=timedelta(seconds=5), longest=timedelta(seconds=60)),
    rate=Rate(per_second=10.0, burst=20),
    patience=timedelta(seconds=1),
)


class GuardedExporter(SpanExporter):
    """Sends through a guard: while the collector does not answer, no calls are made and the spans are dropped."""

    def __init__(self, exporter: SpanExporter, guard: Guard) -> None:
        self._exporter = exporter
        self._guard = guard

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch, or tell the processor that it is lost."""
        try:
            return self._guard.run(lambda: self._exporter.export(spans), _is_lost)
        except TransientError:
            return SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what the exporter itself still buffers."""
        return self._exporter.force_flush(timeout_millis)


def _is_lost(result: SpanExportResult) -> bool:
    return result is SpanExportResult.FAILURE


class OpenTelemetryTracer(Tracer):
    """Implements `foundation.tracing.Tracer` with its own provider; the process-wide one stays untouched.

    The exporter's address, headers, the batch interval and the sampler come from the environment. One per process.
    """

    def __init__(
        self, service: str, instance: str, guards: BreakerRegistry, exporter: SpanExporter | None = None
    ) -> None:
        self._provider = TracerProvider(resource=resource_of(service, instance))
        guarded = GuardedExporter(exporter or OTLPSpanExporter(), guards.of("traces", COLLECTOR))
        self._provider.add_span_processor(BatchSpanProcessor(guarded))
        self._tracer = self._provider.get_tracer("grace_workers")

    @contextmanager
    def open(self, name: str, *, parent: str | None, attributes: Attributes) -> Iterator[str]:
        span = self._tracer.start_span(name, context=_context(parent), attributes=dict(attributes))
        try:
            yield _traceparent(span.get_span_context())
        except BaseException as error:
            # Only the type, because a message may quote what the error log redacts.
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            span.end()

    def past(self, name: str, *, parent: str, begun: datetime, ended: datetime, attributes: Attributes) -> None:
        started = self._tracer.start_span(
            name, context=_context(parent), attributes=dict(attributes), start_time=_nanoseconds(begun)
        )
        started.end(end_time=_nanoseconds(ended))

    def close(self) -> None:
        self._provider.shutdown()


def resource_of(service: str, instance: str) -> Resource:
    """Return what this process is; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence."""
    resource = Resource({"service.name": service, "service.instance.id": instance}).merge(Resource.create())
    named = str(resource.attributes.get("service.name", "unknown_service"))
    return resource.merge(Resource({"service.name": service if named.startswith("unknown_service") else named}))


def _context(traceparent: str | None) -> Context:
    if traceparent is None:
        return Context()
    _, trace_id, span_id, flags = traceparent.split("-")
    remote = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return set_span_in_context(NonRecordingSpan(remote), Context())


def _traceparent(context: SpanContext) -> str:
    flags = context.trace_flags
    return f"00-{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}-{flags:02x}"


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
