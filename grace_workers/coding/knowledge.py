"""What the coding agent can do and goes by, for people: its tasks, intents, plans, kinds of edits and rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grace_workers.coding.catalogs import coding_intents, coding_tasks, hunter_rules, refactoring_plans
from grace_workers.coding.engines.repair.priors import edit_operators, weight_of
from grace_workers.coding.engines.repair.proposal import EditOperator
from grace_workers.coding.known_skill import KnownSkill
from grace_workers.diagnosis import Cause

_MOST_RELATED = 5


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


def related_causes(text: str, causes: Iterable[Cause]) -> Sequence[KnownSkill]:
    """Return the causes that a text points to: by the exception that its traceback ends in, or by their words."""
    found = ((one, one.told_by(text)) for one in causes)
    return [KnownSkill(name=one.name, about=f"{one.summary} ({why})") for one, why in found if why][:_MOST_RELATED]
