"""Causes that only texts suggest.

An alert, a log line or an earlier success is only a claim. Anyone who can write a line into a log could otherwise make
a playbook run. So a person decides what no current reading shows.
"""

from grace_workers.governance.approval import same_person
from grace_workers.governance.ruling import Allow, Case, Gate, Ruling, ask
from grace_workers.playbooks import FLEET, REQUESTED, Mode


def judge(case: Case) -> Ruling:
    """Ask for a review of a plan whose cause no reading showed; a playbook that a person chose is exempt."""
    plan = case.plan
    if plan.measured or (plan.cause == REQUESTED and not same_person(plan.proposer, FLEET)):
        return Allow()
    return ask(Mode.REVIEW, f"no reading shows {plan.cause} on {plan.target}; only texts or earlier runs suggest it")


DEFINITION = Gate(name="words_alone", summary="A diagnosis from texts alone needs a person's approval.", judge=judge)
