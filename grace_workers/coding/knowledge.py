"""What the coding agent can do and goes by, for people: its tasks, intents, plans, kinds of edits and rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.coding.catalogs import coding_intents, coding_tasks, hunter_rules, refactoring_plans
from grace_workers.coding.engines.repair.priors import edit_operators, weight_of
from grace_workers.coding.engines.repair.proposal import EditOperator


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSkill:
    """One thing by its name; `weight` is the share of fixes of a kind of edit, and None for everything else."""

    name: str
    about: str
    weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingKnowledge:
    """Everything, by kind, in the order of names."""

    tasks: Sequence[KnownSkill]
    intents: Sequence[KnownSkill]
    plans: Sequence[KnownSkill]
    edits: Sequence[KnownSkill]
    rules: Sequence[KnownSkill]


def coding_knowledge() -> CodingKnowledge:
    """Return what is known here."""
    return CodingKnowledge(
        tasks=[KnownSkill(name=one.name, about=one.about) for one in coding_tasks()],
        intents=[KnownSkill(name=one.name, about=one.about) for one in coding_intents()],
        plans=[KnownSkill(name=one.name, about=one.about) for one in refactoring_plans()],
        edits=[_edit(one) for one in edit_operators()],
        rules=[KnownSkill(name=one.name, about=one.danger) for one in hunter_rules()],
    )


def _edit(operator: EditOperator) -> KnownSkill:
    return KnownSkill(name=operator.name, about=operator.about, weight=round(weight_of(operator.name), 4))
