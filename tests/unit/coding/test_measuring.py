"""Measuring how long code takes: every run begins as the first one did."""

import signal
import sys

from grace_workers.coding.trial.measuring import Measurement
from grace_workers.coding.trial.swap import Swap

SHOP = "import functools\n\nCALLS = []\n\n\n@functools.cache\ndef price(n):\n    CALLS.append(n)\n    return n\n"
BENCHMARK = "from shop_of_measuring import price\n\n\ndef run():\n    return price(3) + price(3)\n"


def test_a_run_of_a_benchmark_finds_no_results_that_another_run_kept(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "shop_of_measuring.py").write_text(SHOP, encoding="utf-8")
    (tmp_path / "bench_of_measuring.py").write_text(BENCHMARK, encoding="utf-8")
    earlier = signal.getsignal(signal.SIGPROF)
    request = {"file": "shop_of_measuring.py", "function": "price", "benchmark": "bench_of_measuring.py", "inputs": ""}
    try:
        measurement = Measurement(tmp_path, request)
        told, *_ = measurement.begun(request, [], Swap(tmp_path))
        measurement.timed("small", 0.0)
        assert [one.split()[0] for one in told["small"]] == ["6"]
        assert sys.modules["shop_of_measuring"].CALLS == [3, 3]
    finally:
        signal.signal(signal.SIGPROF, earlier)
        sys.modules.pop("shop_of_measuring", None)
