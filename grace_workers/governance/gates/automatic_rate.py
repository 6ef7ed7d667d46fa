"""How often an hour the fleet may act by itself, until a person lifts the brake."""

from grace_workers.governance.approval import wanted
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling
from grace_workers.governance.storm import braked_by


def judge(case: Case) -> Ruling:
    """Refuse a run that no person wants while a brake is on in one of its scopes, or their hour is used up."""
    facts = case.facts
    if facts.load is None:
        return Refuse(why="it is unknown how often the fleet acted by itself")
    if wanted(case.plan, facts):
        return Allow()
    why = braked_by(facts.scopes, facts.load, case.policy.storm)
    return Allow() if why is None else Refuse(why=why)


DEFINITION = Gate(name="automatic_rate", summary="Past a number of runs an hour, only people may act.", judge=judge)
