"""What one run of the suite showed: what was collected, how each test ended, and which lines it executed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Lines = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """How one test ended. `frames` are file and line of the traceback within the tree, outermost first.

    `parts` are its subtests, each with its own lines.
    """

    __test__ = False

    name: str
    outcome: str
    seconds: float = 0.0
    hung: bool = False
    lines: Lines
    error: str = ""
    message: str = ""
    frames: tuple[tuple[str, int], ...] = ()
    parts: tuple["TestRun", ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it failed, by assertion, error or hanging."""
        return self.outcome == "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A whole run. `code` is pytest's exit code. A file that could not be collected counts as a failed test."""

    collected: tuple[str, ...]
    runs: Mapping[str, TestRun]
    code: int

    @property
    def failing(self) -> tuple[TestRun, ...]:
        """The tests that failed, in order."""
        return tuple(run for run in self.runs.values() if run.failed)

    @property
    def passing(self) -> tuple[TestRun, ...]:
        """The tests that passed, in order."""
        return tuple(run for run in self.runs.values() if run.outcome == "passed")

    @property
    def ends(self) -> Iterator["TestRun"]:
        """What passed and what failed, each with its lines: the subtests of a test that has some, or else the test."""
        for run in (*self.failing, *self.passing):
            told = any(part.failed for part in run.parts) if run.failed else bool(run.parts)
            yield from run.parts if told else (run,)

    @property
    def hanging(self) -> frozenset[str]:
        """The tests that exceeded their time."""
        return frozenset(run.name for run in self.runs.values() if run.hung)

    def unlike(self, other: "Recording") -> tuple[str, ...]:
        """Return the tests that are in one run only, or ended differently in the other."""
        names = dict.fromkeys((*self.runs, *other.runs))
        return tuple(name for name in names if _outcome(self, name) != _outcome(other, name))


def recorded(events: Sequence[Mapping[str, Any]]) -> Recording:
    """Return the run that the trial program's events describe."""
    collected: tuple[str, ...] = ()
    runs: dict[str, TestRun] = {}
    seen: list[Lines] = []
    for event in events:
        if event["event"] == "collected":
            collected = tuple(event["ids"])
        elif event["event"] == "uncollected":
            runs[event["id"]] = TestRun(
                name=event["id"], outcome="failed", lines={}, error="CollectError", **_told(event)
            )
        elif event["event"] == "test":
            run = _run(event, seen)
            run = replace(run, parts=(run,)) if event.get("part") else run
            runs[run.name] = _joined(runs[run.name], run) if run.name in runs else run
    return Recording(collected=collected, runs=runs, code=int(events[-1]["code"]))


def _run(event: Mapping[str, Any], seen: list[Lines]) -> TestRun:
    hits = event["hits"]
    if not isinstance(hits, int):
        seen.append(hits)
    return TestRun(
        name=event["id"],
        outcome=event["outcome"],
        seconds=float(event["seconds"]),
        hung=bool(event["hung"]),
        lines=seen[hits] if isinstance(hits, int) else hits,
        error=event.get("error", ""),
        **_told(event),
    )


def _joined(known: TestRun, more: TestRun) -> TestRun:
    """Return the run that two reports of one test describe: its subtests are told of before the whole."""
    worse = known if known.failed or not (more.failed or known.parts) else more
    lines = {
        name: sorted({*known.lines.get(name, ()), *more.lines.get(name, ())}) for name in {*known.lines, *more.lines}
    }
    return replace(
        worse,
        lines=lines,
        seconds=max(known.seconds, more.seconds),
        hung=known.hung or more.hung,
        parts=(*known.parts, *more.parts),
    )


def _told(event: Mapping[str, Any]) -> dict[str, Any]:
    frames = tuple((str(file), int(line)) for file, line in event.get("frames", ()))
    return {"message": str(event.get("message", "")), "frames": frames}


def _outcome(recording: Recording, name: str) -> str:
    run = recording.runs.get(name)
    return run.outcome if run is not None else "not run"
