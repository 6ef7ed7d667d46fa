"""The last hours of a pool as two small lines: how many jobs it ended, and how long they had waited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from grace_workers.entrypoints.dashboard.wording import span

STEP, TALL = 2, 18


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCourse:
    """The points of the two lines, in a box of this width, and a sentence that says the same as each."""

    width: int
    ended: Sequence[tuple[int, float]]
    waited: Sequence[tuple[int, float]]
    ended_words: str
    waited_words: str


def course_of(pool: str, course: Mapping[str, Any]) -> PoolCourse:
    """Return the lines of one pool; a slice that is absent had no job."""
    every = timedelta(seconds=course["every"])
    first, last = (_slice(course[name], every) for name in ("since", "until"))
    mine = {_slice(one["at"], every): one for one in course["slices"] if one["pool"] == pool}
    slices = [mine.get(at, {"ended": 0, "waited": 0.0}) for at in range(first, last + 1)]
    ended, waited = [one["ended"] for one in slices], [one["waited"] for one in slices]
    total, whole = sum(ended), span(((last - first) * every).total_seconds())
    jobs, most = f"{total:,} {'job' if total == 1 else 'jobs'}", f"{max(ended):,} in {span(every.total_seconds())}"
    mean = sum(one["ended"] * one["waited"] for one in slices) / total if total else None
    return PoolCourse(
        width=STEP * (len(slices) - 1),
        ended=_line(ended),
        waited=_line(waited),
        ended_words=f"{jobs} in {whole}, at most {most}",
        waited_words=f"waited {span(mean)} on average, at most {span(max(waited))}" if total else "none waited",
    )


def _slice(at: str, every: timedelta) -> int:
    return int(datetime.fromisoformat(at).timestamp() // every.total_seconds())


def _line(values: Sequence[float]) -> Sequence[tuple[int, float]]:
    """Return the points, from the floor up; the highest value fills the height."""
    most = max(values, default=0) or 1
    return [(STEP * at, round(TALL - TALL * value / most, 1)) for at, value in enumerate(values)]
