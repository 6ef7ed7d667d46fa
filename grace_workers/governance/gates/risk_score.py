"""The risk score compared with its thresholds."""

from grace_workers.governance.ruling import Allow, Case, Gate, Ruling, ask
from grace_workers.playbooks import Mode


def judge(case: Case) -> Ruling:
    """Ask for a review or a permission once the score reaches the policy's threshold."""
    score, limits = case.risk.score, case.policy.thresholds
    if score >= limits.permission:
        return ask(Mode.PERMISSION, f"risk {score:.2f} reaches {limits.permission:.2f}")
    if score >= limits.review:
        return ask(Mode.REVIEW, f"risk {score:.2f} reaches {limits.review:.2f}")
    return Allow()


DEFINITION = Gate(name="risk_score", summary="The higher the risk, the more people must agree.", judge=judge)
