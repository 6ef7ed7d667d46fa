"""`integrate`: connect the code with something else by a recipe, with its tests."""

from grace_workers.coding.engines.recipe.building import RecipeArguments, built
from grace_workers.coding.task import Bench, CodingTask, CodingWork, TaskType


def _run(arguments: RecipeArguments, bench: Bench) -> CodingWork:
    return built(TaskType.INTEGRATE, arguments, bench)


DEFINITION = CodingTask(
    name="integrate",
    about="Connect the code with something else by a recipe, with its tests.",
    arguments=RecipeArguments,
    run=_run,
)
