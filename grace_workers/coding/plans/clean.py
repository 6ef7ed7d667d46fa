"""`clean`: no repetition, no function too complex, types, calls and logs alike, and no file too long."""

from grace_workers.coding.plan_step import PlanStep
from grace_workers.coding.plans.named_plan import NamedPlan

DEFINITION = NamedPlan(
    name="clean",
    about="Remove repetition and complexity, write types, make calls and logs alike, and split long files.",
    steps=(
        PlanStep(intent="remove_duplication"),
        PlanStep(intent="reduce_complexity"),
        PlanStep(intent="normalise_calls"),
        PlanStep(intent="improve_logging"),
        PlanStep(intent="add_type_hints"),
        PlanStep(intent="repair_types"),
        PlanStep(intent="split_large_file"),
    ),
)
