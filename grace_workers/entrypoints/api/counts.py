"""Counters of this API process, which start at zero. Unlike the fleet's figures, they must be summed over all APIs."""

import threading
from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric

LOGINS = ("missing", "malformed", "refused", "throttled")


class RequestCounts:
    """Counts of received and refused requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logins: Counter[str] = Counter(dict.fromkeys(LOGINS, 0))
        self._signals: Counter[tuple[str, str]] = Counter()
        self._left_out: Counter[tuple[str, str]] = Counter()

    def login(self, why: str) -> None:
        """Count a login that failed."""
        with self._lock:
            self._logins[why] += 1

    def signal(self, source: str, fate: str) -> None:
        """Count the outcome of a signal."""
        with self._lock:
            self._signals[source, fate] += 1

    def left_out(self, source: str, *, whole: bool) -> None:
        """Count what was left out of a delivery: a whole alert, or a part of one."""
        with self._lock:
            self._left_out[source, "alert" if whole else "part"] += 1

    def collect(self) -> Iterator[Metric]:
        """Yield the counters."""
        with self._lock:
            logins, signals, left_out = dict(self._logins), dict(self._signals), dict(self._left_out)
        failed = CounterMetricFamily("grace_api_logins_failed", "Failed logins at this API", labels=["why"])
        for why, count in logins.items():
            failed.add_metric([why], count)
        fates = CounterMetricFamily(
            "grace_api_signals", "Signals accepted by this API, by what they led to", labels=["source", "fate"]
        )
        for (source, fate), count in signals.items():
            fates.add_metric([source, fate], count)
        lost = CounterMetricFamily(
            "grace_api_signals_left_out", "Parts of deliveries that this API did not accept", labels=["source", "what"]
        )
        for (source, what), count in left_out.items():
            lost.add_metric([source, what], count)
        yield from (failed, fates, lost)
