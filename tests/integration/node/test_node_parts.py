"""What a node is made of, before anything of it runs."""

import pytest

from grace_workers.bootstrap import node_parts
from grace_workers.fleet import RestartPolicy
from grace_workers.settings import Settings

SERVERS = {"database": {"url": "postgresql://grace@127.0.0.1:1/x"}, "broker": {"url": "redis://127.0.0.1:1/0"}}


@pytest.fixture
def parts(tmp_path):
    def make(**settings):
        return node_parts(Settings(data_dir=tmp_path, **settings))

    return make


def test_each_process_is_restarted_by_the_policy_of_its_kernel(parts):
    whole = parts(**SERVERS)
    children = {one.name: one.restart for one in whole.children({"GRACE_DATABASE__URL": SERVERS["database"]["url"]})}
    policies = {one.process: one.restart for one in whole.kernels.values() if one.process in children}
    assert len(policies) == len(children) - 1
    assert {name: children[name] for name in policies} == policies
    assert len(set(policies.values())) > 1
    assert children["flower"] == RestartPolicy()


def test_a_server_of_our_own_is_restarted_by_the_policy_of_its_kernel(parts):
    own = parts()
    own.reserve()
    kernels = {one.process: one.restart for one in own.kernels.values()}
    assert {one.name: one.restart for one in own.servers} == {name: kernels[name] for name in ("postgres", "valkey")}
