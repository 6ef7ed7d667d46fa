import pytest

from grace_workers.coding import hunted_source
from grace_workers.fleet import Limited, Ready, Unready
from grace_workers.fleet.kernels.hunter import DEFINITION, HOSTILE
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.yaml_file import FileFault, SourceError
from grace_workers.playbooks import load_text
from tests.conformance.kernel_worlds import CATALOGS, World

BROKEN = World(primitives_known=Catalog("primitive", {}))


def said(world: World):
    return DEFINITION.readiness(world)


def test_all_hostile_playbooks_are_refused_and_a_harmless_one_is_taken():
    assert said(World()) == Ready(f"{len(HOSTILE)} hostile playbooks are refused, a harmless one is accepted")


def test_a_hunter_that_sees_nothing_is_not_ready():
    found = said(World(hunts=lambda source: []))
    assert isinstance(found, Unready)
    assert "hides text in invisible characters" in found.why


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_playbook_is_refused(what):
    with pytest.raises(SourceError):
        load_text(HOSTILE[what], "hunters_sample.yaml", CATALOGS.primitives, CATALOGS.checks, hunted_source)


def test_a_loader_that_refuses_everything_is_no_hunter():
    assert isinstance(said(World(checks_known=Catalog("check", {}))), Unready)


def test_faults_of_the_newest_playbooks_are_named():
    found = said(World(faulty=[FileFault("playbooks/mine.yaml", 3, "is empty")]))
    assert isinstance(found, Limited)
    assert "playbooks/mine.yaml:3: is empty" in found.lacks


def test_the_test_that_runs_again_and_again_shows_one_of_them():
    assert said(World(thorough=False)).seen == "one that builds a Python object is refused, a harmless one is accepted"


def test_and_finds_a_loader_that_refuses_everything():
    assert isinstance(said(World(thorough=False, checks_known=Catalog("check", {}))), Unready)
