"""`types`: what functions return is written, and errors of types are repaired."""

from grace_workers.coding.plan_step import PlanStep
from grace_workers.coding.plans.named_plan import NamedPlan

DEFINITION = NamedPlan(
    name="types",
    about="Write what functions return, and repair errors of types.",
    steps=(PlanStep(intent="add_type_hints"), PlanStep(intent="repair_types")),
)
