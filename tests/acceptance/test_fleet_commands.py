"""What people do with the fleet and its kernels over HTTP and on the command line, and what is refused."""

import json
from datetime import UTC, datetime
from functools import partial

import pytest

from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels
from grace_workers.fleet import KernelReport, KernelState
from grace_workers.governance import Role
from tests.acceptance import command_line
from tests.acceptance.api_world import api_world
from tests.acceptance.command_line import one_sentence
from tests.conformance.fleet_worlds import ALICE, BOB, PostgresWorld

pytestmark = pytest.mark.servers

FLEET = "/api/v1/fleet"
KERNELS = "/api/v1/kernels"


@pytest.fixture
def world(database_url, broker_url, tmp_path):
    """An API beside two nodes, of which alice leads and both have reported two kernels."""
    with api_world(database_url, broker_url, tmp_path / "api") as found:
        fleet = PostgresWorld(found.runtime.engine)
        for name in (ALICE, BOB):
            fleet.register(name)
        fleet.lead()
        reports = [report(node, kernel) for node in (ALICE, BOB) for kernel in ("database", "coding_pool")]
        PostgresKernels(found.runtime.engine).report(reports)
        yield found


def report(node, kernel):
    return KernelReport(
        instance=node,
        kernel=kernel,
        state=KernelState.READY,
        detail="well",
        incarnation="1",
        restarts=0,
        failing=False,
        since=datetime.now(UTC),
        checked_at=datetime.now(UTC),
    )


@pytest.fixture
def grace(world, tmp_path):
    """Run `grace` against the API, as an operator unless told otherwise."""

    def go(*arguments, role=Role.OPERATOR):
        return partial(command_line.grace, tmp_path)(*arguments, GRACE_URL=world.url, GRACE_TOKEN=world.secrets[role])

    return go


def health_of(world, name):
    return {one["name"]: one["health"] for one in world.get(FLEET).json()["instances"]}[name]


@pytest.mark.parametrize(
    ("path", "body", "least"),
    [
        (f"{FLEET}/bob/quarantine", {"reason": "odd"}, Role.OPERATOR),
        (f"{FLEET}/bob/quarantine", {"reason": "odd", "force": True}, Role.ADMIN),
        (f"{FLEET}/bob/drain", {"grace": 1, "reason": "moved"}, Role.OPERATOR),
        (f"{FLEET}/failover", None, Role.OPERATOR),
        (f"{KERNELS}/coding_pool/pause?instance=bob", {"reason": "odd"}, Role.OPERATOR),
        (f"{KERNELS}/database/restart?instance=bob", {"reason": "odd"}, Role.OPERATOR),
        (f"{KERNELS}/database/pause?instance=bob", {"reason": "odd", "force": True}, Role.ADMIN),
    ],
)
def test_a_refused_caller_learns_which_role_may_and_changes_nothing(world, path, body, least):
    roles = list(Role)
    before = world.rows()
    for role in roles[: roles.index(least)]:
        refused = world.post(path, body, role=role)
        assert refused.status_code == 403
        assert "needs the role" in refused.json()["detail"]
    assert world.rows() == before
    assert world.post(path, body, role=least).status_code < 300


def test_only_an_admins_force_quarantines_the_last_healthy_instance(world):
    assert world.post(f"{FLEET}/bob/quarantine", {"reason": "odd"}).status_code == 200
    last = f"{FLEET}/alice/quarantine"
    refused = world.post(last, {"reason": "odd"}, role=Role.ADMIN)
    assert refused.status_code == 409
    assert "force" in refused.json()["detail"]
    assert health_of(world, "alice") == "healthy"
    assert world.post(last, {"reason": "odd", "force": True}, role=Role.ADMIN).status_code == 200
    assert health_of(world, "alice") == "quarantined"


def test_a_critical_kernel_is_paused_by_an_admins_force_alone(world):
    path = f"{KERNELS}/database/pause?instance=bob"
    refused = world.post(path, {"reason": "odd"}, role=Role.ADMIN)
    assert refused.status_code == 409
    assert "critical" in refused.json()["detail"]
    given = world.post(path, {"reason": "odd", "force": True}, role=Role.ADMIN)
    assert given.status_code == 202
    order = world.get(f"{KERNELS}/orders/{given.json()['id']}").json()
    assert (order["kernel"], order["verb"], order["asked_by"]) == ("database", "pause", "a-admin")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (f"{FLEET}/carol/quarantine", 404, "alice, bob"),
        (f"{FLEET}/carol/drain", 404, "alice, bob"),
        (f"{FLEET}/bob/rejoin", 409, "not quarantined"),
        (f"{KERNELS}/databse/restart?instance=bob", 404, "database"),
        (f"{KERNELS}/database/restart?instance=carol", 404, "alice, bob"),
        (f"{KERNELS}/database/restart", 404, "name one with --instance"),
        (f"{KERNELS}/database/explode?instance=bob", 404, "restart, pause, resume"),
    ],
)
def test_what_makes_no_sense_names_what_is_known_and_changes_nothing(world, path, status, said):
    before = world.rows()
    body = None if path.endswith("rejoin") else {"reason": "odd"}
    refused = world.post(path, body)
    assert refused.status_code == status
    assert said in refused.json()["detail"]
    assert world.rows() == before


def test_an_instance_is_quarantined_readmitted_and_drained_on_the_command_line(grace, world):
    assert "quarantined" in grace("fleet", "quarantine", "bob", "-r", "odd").stdout
    assert "bob has been quarantined" in grace("fleet", "status").stdout
    assert "repairing" in grace("fleet", "rejoin", "bob").stdout
    drained = grace("fleet", "drain", "bob", "--grace", "5", "-r", "moved", "--json")
    assert drained.returncode == 0
    assert json.loads(drained.stdout)["health"] == "draining"
    assert health_of(world, "bob") == "draining"


def test_the_lead_is_handed_over_on_the_command_line_unless_no_other_node_could_take_it(grace):
    assert "alice has stepped down" in grace("fleet", "failover").stdout
    assert "no node leads" in one_sentence(grace("fleet", "failover"), 2)


def test_the_lead_stays_where_it_is_when_no_other_node_could_take_it(grace):
    assert grace("fleet", "quarantine", "bob", "-r", "odd").returncode == 0
    assert "no other healthy node could" in one_sentence(grace("fleet", "failover"), 2)
    assert grace("fleet", "status", "--json").stdout.count('"leads": true') == 1


def test_kernels_are_listed_with_their_nodes_and_drawn_with_their_needs(grace):
    listed = json.loads(grace("kernel", "list", "--json").stdout)
    assert {(one["instance"], one["kernel"]) for one in listed} == {
        (node, kernel) for node in ("alice", "bob") for kernel in ("database", "coding_pool")
    }
    assert "coding_pool" in grace("kernel", "list").stdout
    drawn = json.loads(grace("kernel", "graph", "--json").stdout)
    assert len(drawn["kernels"]) == 20
    assert "coding_pool" in grace("kernel", "graph").stdout
