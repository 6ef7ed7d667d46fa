"""The diagnostic of dependencies, where one of them has readings that cannot be taken."""

from dataclasses import replace

from grace_workers.actions import Revisions
from grace_workers.orchestration.diagnosing import declared_diagnostics
from grace_workers.testing import MemoryRevisions, MemoryWorld
from tests.unit.orchestration.test_diagnostics import DATABASE, MINUTE, _revision, _scene


def test_a_count_that_no_bound_judges_is_not_wrong_because_it_cannot_be_read() -> None:
    scene = _scene({})
    world = MemoryWorld(roles={(DATABASE, Revisions): MemoryRevisions(history=[_revision(1, MINUTE)])})
    code = replace(scene.line.subjects[DATABASE], roles=frozenset({"Revisions"}))
    line = replace(scene.line, world=world, subjects={**scene.line.subjects, DATABASE: code})
    [fact] = declared_diagnostics()["dependencies"].look(replace(scene, line=line))
    assert (fact.value, fact.notable) == (0, False)
    assert "could not be read" in (fact.note or "")
