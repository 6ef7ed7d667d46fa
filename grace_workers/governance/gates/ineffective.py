"""Runs that completed and did not help."""

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling, ask
from grace_workers.playbooks import Mode


def judge(case: Case) -> Ruling:
    """Refuse after too many ineffective runs in a row; after the policy's pause, continue only with permission."""
    past, most = case.facts.history, case.plan.guards.stop_after_ineffective
    if past is None:
        return Refuse(why="it is unknown whether the playbook helped")
    if past.ineffective_streak < most:
        return Allow()
    streak = f"{case.plan.playbook} did not help {case.plan.target} {past.ineffective_streak} times in a row"
    if past.last_run_at is None or case.now < past.last_run_at + case.policy.ineffective_pause:
        return Refuse(why=f"{streak}; a person must investigate")
    return ask(Mode.PERMISSION, streak)


DEFINITION = Gate(name="ineffective", summary="A playbook that did not help is not repeated.", judge=judge)
