"""Freezes that are limited in time or to some targets or causes."""

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling
from grace_workers.governance.window import MaintenanceWindow, WindowEffect


def judge(case: Case) -> Ruling:
    """Refuse a plan that a window covers, until its occurrence ends."""
    windows = case.facts.windows
    if windows is None:
        return Refuse(why="the maintenance windows could not be read")
    for window in windows:
        until = window.in_force(case.now) if window.effect is WindowEffect.FREEZE else None
        if until is not None and _covers(window, case):
            return Refuse(why=f"frozen until {until:%Y-%m-%d %H:%M %Z} by {window.said}", retry_at=until)
    return Allow()


def _covers(window: MaintenanceWindow, case: Case) -> bool:
    """Return whether one target of the plan is in the scope; one that is not known counts as every target."""
    names = {case.plan.target, *case.plan.targets}
    known = case.facts.targets
    return any(
        name not in known or window.scope.covers(name, known[name].labels, cause=case.plan.cause) for name in names
    )


DEFINITION = Gate(name="maintenance", summary="No new run begins on what a maintenance window freezes.", judge=judge)
