from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals import Alarm, Habits, Topology, grouped, habits_of
from grace_workers.signals.grouping.kinds import seldom

START = datetime(2026, 1, 1, tzinfo=UTC)
DB, API = TargetName("db"), TargetName("api")
SYSTEM = Topology({DB: (), API: (DB,)})


def seen(kind, *, took_part, apart):
    return [(kind, True)] * took_part + [(kind, False)] * apart


def alarms(*told):
    return [
        Alarm(id=IncidentId(UUID(int=at)), target=target, at=START + timedelta(seconds=after), kind=kind)
        for at, (target, after, kind) in enumerate(sorted(told, key=lambda one: one[1]))
    ]


def test_a_kind_that_mostly_comes_alone_costs_and_the_others_do_not():
    costs = seldom(seen("outage", took_part=60, apart=40) + seen("renewal", took_part=1, apart=40))
    assert costs.keys() == {"renewal"}
    assert 1 < costs["renewal"] <= 3


def test_a_kind_that_was_seen_a_few_times_costs_nothing():
    assert seldom(seen("outage", took_part=60, apart=40) + seen("renewal", took_part=0, apart=3)) == {}


def test_a_kind_that_came_alone_for_years_costs_no_more_than_what_is_bounded():
    assert seldom(seen("outage", took_part=600, apart=400) + seen("renewal", took_part=0, apart=9000)) == {"renewal": 3}


def test_failures_without_a_kind_cost_nothing():
    assert seldom(seen("outage", took_part=60, apart=40) + seen("", took_part=0, apart=100)) == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())))
def test_a_cost_is_bounded_and_never_a_bonus(told):
    assert all(0 < cost <= 3 for cost in seldom(told).values())


def test_kinds_that_are_all_alike_cost_nothing():
    assert seldom([(f"kind-{at % 20}", at % 3 == 0) for at in range(600)]) == {}


def test_a_kind_that_is_rarely_an_origin_explains_only_what_follows_at_once():
    habits = Habits(seldom_lead={"renewal": 3.0})
    for kind, after, leads in (("down", 40, True), ("renewal", 40, False), ("renewal", 1, True)):
        first, second = alarms((DB, 0, kind), (API, after, "errors"))
        assert (grouped([first, second], SYSTEM, habits)[second.id].leader == first.id) is leads


def test_a_failure_of_a_kind_that_comes_alone_joins_no_group_that_chance_offers():
    every = timedelta(hours=1).total_seconds()
    spread = [told for at in range(60) for told in ((DB, at * every, "down"), (API, at * every + 20, "errors"))]
    alone = [(API, at * every + every / 2, "renewal") for at in range(60)]
    learned = habits_of(alarms(*spread, *alone), SYSTEM, Habits())
    assert "renewal" in learned.seldom_follow
    assert learned.seldom_follow.keys().isdisjoint({"errors"})

    def leader_of(kind, habits):
        first, second = alarms((DB, 0, "down"), (API, 40, kind))
        return grouped([first, second], SYSTEM, habits)[second.id].leader

    assert (leader_of("renewal", Habits()), leader_of("renewal", learned)) == (IncidentId(UUID(int=0)), None)
    assert leader_of("errors", learned) == IncidentId(UUID(int=0))
