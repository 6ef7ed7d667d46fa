"""The health score: what lowers it, how far, and that nothing else does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.fleet import (
    WELL_FROM,
    HealthInputs,
    QuarantineRules,
    ScorePart,
    is_degraded,
    lateness,
    parts_of,
    total,
)

WELL = HealthInputs(longest_beat=timedelta(seconds=0.5))
FRACTIONS = st.floats(0, 1)
AMOUNTS = {
    "longest_beat": st.floats(0, 10).map(lambda seconds: timedelta(seconds=seconds)),
    "restarts": st.integers(0, 50),
    "memory": FRACTIONS,
    "disk": FRACTIONS,
    "cpu": st.floats(0, 100),
    "required_down": st.lists(st.sampled_from(["healing", "coding"]), max_size=2),
    "optional_down": st.lists(st.sampled_from(["api", "flower"]), max_size=2),
}


def score(inputs: HealthInputs) -> float:
    return total(parts_of(inputs))


def test_an_instance_that_lacks_nothing_scores_one():
    assert score(WELL) == 1.0
    assert total([]) == 1.0


@pytest.mark.parametrize("name", AMOUNTS)
@given(st.data())
def test_a_worse_reading_never_raises_the_score(name, data):
    one, other = data.draw(AMOUNTS[name]), data.draw(AMOUNTS[name])
    less, more = (one, [*one, *other]) if isinstance(one, list) else sorted((one, other))
    assert score(replace(WELL, **{name: more})) <= score(replace(WELL, **{name: less}))


@given(st.integers(10, 500), st.data())
def test_more_failures_of_its_own_never_raise_the_score_and_failures_everywhere_do_not_lower_it(ended, data):
    few, many = sorted(data.draw(st.tuples(st.integers(0, ended), st.integers(0, ended))))
    other = HealthInputs(longest_beat=timedelta(0), ended=ended, others_ended=ended)
    assert score(replace(other, failed=many)) <= score(replace(other, failed=few))
    assert score(replace(other, failed=many, others_failed=many)) == 1.0


@given(st.floats(0, 10), st.floats(0, 10))
def test_a_later_heartbeat_never_raises_the_score(one, other):
    early, late = (lateness(timedelta(seconds=seconds)) for seconds in sorted((one, other)))
    assert late.value <= early.value


def test_a_handful_of_failures_says_nothing():
    assert score(replace(WELL, ended=9, failed=9)) == 1.0


def test_a_busy_processor_alone_leaves_an_instance_fit_and_a_silent_pool_does_not():
    busy = replace(WELL, cpu=1000.0, longest_beat=timedelta(seconds=9))
    assert score(busy) > QuarantineRules().well_from
    assert score(replace(WELL, required_down=["healing"])) == 0.1


def test_every_part_says_the_fact_behind_it():
    parts = parts_of(replace(WELL, disk=0.995, required_down=["coding"]))
    names = {part.name for part in parts}
    assert names == {
        "rhythm",
        "processes",
        "kernels",
        "failures",
        "restarts",
        "memory",
        "disk",
        "cpu",
    }
    assert ScorePart(name="disk", value=0.2, why="100% used") in parts
    assert ScorePart(name="processes", value=0.1, why="not ready: coding") in parts
    assert all(0 < part.value <= 1 and part.why for part in parts)


def test_a_node_without_one_of_its_kernels_is_degraded_whatever_its_score():
    without = parts_of(replace(WELL, kernels_down=["hunter"]))
    assert (is_degraded(parts_of(WELL)), is_degraded(without)) == (False, True)
    assert total(without) >= WELL_FROM
    assert ScorePart(name="kernels", value=0.95, why="not ready: hunter") in without
