"""Runs that do not bring a reading nearer to its bound."""

from itertools import takewhile

from grace_workers.governance.approval import wanted
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling, ask
from grace_workers.governance.storm import Attempt
from grace_workers.playbooks import Mode

LEAST = 0.1
"""The share of the way to the bound that a run must cover to count as an approach."""


def judge(case: Case) -> Ruling:
    """Refuse after several runs, of any playbook, that moved nothing; after the policy's pause, ask people."""
    load, plan = case.facts.load, case.plan
    if load is None:
        return Refuse(why="it is unknown what earlier runs achieved")
    stuck = list(takewhile(_moved_nothing, load.attempts))
    if len(stuck) < case.policy.storm.unmoved_after or wanted(plan, case.facts):
        return Allow()
    tried = ", ".join(dict.fromkeys(one.playbook for one in stuck))
    words = (
        f"the last {len(stuck)} runs against {plan.cause} on {plan.target} ({tried}) brought no reading nearer to its "
    )
    words += "bound"
    if case.now < stuck[0].at + case.policy.ineffective_pause:
        return Refuse(why=f"{words}; a person must investigate")
    return ask(Mode.PERMISSION, words)


def _moved_nothing(attempt: Attempt) -> bool:
    return not attempt.helped and (attempt.approach is None or attempt.approach < LEAST)


DEFINITION = Gate(
    name="not_approaching", summary="Runs that move no reading towards its bound are not continued.", judge=judge
)
