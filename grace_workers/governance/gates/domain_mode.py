"""The default of the plan's domain (H1)."""

from grace_workers.actions import domain_of
from grace_workers.governance.ruling import Case, Gate, Ruling, ask
from grace_workers.playbooks import DEFAULT_MODES, strictest


def judge(case: Case) -> Ruling:
    """Ask as the strictest domain requires: the plan's own, or one that its steps and targets' owners imply now."""
    facts, plan = case.facts, case.plan
    touched = [(plan.target, plan.aspect)]
    touched += [(step.target, traits.aspect) for step, traits in zip(plan.steps, facts.steps or (), strict=False)]
    known = [(facts.targets[name], aspect) for name, aspect in touched if name in facts.targets]
    domains = [plan.domain, *(domain_of(target.owner, aspect) for target, aspect in known)]
    domain = strictest(domains)
    return ask(DEFAULT_MODES[domain], f"domain {domain} requires {DEFAULT_MODES[domain]}")


DEFINITION = Gate(name="domain_mode", summary="Every domain has a default mode that nothing can loosen.", judge=judge)
