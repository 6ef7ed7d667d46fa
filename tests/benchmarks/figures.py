"""How the benchmarks write a spread."""

from collections.abc import Sequence


def quantiles(seconds: Sequence[float]) -> str:
    """Return median, 99th percentile, largest, and how many there were."""
    if not seconds:
        return "nothing was measured"
    ordered = sorted(seconds)
    at = min(len(ordered) - 1, int(len(ordered) * 0.99))
    return (
        f"p50 {ordered[len(ordered) // 2]:.3f} s, p99 {ordered[at]:.3f} s, max {ordered[-1]:.3f} s, {len(ordered)} runs"
    )
