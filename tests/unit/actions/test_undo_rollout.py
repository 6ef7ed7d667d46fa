from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.undo_rollout import DEFINITION, UndoRolloutParams
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryRollouts
from tests.conformance.primitive_cases import InMemory, Real
from tests.kubernetes_cluster import cluster, connection
from tests.kubernetes_rollouts import Rolling, in_force, release, template

PARAMS = UndoRolloutParams()
PARAMS_NOW = UndoRolloutParams(stood_for=timedelta())
AGES = {"web-3": timedelta(minutes=1), "web-2": timedelta(minutes=4), "web-1": timedelta(days=9)}


def in_memory() -> InMemory:
    service = MemoryRollouts(broken={"web-3"})
    return InMemory(role=service, params={}, look=lambda: service.rollout().version)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with cluster(folder, controller=Rolling(template())) as found:
        release(found, template("web:2"))
        yield Real(
            kind=TargetKind("kubernetes"),
            connection=connection(found, workload="deployment", rollouts=True),
            params={},
            look=lambda: in_force(found)["image"],
        )


def test_people_read_which_version_gives_way_to_which() -> None:
    words = "roll out version web-2 (image web-2) again instead of web-3"
    assert DEFINITION.preview(MemoryRollouts(), PARAMS).changes == (words,)


def test_a_version_that_is_in_force_is_left_alone() -> None:
    service, params = MemoryRollouts(), UndoRolloutParams(to="web-3")
    assert DEFINITION.preview(service, params).changes == ("leave version web-3",)
    assert DEFINITION.apply(service, params, DEFINITION.snapshot(service, params)).status is OutcomeStatus.UNCHANGED


def test_a_second_run_of_the_same_step_does_not_go_back_further() -> None:
    service = MemoryRollouts()
    kept = DEFINITION.snapshot(service, PARAMS)
    DEFINITION.apply(service, PARAMS, kept)
    assert DEFINITION.apply(service, PARAMS, kept).status is OutcomeStatus.UNCHANGED
    assert service.rollout().version == "web-2"


def test_a_version_that_someone_else_has_rolled_out_stays() -> None:
    service = MemoryRollouts()
    kept = DEFINITION.snapshot(service, PARAMS)
    service.roll_out("web-1")
    for act, words in ((DEFINITION.apply, "since the snapshot"), (DEFINITION.restore, "decide by hand")):
        with pytest.raises(ConflictError, match=words):
            act(service, PARAMS, kept)
    assert service.rollout().version == "web-1"


def test_what_cannot_be_rolled_out_is_refused() -> None:
    with pytest.raises(ConflictError, match="no version before web-1 is kept"):
        DEFINITION.snapshot(MemoryRollouts(names=["web-1"]), PARAMS)
    with pytest.raises(NotFoundError, match="no version 'web-9' can be rolled out; these can: web-3, web-2, web-1"):
        DEFINITION.snapshot(MemoryRollouts(), UndoRolloutParams(to="web-9"))


def test_a_second_step_goes_further_back_and_never_to_what_was_given_up() -> None:
    service = MemoryRollouts(ages=AGES)
    seen = []
    for _ in range(2):
        DEFINITION.apply(service, PARAMS_NOW, DEFINITION.snapshot(service, PARAMS_NOW))
        seen.append(service.rollout().version)
    assert seen == ["web-2", "web-1"]
    with pytest.raises(ConflictError, match="no version before web-1 is kept"):
        DEFINITION.snapshot(service, PARAMS_NOW)


def test_a_version_that_was_replaced_at_once_is_passed_over() -> None:
    assert DEFINITION.snapshot(MemoryRollouts(ages=AGES), PARAMS).content["to"] == "web-1"


def test_a_version_that_still_serves_is_taken_first() -> None:
    service = MemoryRollouts(ages=AGES, serving={"web-2"})
    assert DEFINITION.snapshot(service, PARAMS).content["to"] == "web-2"


def test_where_no_version_has_stood_long_enough_none_is_rolled_out() -> None:
    service = MemoryRollouts(names=["web-3", "web-2"], ages=AGES)
    with pytest.raises(ConflictError, match="none of web-2 was in force for 10m before the next was rolled out; name"):
        DEFINITION.snapshot(service, PARAMS)
