"""Whether a run of the whole suite speaks for a change."""

from grace_workers.coding.recording import Recording


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
