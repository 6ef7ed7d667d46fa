"""What depends on something that is being mended waits for it."""

from datetime import timedelta

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling

WAIT = timedelta(seconds=5)


def judge(case: Case) -> Ruling:
    """Refuse, for the moment, while something that the target depends on is down and under way, or being acted on."""
    load = case.facts.load
    if load is None:
        return Refuse(why="it is unknown whether something that the target depends on is down")
    mending = {name for name, under_way in load.down.items() if under_way} | load.held
    near = sorted(mending & case.facts.upstream - case.plan.targets)
    if not near:
        return Allow()
    return Refuse(why=f"{case.plan.target} depends on {', '.join(near)}, which comes first", retry_at=case.now + WAIT)


DEFINITION = Gate(name="dependencies", summary="What a target depends on is mended first.", judge=judge)
