from dataclasses import replace

from grace_workers.fleet import Ready, SchemaStand, Unready
from grace_workers.fleet.kernels.database import DEFINITION
from tests.conformance.kernel_worlds import SCHEMA, World

BROKEN = World(facts_of_schema=replace(SCHEMA, found=None))


def said(world: World):
    return DEFINITION.readiness(world)


def test_a_database_with_this_releases_schema_is_ready():
    assert "0002" in said(World()).seen


def test_a_database_that_says_something_else_is_not():
    assert "returned 'other'" in said(World(spoiled="other")).why


def test_a_schema_of_an_older_release_is_named_with_what_to_do():
    found = said(World(facts_of_schema=SchemaStand(found="0001", floor=None, known=("0001", "0002"))))
    assert isinstance(found, Unready)
    assert "grace migrate" in found.why


def test_a_newer_schema_that_serves_this_release_is_good_enough():
    newer = SchemaStand(found="0003", floor="0001", known=("0001", "0002"))
    assert isinstance(said(World(facts_of_schema=newer)), Ready)


def test_a_newer_schema_that_does_not_serve_this_release_is_not():
    newer = SchemaStand(found="0009", floor="0008", known=("0001", "0002"))
    assert isinstance(said(World(facts_of_schema=newer)), Unready)
