"""A small, real receiver of OTLP/HTTP traces and figures: what a collector is to the fleet."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """One span as it arrived."""

    trace: str
    id: str
    parent: str
    name: str
    service: str
    begun: int
    ended: int
    said: Mapping[str, str]


@dataclass(frozen=True)
class SeenFigure:
    """One point of a figure as it arrived; of a histogram the sum, and what each bucket counts."""

    name: str
    service: str
    value: float
    said: Mapping[str, str]
    monotonic: bool = False
    buckets: Sequence[int] = ()


@dataclass
class Receiver:
    """Its address, and what it received."""

    url: str
    spans: list[Seen] = field(default_factory=list)
    figures: list[SeenFigure] = field(default_factory=list)

    def of_trace(self, trace: str) -> list[Seen]:
        """The spans of one trace, in the order of their beginning."""
        return sorted((one for one in list(self.spans) if one.trace == trace), key=lambda one: one.begun)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port."""
    found = Receiver("")

    class Intake(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                raise AssertionError("nobody asked for gzip")
            if self.path == "/v1/metrics":
                found.figures.extend(_figures(ExportMetricsServiceRequest.FromString(body)))
            else:
                found.spans.extend(_spans(ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Intake)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Seen]:
    for resource in request.resource_spans:
        named = {one.key: one.value.string_value for one in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Seen(
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    name=span.name,
                    service=named["service.name"],
                    begun=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                    said={one.key: str(one.value.string_value or one.value.int_value) for one in span.attributes},
                )


def _figures(request: ExportMetricsServiceRequest) -> Iterator[SeenFigure]:
    for resource in request.resource_metrics:
        service = {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"]
        for metric in (one for scope in resource.scope_metrics for one in scope.metrics):
            kind = metric.WhichOneof("data")
            for point in getattr(metric, kind).data_points:
                yield SeenFigure(
                    name=metric.name,
                    service=service,
                    value=point.sum if kind == "histogram" else point.as_double or point.as_int,
                    said={one.key: one.value.string_value for one in point.attributes},
                    monotonic=kind == "sum" and metric.sum.is_monotonic,
                    buckets=list(point.bucket_counts) if kind == "histogram" else (),
                )
