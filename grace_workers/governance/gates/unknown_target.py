"""Targets that are not declared."""

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling


def judge(case: Case) -> Ruling:
    """Refuse a plan that touches a target which is not declared."""
    wanted = {case.plan.target, *case.plan.targets}
    unknown = sorted(wanted - case.facts.targets.keys())
    return Refuse(why=f"target {', '.join(unknown)} is not declared in grace.yaml") if unknown else Allow()


DEFINITION = Gate(name="unknown_target", summary="Only declared targets are touched.", judge=judge)
