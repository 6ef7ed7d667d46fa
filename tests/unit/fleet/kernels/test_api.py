from grace_workers.fleet import Absent, ApiFacts, Limited, Ready, Unready
from grace_workers.fleet.kernels.api import DEFINITION
from tests.conformance.kernel_worlds import PROCESSES, World

BROKEN = World(away=frozenset({"api"}))


def said(world: World):
    return DEFINITION.readiness(world)


def test_an_api_that_answers_a_call_with_a_token_is_ready():
    assert isinstance(said(World()), Ready)


def test_an_unhealthy_api_is_not_ready():
    assert said(World(facts_of_api=ApiFacts(health=503, with_token=None))) == Unready("/healthz returns 503")


def test_an_api_that_refuses_this_nodes_token_is_not():
    assert "401" in said(World(facts_of_api=ApiFacts(health=200, with_token=401))).why


def test_without_a_token_the_call_is_not_tried_and_that_is_said():
    assert isinstance(said(World(facts_of_api=ApiFacts(health=200, with_token=None))), Limited)


def test_a_node_without_api_leaves_it_to_others():
    assert isinstance(said(World(processes=PROCESSES - {"api"})), Absent)
