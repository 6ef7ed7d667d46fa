from grace_workers.fleet import Ready, Unready
from grace_workers.fleet.kernels.secrets import DEFINITION
from tests.conformance.kernel_worlds import World, secret

BROKEN = World(facts_of_secrets=[secret(mode=0o644)])


def said(world: World):
    return DEFINITION.readiness(world)


def test_secrets_that_are_there_and_closed_are_counted():
    assert said(World()) == Ready("1 secrets are present, strong and closed to other users")


def test_every_fault_is_reported_with_its_remedy():
    found = said(World(facts_of_secrets=[secret(present=False), secret(name="the key", mode=0o640)]))
    assert isinstance(found, Unready)
    assert "is missing" in found.why
    assert "the key in GRACE_DATABASE__URL is open to others (mode 0640); set one" in found.why


def test_a_node_without_any_secret_is_not_ready():
    assert isinstance(said(World(facts_of_secrets=[secret(present=False, optional=True)])), Unready)
