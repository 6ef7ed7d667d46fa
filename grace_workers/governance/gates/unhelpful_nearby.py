"""A remedy that did not help the neighbours."""

from grace_workers.governance.approval import wanted
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling


def judge(case: Case) -> Ruling:
    """Refuse a playbook that lately missed on other targets of the service, unless a person wants it."""
    load, most = case.facts.load, case.policy.storm.unhelpful_on
    if load is None:
        return Refuse(why="it is unknown whether the playbook helped the neighbours")
    missed = sorted(set(load.missed) - {case.plan.target})
    if len(missed) < most or wanted(case.plan, case.facts):
        return Allow()
    words = f"{case.plan.playbook} did not help {', '.join(missed[:5])}{' …' if missed[5:] else ''} of the same service"
    return Refuse(why=f"{words} within an hour; it is not tried on {case.plan.target} too until a person looks")


DEFINITION = Gate(
    name="unhelpful_nearby", summary="What did not help a service's targets is not tried on the next.", judge=judge
)
