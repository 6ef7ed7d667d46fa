"""What every primitive promises, run against memory and against the real adapter of its role."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import AnyPrimitive, Effect, OutcomeStatus, Repeat, Snapshot
from grace_workers.foundation.canonical import canonical_bytes
from tests.conformance.primitive_cases import CATALOG, Case, memory_case, real_case, real_cases
from tests.targets import DRIVERS

_REAL = [
    pytest.param((name, which), marks=pytest.mark.servers, id=f"{name}-{which}")
    for name in CATALOG.names
    for which in real_cases(name)
]
# Processes take long to start, so `make test` has one kind of target for each primitive.
_APART = [
    pytest.param(*one.values, marks=one.marks if one.values[0][1] == "real" else pytest.mark.fleet, id=one.id)
    for one in _REAL
]
_MEMORY = [pytest.param((name, "memory"), id=f"{name}-memory") for name in CATALOG.names]


@pytest.fixture(params=_MEMORY + _REAL)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    name, which = request.param
    if which == "memory":
        yield memory_case(name)
        return
    with real_case(name, which, tmp_path, lambda: request.getfixturevalue("empty_database_url")) as made:
        yield made


@pytest.fixture(params=CATALOG.names)
def in_memory(request: pytest.FixtureRequest) -> Case:
    return memory_case(request.param)


@pytest.fixture(params=_APART)
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    with real_case(*request.param, tmp_path, lambda: request.getfixturevalue("empty_database_url")) as made:
        yield made


@pytest.mark.parametrize("name", CATALOG.names)
def test_a_primitive_has_a_real_case_on_every_driver_of_its_role(name: str) -> None:
    kinds = {one.kind for one in DRIVERS if CATALOG[name].role in (*one.roles, *one.optional)}
    own = {which.removeprefix("real_") for which in real_cases(name) if which != "real"}
    assert own <= kinds
    assert "real" in real_cases(name)
    assert len(kinds - own) == 1, f"write real_<kind> in tests/unit/actions/test_{name}.py for all of {kinds} but one"


@pytest.mark.parametrize("name", CATALOG.names)
def test_a_primitive_bounds_what_it_may_touch_at_worst(name: str) -> None:
    assert CATALOG[name].worst is not None


def params_of(case: Case) -> Any:
    return case.primitive.params.read(dict(case.params), "params")


def taken(case: Case) -> Snapshot:
    """Take a snapshot and carry it through JSON, as the step journal does."""
    kept = case.primitive.snapshot(case.role, params_of(case))
    return Snapshot(primitive=kept.primitive, content=json.loads(json.dumps(dict(kept.content))))


def test_params_survive_json(in_memory: Case) -> None:
    params = params_of(in_memory)
    carried = json.loads(json.dumps(params.model_dump(mode="json")))
    assert params == in_memory.primitive.params.read(carried, "params")
    assert canonical_bytes(carried)


def test_an_unknown_param_is_refused(in_memory: Case) -> None:
    with pytest.raises(Exception, match="surprise"):
        in_memory.primitive.params.read({**in_memory.params, "surprise": 1}, "params")


def test_preview_touches_nothing_and_names_something(case: Case) -> None:
    before = case.look()
    preview = case.primitive.preview(case.role, params_of(case))
    assert before == case.look()
    assert preview.changes
    assert preview.blast.count > 0
    assert 0 <= preview.blast.share <= 1
    assert case.primitive.keeps_to(preview.blast)
    assert canonical_bytes(list(preview.changes))


def test_a_snapshot_touches_nothing_and_fits_the_audit_log(case: Case) -> None:
    before = case.look()
    kept = case.primitive.snapshot(case.role, params_of(case))
    assert before == case.look()
    assert kept.primitive == case.primitive.name
    assert canonical_bytes(kept.content)


def test_apply_changes_the_world(case: Case) -> None:
    kept, before = taken(case), case.look()
    outcome = case.primitive.apply(case.role, params_of(case), kept)
    assert outcome.status is OutcomeStatus.DONE
    assert outcome.detail
    assert canonical_bytes(outcome.data)
    assert before != case.look()


def test_apply_twice_equals_apply_once(case: Case) -> None:
    if case.primitive.repeat is Repeat.ONCE:
        pytest.skip("declared to act once")
    kept = taken(case)
    case.primitive.apply(case.role, params_of(case), kept)
    once = case.look()
    case.primitive.apply(case.role, params_of(case), kept)
    assert once == case.look()


def test_effect_tells_the_truth(case: Case) -> None:
    effect = case.primitive.effect
    if effect is None:
        pytest.skip("has no effect to look for")
    kept = taken(case)
    assert effect(case.role, params_of(case), kept) is Effect.ABSENT
    case.primitive.apply(case.role, params_of(case), kept)
    assert effect(case.role, params_of(case), kept) is Effect.PRESENT


def test_restore_returns_the_world_to_its_first_state(case: Case) -> None:
    kept, first = taken(case), case.kept()
    case.primitive.apply(case.role, params_of(case), kept)
    changed = case.kept() != first
    if changed:
        assert case.primitive.restored(case.role, params_of(case), kept) is False
    else:
        assert case.primitive.irreversible is not None
    case.primitive.restore(case.role, params_of(case), kept)
    assert first == case.kept()
    assert case.primitive.restored(case.role, params_of(case), kept) is True


def test_restore_twice_equals_restore_once(case: Case) -> None:
    kept = taken(case)
    case.primitive.apply(case.role, params_of(case), kept)
    case.primitive.restore(case.role, params_of(case), kept)
    once = case.look()
    case.primitive.restore(case.role, params_of(case), kept)
    assert once == case.look()


def test_restore_without_apply_changes_nothing(case: Case) -> None:
    kept, first = taken(case), case.look()
    case.primitive.restore(case.role, params_of(case), kept)
    assert first == case.look()


@pytest.mark.timeout(120)
def test_another_process_can_apply_and_restore(real: Case) -> None:
    kept, first, before = taken(real), real.kept(), real.look()
    assert real.elsewhere("apply", kept.content) == "done"
    assert before != real.look()
    real.elsewhere("restore", kept.content)
    assert first == real.kept()
    assert real.elsewhere("restored", kept.content) is True


@pytest.mark.fleet
@pytest.mark.timeout(120)
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_step_killed_midway_is_finished_by_the_next_run(real: Case, calls: int) -> None:
    kept, before = taken(real), real.look()
    real.elsewhere("apply", kept.content, stop_after=calls)
    resume(real.primitive, real, kept)
    assert before != real.look()
    real.primitive.restore(real.role, params_of(real), kept)
    assert real.primitive.restored(real.role, params_of(real), kept) is True


def resume(primitive: AnyPrimitive, case: Case, kept: Snapshot) -> None:
    """Resume the step as the executor does: idempotent steps again, probeable ones only when there is no effect."""
    if primitive.repeat is Repeat.PROBEABLE:
        assert primitive.effect is not None
        if primitive.effect(case.role, params_of(case), kept) is Effect.PRESENT:
            return
    primitive.apply(case.role, params_of(case), kept)
