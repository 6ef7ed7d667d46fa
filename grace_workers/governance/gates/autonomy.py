"""How far the playbook may act by itself."""

from grace_workers.governance.approval import wanted
from grace_workers.governance.autonomy import AutonomyLevel
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling, ask
from grace_workers.playbooks import Mode


def judge(case: Case) -> Ruling:
    """Refuse below L2 what no person wants, and ask for a review at L2."""
    level, plan = case.facts.autonomy, case.plan
    if level is None:
        return Refuse(why="it is unknown how far the playbook may act by itself")
    if level.rank > AutonomyLevel.ASK.rank or wanted(plan, case.facts):
        return Allow()
    where = f"{plan.playbook} is at {level} in {plan.domain}"
    if level is AutonomyLevel.ASK:
        return ask(Mode.REVIEW, f"{where}: it acts when a person approves")
    if level is AutonomyLevel.OBSERVE:
        return Refuse(why=f"{where}: the fleet only observes")
    order = f"grace heal {plan.target} --playbook {plan.playbook} --reason '…'"
    return Refuse(why=f"{where}: it is only proposed; `{order}` runs it")


DEFINITION = Gate(name="autonomy", summary="A playbook acts by itself as far as it has earned.", judge=judge)
