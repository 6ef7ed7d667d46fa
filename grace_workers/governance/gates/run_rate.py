"""How often an hour a playbook may run on one target."""

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling


def judge(case: Case) -> Ruling:
    """Refuse the run that would exceed the limit within the hour."""
    past, most = case.facts.history, case.plan.guards.max_runs_per_hour
    if past is None:
        return Refuse(why="it is unknown how often the playbook ran")
    if past.runs_last_hour < most:
        return Allow()
    ran = f"{case.plan.playbook} ran {past.runs_last_hour} times on {case.plan.target} within an hour"
    return Refuse(why=f"{ran}; the limit is {most}, so the fault that it repairs keeps coming back")


DEFINITION = Gate(name="run_rate", summary="A playbook that runs too often hides the real fault.", judge=judge)
