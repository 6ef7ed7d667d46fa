"""A no that is still in force: what people refused is neither done nor asked again as if they had said nothing."""

from grace_workers.governance.decision import Involvement
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling, ask


def judge(case: Case) -> Ruling:
    """Ask again, showing the no, on a request or for another problem; otherwise refuse what was refused.

    A retry makes its author a proposer, so another person has to approve.
    """
    no = case.facts.rejection
    if no is None or case.now >= no.at + case.policy.no_stands:
        return Allow()
    what = f"{case.plan.playbook} on {case.plan.target}"
    words = f"{no.by} rejected {what} at {no.at:%Y-%m-%d %H:%M} UTC: {no.reason}"
    wanted = any(one.part is not Involvement.SIGNAL and one.at >= no.at for one in case.facts.proposers)
    if no.same_problem and not wanted:
        return Refuse(why=f"{words}; retry to ask people again; the person who retries cannot approve")
    return ask(no.mode, words, quorum=no.quorum, role=no.role)


DEFINITION = Gate(
    name="standing_no", summary=("What people rejected is not done later without asking them."), judge=judge
)
