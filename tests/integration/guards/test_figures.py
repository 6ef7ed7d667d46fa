"""Outgoing figures: what a real receiver gets, and that a dead one costs nothing."""

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from structlog.testing import capture_logs

from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.otel.figures import MOST_SERIES, FigureSender, exported, interval
from grace_workers.adapters.otel.tracer import COLLECTOR
from grace_workers.foundation.errors import TransientError
from grace_workers.testing import FakeClock
from tests.acceptance.otlp_receiver import receiving
from tests.waiting import until

WITHOUT = """
import sys
from grace_workers.bootstrap.runtime import Runtime
with Runtime.sending_figures(None, "grace-api", None):
    print([name for name in sys.modules if name.startswith(("opentelemetry.exporter", "grace_workers.adapters.otel"))])
"""


def families() -> Iterator[Metric]:
    gauge = GaugeMetricFamily("grace_queue_depth", "Waiting", labels=["pool"])
    gauge.add_metric(["healing"], 7)
    counter = CounterMetricFamily("grace_jobs_ended", "Ended", labels=["pool"])
    counter.add_metric(["healing"], 3)
    histogram = HistogramMetricFamily("grace_job_wait", "Waited", labels=["pool"])
    histogram.add_metric(["healing"], buckets=[("0.1", 2.0), ("1.0", 5.0), ("+Inf", 6.0)], sum_value=9.5)
    yield from (gauge, counter, histogram, GaugeMetricFamily("grace_nothing", "No sample"))


def sender(url: str, read: Any = families, **more: Any) -> FigureSender:
    exporter = OTLPMetricExporter(endpoint=f"{url}/v1/metrics", timeout=0.2)
    guards = BreakerRegistry(clock=more.pop("clock", FakeClock()))
    return FigureSender("grace-api", "one", guards, read, exporter=exporter, **{"every": 60.0, **more})


def test_a_collector_gets_every_figure_with_its_labels_and_what_they_are_of() -> None:
    with receiving() as collector:
        sending = sender(collector.url)
        assert sending.send()
        sending.close()
    figures = {one.name: one for one in collector.figures}
    assert set(figures) == {"grace_queue_depth", "grace_jobs_ended", "grace_job_wait"}
    assert {one.service for one in collector.figures} == {"grace-api"}
    assert (figures["grace_queue_depth"].value, figures["grace_queue_depth"].said) == (7.0, {"pool": "healing"})
    assert (figures["grace_jobs_ended"].value, figures["grace_jobs_ended"].monotonic) == (3.0, True)
    assert figures["grace_job_wait"].buckets == [2, 3, 1]
    assert figures["grace_job_wait"].value == 9.5


def test_they_are_sent_again_and_again_until_it_is_closed() -> None:
    with receiving() as collector:
        sending = sender(collector.url, every=0.05)
        until(lambda: len(collector.figures) > 3 * 4, within=10)
        sending.close()
        known = len(collector.figures)
        assert not any(one.name == "figures" for one in threading.enumerate())
        assert len(collector.figures) == known


def test_while_the_collector_is_dead_nothing_is_read_and_an_unreachable_database_is_not_its_fault() -> None:
    read, clock = [0], FakeClock()

    def counted() -> Iterable[Metric]:
        read[0] += 1
        return families()

    sending = sender("http://127.0.0.1:9", counted, clock=clock)
    assert [sending.send() for _ in range(6)] == [False] * 6
    assert read == [COLLECTOR.policy.failures]
    sending.close()

    def unreachable() -> Iterable[Metric]:
        raise TransientError("the database is away")

    with receiving() as collector:
        sending = sender(collector.url, unreachable)
        assert [sending.send() for _ in range(5)] == [True] * 5
        assert collector.figures == []
        sending.close()


def test_an_error_that_no_one_expected_is_logged_once_and_the_next_figures_are_sent() -> None:
    broken = iter([LookupError("a"), ValueError("b")])

    def read() -> Iterable[Metric]:
        if (error := next(broken, None)) is not None:
            raise error
        return families()

    with receiving() as collector, capture_logs() as logged:
        sending = sender(collector.url, read, every=0.02)
        until(lambda: collector.figures, within=10)
        sending.close()
    assert [one["event"] for one in logged] == ["figures_broke"]


def test_a_figure_with_too_many_series_is_cut_off() -> None:
    many = GaugeMetricFamily("grace_many", "Many", labels=["of"])
    for number in range(MOST_SERIES + 5):
        many.add_metric([str(number)], 1)
    (found,) = exported(many, 0, 1)
    assert len(found.data.data_points) == MOST_SERIES


@pytest.mark.parametrize(
    ("given", "seconds"), [("", 60.0), ("5000", 5.0), ("0", 1.0), ("-5", 60.0), ("soon", 60.0), ("1.5", 60.0)]
)
def test_the_environment_says_how_often(given: str, seconds: float) -> None:
    assert interval({"OTEL_METRIC_EXPORT_INTERVAL": given}) == seconds
    assert interval({}) == 60.0


def test_without_a_collector_nothing_that_sends_figures_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
