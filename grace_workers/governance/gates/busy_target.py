"""Targets on which another run is at work."""

from datetime import timedelta

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling

WAIT = timedelta(seconds=5)


def judge(case: Case) -> Ruling:
    """Refuse while another contract is in force on a target of the plan."""
    if case.facts.busy is None:
        return Refuse(why="it is unknown whether the targets are busy")
    taken = sorted({case.plan.target, *case.plan.targets} & case.facts.busy)
    if not taken:
        return Allow()
    return Refuse(why=f"another run is working on {', '.join(taken)}", retry_at=case.now + WAIT)


DEFINITION = Gate(name="busy_target", summary="One run at a time per target.", judge=judge)
