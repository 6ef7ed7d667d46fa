"""How many runs may be in progress at once."""

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling
from grace_workers.governance.storm import CROWDED_FOR, crowded


def judge(case: Case) -> Ruling:
    """Refuse, for the moment, a run beyond the limit of the fleet or of a label that its targets have."""
    facts = case.facts
    if facts.load is None:
        return Refuse(why="it is unknown how many runs are in progress")
    why = crowded(facts.scopes, facts.load, case.policy.storm)
    return Allow() if why is None else Refuse(why=why, retry_at=case.now + CROWDED_FOR)


DEFINITION = Gate(name="runs_at_once", summary="Only so many runs at once, in the fleet and by label.", judge=judge)
