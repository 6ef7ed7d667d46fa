"""The coding agent's catalogs: operations, tasks, intents, recipes, and the rules of the hunter."""

from collections.abc import Sequence
from functools import cache

from grace_workers.coding import intents, operations, optimisations, plans, recipes, tasks, type_repairs
from grace_workers.coding.hunter import rules
from grace_workers.coding.hunter.hunt import objections
from grace_workers.coding.hunter.hunter_rule import HunterRule
from grace_workers.coding.intents.intent import AnyIntent, Intent
from grace_workers.coding.operations.operation import AnyOperation, CodingOperation
from grace_workers.coding.optimisations.optimisation import Optimisation
from grace_workers.coding.plans.named_plan import NamedPlan
from grace_workers.coding.recipes.recipe import AnyRecipe, Recipe
from grace_workers.coding.task import AnyTask, CodingTask
from grace_workers.coding.type_repairs.type_repair import TypeRepair
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.yaml_file import FileFault, YamlFile


@cache
def coding_operations() -> Catalog[AnyOperation]:
    """Return the operations of the coding agent. Raises CatalogError."""
    return discover(operations, CodingOperation, label="operation")


@cache
def coding_intents() -> Catalog[AnyIntent]:
    """Return the kinds of refactoring. Raises CatalogError."""
    return discover(intents, Intent, label="intent")


@cache
def refactoring_plans() -> Catalog[NamedPlan]:
    """Return the plans of intents that have names. Raises CatalogError."""
    return discover(plans, NamedPlan, label="named_plan")


@cache
def coding_tasks() -> Catalog[AnyTask]:
    """Return the kinds of work that are done. Raises CatalogError."""
    return discover(tasks, CodingTask, label="coding_task")


@cache
def coding_recipes() -> Catalog[AnyRecipe]:
    """Return the recipes by which things are built. Raises CatalogError."""
    return discover(recipes, Recipe, label="recipe")


@cache
def hunter_rules() -> Catalog[HunterRule]:
    """Return the rules of the hunter. Raises CatalogError."""
    return discover(rules, HunterRule, label="hunter_rule")


@cache
def repairs_of_types() -> Catalog[TypeRepair]:
    """Return the kinds of error that mypy reports and that are repaired. Raises CatalogError."""
    return discover(type_repairs, TypeRepair, label="type_repair")


@cache
def optimisations_of_code() -> Catalog[Optimisation]:
    """Return the ways in which code is made faster. Raises CatalogError."""
    return discover(optimisations, Optimisation, label="optimisation")


def hunted_source(source: YamlFile) -> Sequence[FileFault]:
    """Return what the hunter finds in a playbook, a cause or an entry of knowledge, as faults of its file."""
    return objections(source, hunter_rules())
