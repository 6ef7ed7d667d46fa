from grace_workers.fleet import Limited, Ready, Unready
from grace_workers.fleet.kernels.audit_log import DEFINITION
from tests.conformance.kernel_worlds import SECOND, World, audit

BROKEN = World(facts_of_audit=audit(faults=("7 entries were signed, but the log holds 5",)))


def said(world: World):
    return DEFINITION.readiness(world)


def test_a_log_that_continues_what_was_signed_is_ready():
    assert said(World()) == Ready("7 entries are sealed and continue the 7 that were signed")


def test_every_fault_of_the_log_is_reported():
    found = said(World(facts_of_audit=audit(faults=("it was rolled back", "the key is gone"))))
    assert found == Unready("it was rolled back; the key is gone")


def test_an_entry_that_waits_long_while_a_node_leads_is_a_fault():
    late = audit(waiting=3, oldest_waits=11 * SECOND)
    assert said(World(facts_of_audit=late)) == Unready("3 entries wait to be sealed, the oldest for 11 s")


def test_an_entry_that_waits_before_there_is_a_leader_is_no_fault_but_is_reported():
    found = said(World(facts_of_audit=audit(waiting=3, oldest_waits=600 * SECOND), leases=frozenset()))
    assert isinstance(found, Limited)
    assert found.lacks == "a node that leads: 3 entries wait to be sealed, the oldest for 600 s"


def test_a_node_without_the_key_says_what_it_cannot_look_at():
    found = said(World(facts_of_audit=audit(keyless="no pinned audit key in /data")))
    assert isinstance(found, Limited)
    assert "no pinned audit key" in found.lacks
