"""One way to register: a file with the definition's own name, and a test for it."""

import ast

import pytest
import yaml

import grace_workers.actions.primitives
import grace_workers.adapters.notify.kinds
import grace_workers.checks
import grace_workers.coding.engines.repair.operators
import grace_workers.coding.hunter.rules
import grace_workers.coding.intents
import grace_workers.coding.operations
import grace_workers.coding.optimisations
import grace_workers.coding.plans
import grace_workers.coding.recipes
import grace_workers.coding.tasks
import grace_workers.coding.type_repairs
import grace_workers.cycles.improvements.kinds
import grace_workers.cycles.indicators
import grace_workers.cycles.levers
import grace_workers.cycles.programmes
import grace_workers.cycles.weak_spots
import grace_workers.diagnosis.engines
import grace_workers.diagnosis.rules
import grace_workers.discoveries.kinds
import grace_workers.drivers
import grace_workers.drivers.git.forges
import grace_workers.entrypoints.dashboard.pages
import grace_workers.fleet.kernels
import grace_workers.governance.gates
import grace_workers.orchestration.diagnostics
import grace_workers.orchestration.events.topics
import grace_workers.orchestration.work.jobs
import grace_workers.signals.sources
import grace_workers.signals.triggers
from grace_workers.actions import Driver, Primitive
from grace_workers.adapters.notify import Notifier
from grace_workers.checks import Check
from grace_workers.coding import CodingOperation, CodingTask, EditOperator, HunterRule, Intent
from grace_workers.coding.optimisations.optimisation import Optimisation
from grace_workers.coding.plans.named_plan import NamedPlan
from grace_workers.coding.recipes.recipe import Recipe
from grace_workers.coding.type_repairs.type_repair import TypeRepair
from grace_workers.cycles import Cycle, ProposalKind
from grace_workers.cycles.goals import Indicator
from grace_workers.cycles.lever import Lever
from grace_workers.cycles.weak_spot import WeakSpot
from grace_workers.diagnosis import Engine, Rule
from grace_workers.discoveries.discovery import Discovery
from grace_workers.drivers.git.forges.forge import ForgeKind
from grace_workers.entrypoints.dashboard.page import DashboardPage
from grace_workers.fleet import Kernel
from grace_workers.foundation.catalog import discover
from grace_workers.governance import Gate
from grace_workers.orchestration.diagnostics.diagnostic import Diagnostic
from grace_workers.orchestration.events.topic import Topic
from grace_workers.orchestration.work.definition import JobDefinition
from grace_workers.signals import Source as SignalSource
from grace_workers.signals import Trigger
from tests.architecture.house import CATALOGS, PACKAGE, TESTS, definitions, product
from tests.drills.catalog import NAMES as DRILLS
from tests.drills.catalog import causes_of, playbook_of

KINDS = {
    "driver": (grace_workers.drivers, Driver),
    "primitive": (grace_workers.actions.primitives, Primitive),
    "check": (grace_workers.checks, Check),
    "rule": (grace_workers.diagnosis.rules, Rule),
    "engine": (grace_workers.diagnosis.engines, Engine),
    "gate": (grace_workers.governance.gates, Gate),
    "source": (grace_workers.signals.sources, SignalSource),
    "trigger": (grace_workers.signals.triggers, Trigger),
    "cycle": (grace_workers.cycles.programmes, Cycle),
    "indicator": (grace_workers.cycles.indicators, Indicator),
    "job": (grace_workers.orchestration.work.jobs, JobDefinition),
    "topic": (grace_workers.orchestration.events.topics, Topic),
    "kernel": (grace_workers.fleet.kernels, Kernel),
    "intent": (grace_workers.coding.intents, Intent),
    "named_plan": (grace_workers.coding.plans, NamedPlan),
    "recipe": (grace_workers.coding.recipes, Recipe),
    "operation": (grace_workers.coding.operations, CodingOperation),
    "operator": (grace_workers.coding.engines.repair.operators, EditOperator),
    "diagnostic": (grace_workers.orchestration.diagnostics, Diagnostic),
    "page": (grace_workers.entrypoints.dashboard.pages, DashboardPage),
    "coding_task": (grace_workers.coding.tasks, CodingTask),
    "lever": (grace_workers.cycles.levers, Lever),
    "weak_spot": (grace_workers.cycles.weak_spots, WeakSpot),
    "proposal": (grace_workers.cycles.improvements.kinds, ProposalKind),
    "forge": (grace_workers.drivers.git.forges, ForgeKind),
    "notifier": (grace_workers.adapters.notify.kinds, Notifier),
    "discovery": (grace_workers.discoveries.kinds, Discovery),
    "hunter_rule": (grace_workers.coding.hunter.rules, HunterRule),
    "type_repair": (grace_workers.coding.type_repairs, TypeRepair),
    "optimisation": (grace_workers.coding.optimisations, Optimisation),
}
TABLES = {
    "check": TESTS / "unit" / "checks" / "cases.py",
    "discovery": TESTS / "integration" / "discoveries" / "test_kinds.py",
    "diagnostic": TESTS / "unit" / "orchestration" / "test_diagnostics.py",
    "forge": TESTS / "integration" / "drivers" / "test_forges.py",
    "gate": TESTS / "conformance" / "test_gates.py",
    "indicator": TESTS / "unit" / "cycles" / "test_indicators.py",
    "notifier": TESTS / "integration" / "notify" / "test_ways.py",
    "operation": TESTS / "conformance" / "test_coding_operations.py",
    "operator": TESTS / "conformance" / "test_edit_operators.py",
    "named_plan": TESTS / "unit" / "coding" / "test_named_plans.py",
    "page": TESTS / "acceptance" / "test_dashboard.py",
    "recipe": TESTS / "integration" / "coding" / "test_recipes.py",
    "topic": TESTS / "conformance" / "test_topics.py",
    "lever": TESTS / "unit" / "cycles" / "test_lever.py",
    "weak_spot": TESTS / "unit" / "cycles" / "test_weak_spots.py",
}
"""Kinds whose definitions are a few lines each share one test file, with a case for each name."""
SELF_TESTED = {
    "hunter_rule": TESTS / "unit" / "coding" / "hunter" / "test_rules.py",
    "type_repair": TESTS / "conformance" / "test_type_repairs.py",
    "optimisation": TESTS / "conformance" / "test_optimisations.py",
}
"""Kinds whose definitions carry their examples, which one file runs."""

DRILLED_ELSEWHERE = {"restart_kernel": "integration/line/test_kernel_incident.py"}
"""A kernel that fails reports itself, so its fault needs a watchdog and not a report."""

PLACES = [(label, path) for label in CATALOGS for path in definitions(label)]


def test_every_folder_of_definitions_is_known_here():
    # A store in an adapter is found by its port's file; tests/unit/orchestration/stores checks that.
    stores = [one for one in product() if one.room == "adapters" and "notify" not in one.path.parts]
    places = [one.path for one in product() if one not in stores and _binds_a_definition(one.tree)]
    folders = {path.parent.parent if path.name == "__init__.py" else path.parent for path in places}
    assert folders == set(CATALOGS.values())
    assert KINDS.keys() == CATALOGS.keys()


@pytest.mark.parametrize("label", CATALOGS)
def test_a_catalog_holds_one_definition_for_each_file(label):
    package, kind = KINDS[label]
    assert [*discover(package, kind, label=label).names] == [path.stem for where, path in PLACES if where == label]


@pytest.mark.parametrize(("label", "path"), PLACES, ids=lambda value: getattr(value, "stem", value))
def test_a_definition_has_a_test(label, path):
    if label in SELF_TESTED:
        assert SELF_TESTED[label].is_file()
        return
    if label in TABLES:
        assert f'"{path.stem}"' in TABLES[label].read_text(encoding="utf-8")
        return
    folder = path.relative_to(PACKAGE).parent.as_posix()
    nested = TESTS / "unit" / folder / f"test_{path.stem}.py"
    flat = TESTS / "unit" / folder.split("/")[0] / f"test_{path.stem}.py"
    assert nested.is_file() or flat.is_file(), f"write {nested.relative_to(TESTS.parent)}"


@pytest.mark.parametrize("role", [path.stem for path in sorted((PACKAGE / "actions" / "roles").glob("[a-z]*.py"))])
def test_a_role_has_a_suite_that_every_driver_passes_and_a_fake_for_users(role):
    assert (TESTS / "conformance" / "roles" / f"test_{role}.py").is_file()
    assert (PACKAGE / "testing" / "roles" / f"{role}.py").is_file()


def test_every_playbook_has_a_drill():
    shipped = {path.stem for path in (TESTS.parent / "playbooks").glob("*.yaml")}
    drilled = {playbook_of(name) for name in DRILLS}
    assert shipped == drilled | DRILLED_ELSEWHERE.keys()
    for name, file in DRILLED_ELSEWHERE.items():
        assert name in (TESTS / file).read_text(encoding="utf-8")


def test_a_playbook_for_several_causes_has_a_drill_for_each():
    shipped = [yaml.safe_load(path.read_text()) for path in (TESTS.parent / "playbooks").glob("*.yaml")]
    several = {one["name"]: set(one["when"]["causes"]) for one in shipped if len(one["when"]["causes"]) > 1}
    left = {name: causes - causes_of(name) for name, causes in several.items() if causes - causes_of(name)}
    # Both are waits for a lock: the one as the readings show it, the other as the messages of its waiters say it.
    assert left == {"end_lock_pileup": {"database_locked"}}


def _binds_a_definition(tree: ast.Module) -> bool:
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    annotated = [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return any(isinstance(name, ast.Name) and name.id == "DEFINITION" for name in [*targets, *annotated])
