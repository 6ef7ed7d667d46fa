"""`NamedPlan`: several intents that belong together, asked for by one name."""

from dataclasses import dataclass

from grace_workers.coding.plan_step import PlanStep


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlan:
    """Steps without targets of their own, in no order: what each intent says about the others gives it."""

    name: str
    about: str
    steps: tuple[PlanStep, ...]
