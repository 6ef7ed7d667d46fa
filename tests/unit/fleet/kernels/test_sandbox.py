from grace_workers.fleet import Absent, Ready, SandboxFacts, Unready
from grace_workers.fleet.kernels.sandbox import DEFINITION
from tests.conformance.kernel_worlds import PROCESSES, World

LOST = ("landlock: a program in it reached the host's network",)
BROKEN = World(facts_of_sandbox=SandboxFacts(level=None, troubles=LOST))


def said(world: World):
    return DEFINITION.readiness(world)


def test_a_sandbox_that_held_is_named_with_what_was_passed_over():
    facts = SandboxFacts(level="landlock", troubles=("bubblewrap: bwrap is not on the PATH",))
    found = said(World(facts_of_sandbox=facts))
    assert isinstance(found, Ready)
    assert found.seen.startswith("landlock held a program")
    assert found.seen.endswith("passed over: bubblewrap: bwrap is not on the PATH")


def test_a_sandbox_that_lets_a_program_out_is_not_ready():
    found = said(BROKEN)
    assert isinstance(found, Unready)
    assert "reached the host's network" in found.why


def test_a_machine_that_offers_none_runs_no_generated_code():
    facts = SandboxFacts(level=None, offered=False, troubles=("landlock: Linux 5.4 offers no Landlock",))
    found = said(World(facts_of_sandbox=facts))
    assert isinstance(found, Absent)
    assert "Linux 5.4" in found.why


def test_a_node_without_the_coding_pool_needs_none():
    assert isinstance(said(World(processes=PROCESSES - {"coding"})), Absent)
