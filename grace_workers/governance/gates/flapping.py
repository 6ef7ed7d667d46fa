"""Conditions that come and go.

A run that seemed to heal such a condition did not: it came back, or it had ended by itself. Acting again and again
wears the target down and hides the cause.
"""

from grace_workers.governance.ruling import Allow, Case, Gate, Ruling, ask
from grace_workers.playbooks import Mode


def judge(case: Case) -> Ruling:
    """Ask for a review of a plan for a condition that flaps."""
    if not case.facts.flapping:
        return Allow()
    return ask(Mode.REVIEW, f"the problem on {case.plan.target} comes and goes, and what was done did not end it")


DEFINITION = Gate(
    name="flapping", summary="A problem that keeps coming back is acted on only with a person's approval.", judge=judge
)
