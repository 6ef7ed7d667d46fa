from grace_workers.fleet import Ready, Unready
from grace_workers.fleet.kernels.governance import DEFINITION
from grace_workers.governance import Allow, Gate, Policy, Refuse, Switch, shipped_policy
from tests.conformance.kernel_worlds import CATALOGS, World

BROKEN = World(judges=[gate for gate in CATALOGS.gates if gate.name != "kill_switch"])


def said(world: World):
    return DEFINITION.readiness(world)


def test_the_shipped_gates_and_policy_are_ready():
    assert isinstance(said(World(in_force=shipped_policy())), Ready)


def test_without_an_indispensable_gate_it_is_not():
    gates = [gate for gate in CATALOGS.gates if gate.name != "freeze"]
    assert said(World(judges=gates)) == Unready("gates are missing: freeze")


def test_a_gate_that_waves_through_what_it_must_stop_is_seen():
    lenient = Gate(name="kill_switch", summary="Says yes.", judge=lambda case: Allow())
    gates = [lenient if gate.name == "kill_switch" else gate for gate in CATALOGS.gates]
    assert "a plan while the kill switch is on" in said(World(judges=gates)).why


def test_gates_that_let_nothing_through_are_seen():
    strict = Gate(name="unknown_target", summary="Says no.", judge=lambda case: Refuse(why="because"))
    gates = [strict if gate.name == "unknown_target" else gate for gate in CATALOGS.gates]
    assert "a harmless plan is not granted" in said(World(judges=gates)).why


def test_a_policy_that_tightens_is_no_fault():
    rule = {"name": "never", "effect": "refuse", "why": "nothing may change"}
    found = said(World(in_force=Policy.model_validate({"version": 1, "rules": [rule]})))
    assert isinstance(found, Ready)
    assert "a harmless one gets Refused" in found.seen


def test_a_switch_that_is_on_is_mentioned():
    assert said(World(switches={"kill": Switch(on=True)})).seen.endswith("switched on: kill")
