"""Outgoing traces: a collector that refuses is left alone, and without one nothing is loaded."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExportResult

from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.otel.tracer import COLLECTOR, GuardedExporter
from grace_workers.testing import FakeClock

WITHOUT = """
import sys
from grace_workers.bootstrap.runtime import open_runtime
from grace_workers.settings import Settings
runtime = open_runtime(Settings(database={"url": "postgresql://g@127.0.0.1:1/x"}, broker={"url": "redis://127.0.0.1:1"}))
assert runtime.tracer is None
print([name for name in sys.modules if name.startswith(("opentelemetry.exporter", "grace_workers.adapters.otel"))])
"""


class Collector(BaseHTTPRequestHandler):
    """Answers every batch with `status`, and counts."""

    calls = 0
    status = 400

    def do_POST(self) -> None:
        type(self).calls += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Log nothing."""


@contextmanager
def collecting() -> Iterator[tuple[str, type[Collector]]]:
    kind = type("One", (Collector,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/traces", kind
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def test_a_collector_that_refuses_is_left_alone_for_a_while_and_then_asked_again():
    clock = FakeClock()
    with collecting() as (url, server):
        exporter = GuardedExporter(OTLPSpanExporter(endpoint=url), BreakerRegistry(clock=clock).of("traces", COLLECTOR))
        for _ in range(5):
            assert exporter.export([]) is SpanExportResult.FAILURE
        assert server.calls == COLLECTOR.policy.failures
        server.status = 200
        clock.advance(COLLECTOR.policy.first + timedelta(milliseconds=1))
        assert [exporter.export([]) for _ in range(3)] == [SpanExportResult.SUCCESS] * 3
        assert server.calls == COLLECTOR.policy.failures + 3
        exporter.shutdown()


def test_without_a_collector_nothing_that_sends_spans_is_loaded():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
