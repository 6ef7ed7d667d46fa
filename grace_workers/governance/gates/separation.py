"""Separation of duties: the proposer does not approve."""

from grace_workers.governance.approval import same_person
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling


def judge(case: Case) -> Ruling:
    """Refuse a plan whose proposer is unknown, or approved it; a yes from others who caused it is not counted."""
    plan = case.plan
    if not plan.proposer.strip():
        return Refuse(why="it is unknown who proposed the plan, so no one can be told apart from them")
    for answer in case.facts.approvals:
        if (
            answer.approved
            and not answer.breaks_glass
            and answer.plan_digest == plan.digest
            and any(same_person(one, plan.proposer) for one in answer.persons)
        ):
            return Refuse(why=f"{answer.by} proposed the plan, or stands in for who did, and approved it too")
    return Allow()


DEFINITION = Gate(name="separation", summary="The person who proposes a plan cannot approve it.", judge=judge)
