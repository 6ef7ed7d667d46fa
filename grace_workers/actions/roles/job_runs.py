"""`JobRuns`: a job that runs to its end, once or again and again, and can be run once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One run of the job. `key` is that of the call that began it, None for any other; `why` says how it failed."""

    name: str
    state: RunState
    key: str | None = None
    why: str = ""


class JobRuns(Protocol):
    """The runs of one job that are still known."""

    def runs(self) -> Sequence[JobRun]:
        """Return all of them, the newest first."""

    def run_again(self, key: str) -> JobRun:
        """Begin one more run, and return. Idempotent by `key`.

        Raises:
            ConflictError: another run is in progress.
            NotFoundError: there is no such job, or no run of it to repeat.
            PermanentError: the run would be gone before anyone saw how it ended.
        """

    def remove(self, name: str) -> None:
        """Remove a run that has ended, and what is left of it. Idempotent."""


def failed_since(runs: Sequence[JobRun]) -> Sequence[JobRun]:
    """Return the failed runs after the last one that succeeded, the newest first."""
    good = next((at for at, one in enumerate(runs) if one.state is RunState.SUCCEEDED), len(runs))
    return [one for one in runs[:good] if one.state is RunState.FAILED]
