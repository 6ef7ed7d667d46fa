from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals.grouping import GROUP_HORIZON, Alarm, Topology, grouped
from grace_workers.signals.grouping.forest import origins_of
from tests.benchmarks.recognition import Correlator
from tests.benchmarks.topologies import Shape, failing, pairwise

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SHOP = Topology(
    {
        TargetName("gateway"): [TargetName("web"), TargetName("admin")],
        TargetName("web"): [TargetName("database"), TargetName("cache")],
        TargetName("admin"): [TargetName("database")],
        TargetName("reports"): [TargetName("database")],
        TargetName("partner"): [],
    }
)


def alarm(number: int, target: str, after: float = 0.0, **changes: object) -> Alarm:
    given: dict[str, object] = {"id": IncidentId(UUID(int=number)), "target": TargetName(target)}
    return Alarm(**{**given, "at": START + after * SECOND, **changes})  # type: ignore[arg-type]


def leaders(alarms: Sequence[Alarm], topology: Topology = SHOP) -> dict[int, int | None]:
    found = grouped(alarms, topology)
    return {one.int: None if place.leader is None else place.leader.int for one, place in found.items()}


def test_what_the_others_depend_on_leads_though_it_is_reported_last() -> None:
    alarms = [alarm(1, "gateway"), alarm(2, "web", 3), alarm(3, "database", 9)]
    assert leaders(alarms) == {1: 3, 2: 3, 3: None}
    assert grouped(alarms, SHOP)[alarms[1].id].why == "web depends on database"


def test_what_nothing_connects_stays_apart() -> None:
    assert leaders([alarm(1, "web"), alarm(2, "partner", 1)]) == {1: None, 2: None}


def test_what_comes_long_after_has_a_cause_of_its_own() -> None:
    assert leaders([alarm(1, "database"), alarm(2, "web", GROUP_HORIZON / SECOND)]) == {1: None, 2: None}


def test_a_silent_cause_is_found_by_what_depends_on_it() -> None:
    alarms = [alarm(1, "web"), alarm(2, "admin", 2), alarm(3, "reports", 4)]
    assert leaders(alarms) == {1: None, 2: 1, 3: 1}
    place = grouped(alarms, SHOP)[alarms[1].id]
    assert (place.why, place.depends) == ("admin and web both depend on database, which reported nothing itself", False)


def test_an_origin_farther_away_that_is_a_little_cheaper_is_not_left_out() -> None:
    alarms = [alarm(1, "web"), alarm(2, "database", 20), alarm(3, "gateway", 20)]
    assert origins_of(alarms, SHOP)[alarms[2].id] == alarms[1].id


def test_of_one_target_the_worst_leads() -> None:
    assert leaders([alarm(1, "web", rank=0), alarm(2, "web", 5, rank=3)]) == {1: 2, 2: None}


def test_targets_that_depend_on_each_other_have_one_leader() -> None:
    both = Topology({TargetName("a"): [TargetName("b")], TargetName("b"): [TargetName("a")]})
    assert leaders([alarm(1, "a"), alarm(2, "b", 1)], both) == {1: None, 2: 1}


def test_what_often_failed_together_is_one_group_and_waits_for_nothing() -> None:
    known = SHOP.with_pairs([(TargetName("partner"), TargetName("web"))])
    alarms = [alarm(1, "partner"), alarm(2, "web", 4)]
    place = grouped(alarms, known)[alarms[1].id]
    assert (place.leader, place.why) == (alarms[0].id, "web and partner have often failed together")
    assert place.depends is False


def test_what_is_settled_stays_where_it_is() -> None:
    old, other = alarm(1, "web", settled=True), IncidentId(UUID(int=7))
    assert leaders([old, alarm(2, "database", 20)]) == {1: None, 2: None}
    assert leaders([alarm(1, "database", settled=True, part_of=other), alarm(2, "web", 20)]) == {1: 7, 2: 7}


@given(st.permutations([("gateway", 0.0), ("web", 3.0), ("database", 9.0), ("admin", 4.0), ("partner", 5.0)]))
def test_the_order_in_which_incidents_are_given_does_not_matter(order: list[tuple[str, float]]) -> None:
    alarms = [alarm(ord(name[0]), name, after) for name, after in order]
    assert leaders(alarms) == leaders(sorted(alarms, key=lambda one: one.order))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [Shape(layers=3), Shape(layers=3, silent=0.4), Shape(delay=3)])
def test_alerts_of_made_up_systems_are_told_apart_by_their_faults(shape: Shape) -> None:
    scores = []
    for seed in range(4):
        made = failing(replace(shape, faults=25), seed)
        correlator = Correlator(made.depends_on)
        ids = [correlator.group(one.at, one.target, one.name) for one in made.alerts]
        scores.append(pairwise([one.fault for one in made.alerts], list(correlator.resolve(ids)))[2])
    assert sum(scores) / len(scores) >= 0.93, scores
