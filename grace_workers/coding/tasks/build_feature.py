"""`build_feature`: build a feature by a recipe, with its tests."""

from grace_workers.coding.engines.recipe.building import RecipeArguments, built
from grace_workers.coding.task import Bench, CodingTask, CodingWork, TaskType


def _run(arguments: RecipeArguments, bench: Bench) -> CodingWork:
    return built(TaskType.BUILD_FEATURE, arguments, bench)


DEFINITION = CodingTask(
    name="build_feature", about="Build a feature by a recipe, with its tests.", arguments=RecipeArguments, run=_run
)
