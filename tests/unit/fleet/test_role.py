import pytest

from grace_workers.fleet import NodeRole
from grace_workers.fleet.role import POOLS
from grace_workers.orchestration.job import Pool

SINGLE = [role for role in NodeRole if role is not NodeRole.WHOLE]


def test_the_roles_know_the_pools_by_the_names_that_jobs_use():
    assert set(POOLS) == {pool.value for pool in Pool}


def test_the_single_roles_together_run_what_a_whole_node_runs():
    assert {name for role in SINGLE for name in role.processes} == set(NodeRole.WHOLE.processes)


@pytest.mark.parametrize("pool", POOLS)
def test_a_node_of_one_pool_has_a_heartbeat_and_does_not_lead(pool):
    role = NodeRole(pool)
    assert role.processes == ("control", pool)
    assert role.pools == (pool,)
    assert not role.steers


def test_only_control_nodes_and_whole_nodes_steer():
    assert [role for role in NodeRole if role.steers] == [NodeRole.WHOLE, NodeRole.CONTROL]
    assert not NodeRole.CONTROL.pools
