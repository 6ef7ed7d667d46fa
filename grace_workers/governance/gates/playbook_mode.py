"""What the playbook itself, or the fleet as a whole, requires beyond the domain."""

from grace_workers.governance.ruling import Case, Gate, Ruling, ask
from grace_workers.playbooks import Mode


def judge(case: Case) -> Ruling:
    """Ask as the stricter of the playbook and the fleet's minimum requires."""
    own, floor = case.plan.mode or Mode.AUTO, case.facts.mode_floor
    if floor.strictness > own.strictness:
        return ask(floor, f"the fleet runs nothing below {floor}")
    return ask(own, f"playbook {case.plan.playbook} requires {own}")


DEFINITION = Gate(name="playbook_mode", summary="A playbook or the fleet may be stricter than a domain.", judge=judge)
