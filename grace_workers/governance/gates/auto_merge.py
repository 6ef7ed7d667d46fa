"""Whether a patch may reach a branch that people use without a person's look."""

from grace_workers.governance.ruling import Allow, Case, Gate, Ruling, ask
from grace_workers.playbooks import Mode

MERGES = frozenset({"apply_patch"})


def judge(case: Case) -> Ruling:
    """Ask for a review unless the policy lists every target that a patch is applied to."""
    merged = sorted({step.target for step in case.plan.steps if step.primitive in MERGES})
    unlisted = [name for name in merged if name not in case.policy.auto_merge]
    if not unlisted:
        return Allow()
    why = f"the policy's auto_merge does not list {', '.join(unlisted)}, so a person reads the patch first"
    return ask(Mode.REVIEW, why)


DEFINITION = Gate(
    name="auto_merge",
    summary="A patch is merged without a person only where the policy lists the code's target.",
    judge=judge,
)
