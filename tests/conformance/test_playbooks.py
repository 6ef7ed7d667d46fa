"""What every shipped playbook must satisfy. A new one joins by its file and a drill in `playbook_drills`."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import grace_workers.actions.primitives
import grace_workers.checks
import grace_workers.governance.gates
from grace_workers.actions import ErrorLog, HttpProbe, OutcomeStatus, Primitive, World
from grace_workers.checks import Check
from grace_workers.diagnosis import CauseName, Diagnosis, EngineKind, Hypothesis
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.governance import (
    Facts,
    Gate,
    Granted,
    History,
    StepTraits,
    Switch,
    decide,
    load_policy,
    shipped_policy,
)
from grace_workers.learning import experience
from grace_workers.playbooks import (
    Mode,
    Plan,
    choose,
    dump,
    explain,
    load_directories,
    load_text,
    parse_duration,
    schema_text,
)
from grace_workers.testing import MemoryErrorLog, MemoryProbe, rehearse_plan
from grace_workers.verification import Failed, Passed, failing_before
from tests.conformance.playbook_drills import DRILLS, SUBJECT, Drill

ROOT = Path(__file__).parents[2]
PRIMITIVES = discover(grace_workers.actions.primitives, Primitive, label="primitive")
CHECKS = discover(grace_workers.checks, Check, label="check")
GATES = discover(grace_workers.governance.gates, Gate, label="gate")
LIBRARY = load_directories([ROOT / "playbooks"], PRIMITIVES, CHECKS)
SATURDAY_NIGHT = datetime(2026, 11, 21, 23, tzinfo=UTC)

each_playbook = pytest.mark.parametrize("name", LIBRARY.names)


def plan_for(drill: Drill) -> Plan:
    hypothesis = Hypothesis(
        cause=CauseName(drill.cause),
        subject=SUBJECT,
        confidence=0.0,
        engine=EngineKind.RULES,
        reasoning="a drill",
        bindings=drill.bindings,
        measured=True,
    )
    diagnosis = Diagnosis(hypotheses=(hypothesis,), evidence=())
    unknown = experience((), ())
    found = choose(diagnosis, drill.targets, LIBRARY, unknown, incident=IncidentId(uuid7()), proposer="grace")
    assert isinstance(found, Plan)
    return found


def parts(step, world: World):
    primitive = PRIMITIVES[step.primitive]
    return primitive, world.role(step.target, primitive.role), primitive.params.read(dict(step.params), step.id)


def test_every_shipped_playbook_has_a_drill():
    assert sorted(DRILLS) == list(LIBRARY.names)


@each_playbook
def test_a_playbook_survives_being_written_and_read(name):
    again = load_text(dump(LIBRARY[name]), f"{name}.yaml", PRIMITIVES, CHECKS)
    assert again == LIBRARY[name]


@each_playbook
def test_a_playbook_is_chosen_for_its_cause(name):
    assert plan_for(DRILLS[name]()).playbook == name


@each_playbook
def test_a_playbook_heals_the_fault_it_is_for(name):
    drill = DRILLS[name]()
    run = rehearse_plan(plan_for(drill), drill.world)
    assert all(one.status is OutcomeStatus.DONE for one in run.outcomes)
    assert isinstance(run.verdict, Passed), run.verdict
    assert run.healed


@each_playbook
def test_something_that_a_playbook_promises_fails_in_its_fault_so_that_its_run_can_prove_something(name):
    drill = DRILLS[name]()
    plan = plan_for(drill)
    failing = failing_before(plan.expectations, rehearse_plan(plan, drill.world).before)
    assert failing == tuple(item for item in plan.expectations if item.proves)


@each_playbook
def test_a_playbooks_contract_is_not_met_by_doing_nothing(name):
    drill = DRILLS[name]()
    idle = rehearse_plan(replace(plan_for(drill), steps=()), drill.world)
    assert not isinstance(idle.verdict, Passed)


@pytest.mark.parametrize(
    ("name", "still_ill"),
    [
        ("clear_stale_cache", {HttpProbe: MemoryProbe(seconds=0.9)}),
        ("switch_off_bad_flag", {ErrorLog: MemoryErrorLog(lines=[(datetime(2026, 1, 1, tzinfo=UTC), "ERROR again")])}),
    ],
)
def test_a_remedy_that_leaves_its_service_ill_does_not_meet_the_contract(name, still_ill):
    drill = replace(DRILLS[name](), service=still_ill)
    run = rehearse_plan(plan_for(drill), drill.world)
    assert all(one.status is OutcomeStatus.DONE for one in run.outcomes)
    assert isinstance(run.verdict, Failed)


@each_playbook
def test_a_fresh_install_may_run_a_shipped_playbook_on_its_own_targets_by_itself(name):
    drill = DRILLS[name]()
    plan, steps = plan_for(drill), []
    for step in plan.steps:
        primitive, role, params = parts(step, drill.world)
        traits = StepTraits(
            aspect=primitive.aspect,
            risk=primitive.risk,
            reversible=primitive.irreversible is None,
            blast=primitive.preview(role, params).blast,
        )
        steps.append(traits)
    facts = Facts(
        targets=drill.targets,
        steps=tuple(steps),
        history=History(),
        kill=Switch(),
        freeze=Switch(),
        busy=frozenset(),
    )
    decision = decide(plan, facts, SATURDAY_NIGHT, gates=GATES, policy=shipped_policy())
    assert isinstance(decision, Granted), decision
    assert decision.mode is Mode.AUTO


def test_a_run_that_ends_a_burst_of_errors_leaves_none_that_the_next_look_would_count():
    looked_at = CHECKS["error_count"].params().window
    for playbook in LIBRARY:
        for one in playbook.expectations:
            if one.check == "error_count":
                assert parse_duration(str(playbook.params["window"].default)) >= looked_at, playbook.name


@each_playbook
def test_a_playbook_explains_itself(name):
    sections = {section.title: section.lines for section in explain(LIBRARY[name], PRIMITIVES)}
    assert all(sections[title] for title in ("What", "When", "Steps", "Must hold afterwards", "Guards"))


def documented(page: str) -> str:
    found = re.search(r"```yaml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert found
    return found.group(1)


def test_the_documented_playbook_and_policy_load(tmp_path):
    text = documented("docs/how-to/write-a-playbook.md")
    assert load_text(text, "restart_dead_service.yaml", PRIMITIVES, CHECKS).expectations
    (tmp_path / "policy.yaml").write_text(documented("docs/explanation/governance.md"))
    assert load_policy(tmp_path / "policy.yaml").rules


def test_the_published_schema_is_the_one_that_is_read():
    published = (ROOT / "docs/reference/playbook.schema.json").read_text()
    remedy = "write grace_workers.playbooks.schema_text() to docs/reference/playbook.schema.json"
    assert published == schema_text(), remedy
