"""The team's own ordered rules."""

from grace_workers.governance.policy import Circumstances, RuleEffect, Touched
from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling, ask
from grace_workers.playbooks import Mode


def judge(case: Case) -> Ruling:
    """Return the ruling of the first rule that applies."""
    rule = case.policy.rule_for(_circumstances(case))
    if rule is None or rule.effect is RuleEffect.ALLOW:
        return Allow()
    why = f"rule {rule.name}: {rule.why}"
    if rule.when.environments and case.facts.environment is None:
        why += f" (the environment is unknown, so {', '.join(rule.when.environments)} counts as met)"
    if rule.effect is RuleEffect.REFUSE:
        return Refuse(why=why)
    return ask(Mode(rule.effect.value), why, quorum=rule.quorum, role=rule.role)


def _circumstances(case: Case) -> Circumstances:
    plan, facts = case.plan, case.facts
    touched = [facts.targets[name] for name in sorted({plan.target, *plan.targets}) if name in facts.targets]
    return Circumstances(
        domain=plan.domain,
        aspect=plan.aspect,
        targets=tuple(Touched(kind=target.kind, labels=dict(target.labels)) for target in touched),
        playbook=plan.playbook,
        risk=case.risk.score,
        hour=case.policy.local(case.now).hour,
        environment=facts.environment,
    )


DEFINITION = Gate(name="policy_rules", summary="The team's rules, the first that applies.", judge=judge)
