"""Whether a change is sound: it answers nothing by heart, and the whole suite passes with it."""

from collections.abc import Mapping

from grace_workers.coding.baseline import Baseline
from grace_workers.coding.copy_file import write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.repair.memorised import OBJECTION, memorised
from grace_workers.coding.recording import Recording
from grace_workers.coding.suite import RecordingPlan


def objection_of(baseline: Baseline, files: Mapping[str, bytes], deadline: Deadline) -> str | None:
    """Return what is wrong with changed files by themselves and by the whole suite over a clean copy, or None."""
    baseline.renew()
    try:
        if memorised(baseline, files):
            return OBJECTION
        for name, content in files.items():
            write_file(baseline.suite.folder, name, content)
        # Hash seeds differ from before, so that a result that depends on their order is not verified.
        for seed in (2, 3):
            after = baseline.suite.record(deadline, how=RecordingPlan(allowance=60.0, seed=seed))
            objection = objection_to(baseline.timed, after)
            if objection is not None:
                return objection
    finally:
        baseline.renew()
    return None


def objection_to(before: Recording, after: Recording | None) -> str | None:
    """Return what a run with the change shows against it, compared with the run before; None if nothing."""
    if after is None:
        return "the whole suite did not end within the budget"
    if after.collected != before.collected:
        return "other tests are collected than before"
    failing = [run.name for run in after.failing]
    if failing or after.code != 0:
        return f"the whole suite fails: {', '.join(failing[:3]) or f'exit code {after.code}'}"
    fewer = [
        name for name, run in before.runs.items() if run.outcome != "skipped" and after.runs[name].outcome == "skipped"
    ]
    return f"newly skipped: {', '.join(fewer[:3])}" if fewer else None
