"""Facts that could not be read."""

from grace_workers.governance.ruling import Allow, Case, Gate, Refuse, Ruling


def judge(case: Case) -> Ruling:
    """Refuse when any fact for a decision is missing: if governance cannot decide, the answer is no."""
    facts = case.facts
    missing = [name for name in ("steps", "history", "kill", "freeze", "busy", "load") if getattr(facts, name) is None]
    if facts.steps is not None:
        if not case.plan.steps or len(facts.steps) != len(case.plan.steps):
            missing.append("traits of every step")
        if any(step.blast is None for step in facts.steps):
            missing.append("the blast radius of every step")
    because = f", because {facts.obstacle}" if facts.obstacle and facts.steps is None else ""
    return Refuse(why=f"not known: {', '.join(missing)}{because}") if missing else Allow()


DEFINITION = Gate(name="missing_facts", summary="A plan that cannot be judged is refused.", judge=judge)
