"""What is declared elsewhere is changed there.

A GitOps controller puts a change of what it manages back within minutes. Then the problem returns, and the fleet would
change it again, against the controller.
"""

from grace_workers.governance.policy import RuleEffect
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling, ask
from grace_workers.playbooks import Mode


def judge(case: Case) -> Ruling:
    """Ask or refuse, as the policy says, where something is known to put a step's change back."""
    effect = case.policy.declared_elsewhere
    pairs = zip(case.plan.steps, case.facts.steps or (), strict=False)
    found = sorted({f"{step.target} by {traits.put_back_by}" for step, traits in pairs if traits.put_back_by})
    if not found or effect is RuleEffect.ALLOW:
        return Allow()
    why = f"what the plan changes is put back on {', '.join(found)}; change it there, or suspend that first"
    return Refuse(why=why) if effect is RuleEffect.REFUSE else ask(Mode(effect.value), why)


DEFINITION = Gate(
    name="declared_elsewhere", summary="What a GitOps controller would put back is not changed silently.", judge=judge
)
