"""The pause between two runs of a playbook on one target."""

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling


def judge(case: Case) -> Ruling:
    """Refuse until the playbook's cooldown on this target has passed."""
    past = case.facts.history
    if past is None:
        return Refuse(why="it is unknown when the playbook last ran")
    if past.last_run_at is None or case.now >= past.last_run_at + case.plan.guards.cooldown:
        return Allow()
    until = past.last_run_at + case.plan.guards.cooldown
    words = f"{case.plan.playbook} ran on {case.plan.target} recently; its cooldown ends at {until:%H:%M:%S} UTC"
    return Refuse(why=words, retry_at=until)


DEFINITION = Gate(name="cooldown", summary="A target rests between two runs of a playbook.", judge=judge)
