"""The last rung of the ladder: the newest commit without which everything passes."""

from collections.abc import Mapping
from dataclasses import dataclass

from grace_workers.coding.baseline import Baseline
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.localise import localise
from grace_workers.coding.engines.repair.verifying import objection_to
from grace_workers.coding.repository import PastCommit
from grace_workers.coding.suite import RecordingPlan

_SUSPECTS, _COMMITS = 6, 5


@dataclass(frozen=True, slots=True)
class Reverted:
    """A commit, and the files without what it changed."""

    commit: PastCommit
    files: Mapping[str, bytes]
    before: Mapping[str, bytes]


def reverted(baseline: Baseline, deadline: Deadline) -> Reverted | None:
    """Return the newest commit to a suspicious file without which the whole suite passes; None if there is none.

    A commit that added or deleted files is not tried, nor one that later commits built on.
    """
    files = tuple(dict.fromkeys(one.file for one in localise(baseline.traced, baseline.tree, baseline.sources)))
    folder = baseline.suite.folder
    for commit in baseline.repository.commits_of(files[:_SUSPECTS], _COMMITS):
        if deadline.left <= 0:
            return None
        baseline.renew()
        changed = baseline.repository.take_out(commit.id, folder)
        if not changed or not all(name in baseline.sources and (folder / name).is_file() for name in changed):
            continue
        made = {name: (folder / name).read_bytes() for name in changed}
        after = baseline.suite.record(deadline, how=RecordingPlan(allowance=60.0, seed=2))
        baseline.renew()
        if objection_to(baseline.timed, after) is None:
            return Reverted(commit, made, {name: baseline.tree.read(name) for name in changed})
    return None
