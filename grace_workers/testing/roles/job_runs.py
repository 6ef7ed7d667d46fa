"""A job in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from grace_workers.actions import JobRun, JobRuns, RunState
from grace_workers.foundation.errors import ConflictError


@dataclass(slots=True)
class MemoryJob(JobRuns):
    """`JobRuns` whose first run failed. A new one ends as `ends` says, at once."""

    known: list[JobRun] = field(
        default_factory=lambda: [JobRun(name="nightly-1", state=RunState.FAILED, why="exit code 1")]
    )
    ends: RunState = RunState.SUCCEEDED

    def runs(self) -> Sequence[JobRun]:
        return list(self.known)

    def run_again(self, key: str) -> JobRun:
        for one in self.known:
            if one.key == key:
                return one
        if any(one.state is RunState.RUNNING for one in self.known):
            raise ConflictError("a run is in progress")
        made = JobRun(name=f"nightly-again-{key[-6:]}", state=self.ends, key=key)
        if self.ends is RunState.FAILED:
            made = replace(made, why="exit code 1")
        self.known.insert(0, made)
        return made

    def remove(self, name: str) -> None:
        self.known = [one for one in self.known if one.name != name]
