"""How many targets of a service must stay healthy."""

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling
from grace_workers.governance.storm import CROWDED_FOR, too_few_healthy


def judge(case: Case) -> Ruling:
    """Refuse, for the moment, a plan that would leave a service with fewer healthy targets than its minimum."""
    facts, plan = case.facts, case.plan
    if facts.load is None:
        return Refuse(why="it is unknown which targets are healthy")
    why = too_few_healthy(plan, facts.members, facts.load, case.policy.storm)
    return Allow() if why is None else Refuse(why=why, retry_at=case.now + CROWDED_FOR)


DEFINITION = Gate(name="minimum_healthy", summary="A service keeps a minimum of healthy targets.", judge=judge)
