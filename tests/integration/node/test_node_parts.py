"""What a node is made of, before anything of it runs."""

from dataclasses import replace

import pytest

from grace_workers.adapters.process.forking import Forking
from grace_workers.bootstrap.node import NodeWiring, _shared_modules, node_parts
from grace_workers.fleet import NODE_BYTES, RestartPolicy
from grace_workers.settings import Settings

SERVERS = {"database": {"url": "postgresql://grace@127.0.0.1:1/x"}, "broker": {"url": "redis://127.0.0.1:1/0"}}


@pytest.fixture
def parts(tmp_path):
    def make(**settings):
        return node_parts(Settings(data_dir=tmp_path, **settings))

    return make


def test_each_process_is_restarted_by_the_policy_of_its_kernel(parts):
    whole = parts(**SERVERS)
    children = {one.name: one.restart for one in whole.host.children({})}
    policies = {one.process: one.restart for one in whole.kernels.values() if one.process in children}
    assert len(policies) == len(children) - 1
    assert {name: children[name] for name in policies} == policies
    assert len(set(policies.values())) > 1
    assert children["flower"] == RestartPolicy()


def test_a_server_of_our_own_is_restarted_by_the_policy_of_its_kernel(parts):
    own = parts()
    own.host.reserve()
    kernels = {one.process: one.restart for one in own.kernels.values()}
    assert {one.name: one.restart for one in own.host.server_children()} == {
        name: kernels[name] for name in ("postgres", "valkey")
    }


def test_a_pool_starts_with_as_many_slots_as_the_memory_allows(tmp_path):
    def slots(free):
        settings = Settings(data_dir=tmp_path, pools={"healing": 9, "express": 1}, **SERVERS)
        wiring = NodeWiring(settings, Forking((), tmp_path / "fork-server.log"))
        wiring.resources = replace(wiring.resources, free=lambda: free)
        children = {one.name: one for one in wiring.children({})}
        argv = children["healing"].command().argv
        return argv[argv.index("--concurrency") + 1]

    # One express slot is beside them.
    assert slots(64 * NODE_BYTES) == "10"
    assert slots(NODE_BYTES) == "2"


def test_the_code_of_the_targets_drivers_is_loaded_before_the_nodes_processes_are_forked(tmp_path):
    target = {"name": "logs", "kind": "files", "connection": {"root": str(tmp_path / "logs")}}
    assert "grace_workers.drivers.files.tree" in _shared_modules(Settings(data_dir=tmp_path, targets=[target]))


def test_a_faulty_target_is_left_to_the_preflight_gate(tmp_path):
    target = {"name": "logs", "kind": "mainframe"}
    assert "grace_workers.bootstrap.runtime" in _shared_modules(Settings(data_dir=tmp_path, targets=[target]))
