"""`extend`: extend this product by a recipe, with its tests."""

from grace_workers.coding.engines.recipe.building import RecipeArguments, built
from grace_workers.coding.task import Bench, CodingTask, CodingWork, TaskType


def _run(arguments: RecipeArguments, bench: Bench) -> CodingWork:
    return built(TaskType.EXTEND, arguments, bench)


DEFINITION = CodingTask(
    name="extend", about="Extend this product by a recipe, with its tests.", arguments=RecipeArguments, run=_run
)
