from datetime import UTC, datetime, timedelta
from uuid import UUID

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals import Alarm, Habits, Topology, grouped, habits_of

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = 3_600.0
SYSTEM = Topology({TargetName("db"): (), TargetName("api"): (TargetName("db"),), TargetName("jobs"): ()})


def failures(*told):
    return [
        Alarm(id=IncidentId(UUID(int=at)), target=TargetName(target), at=START + timedelta(seconds=after))
        for at, (target, after) in enumerate(sorted(told, key=lambda one: one[1]))
    ]


def spreading(delay, *, times=40, target="api"):
    began = [at * HOUR for at in range(times)]
    return failures(*(("db", at) for at in began), *((target, at + delay) for at in began))


def test_without_a_past_the_habits_are_the_usual_ones():
    learned = habits_of([], SYSTEM, Habits())
    assert (round(learned.pace), round(learned.rate), learned.undeclared) == (18, 2, 0)
    assert learned.separate == Habits().separate


def test_the_pace_is_that_of_this_system():
    fast, slow = (habits_of(spreading(delay), SYSTEM, Habits()).pace for delay in (3, 80))
    assert (3 <= fast < 6, 50 < slow <= 80) == (True, True)


def test_failures_that_chance_brings_together_do_not_change_the_pace():
    apart = failures(*((name, at * HOUR + more) for at in range(40) for name, more in (("db", 0), ("api", 15.1 * at))))
    assert 15 < habits_of(apart, SYSTEM, Habits()).pace < 25


def test_the_rarer_causes_are_the_more_a_separate_one_costs():
    rare, frequent = Habits(rate=0.1), Habits(rate=20)
    assert rare.separate > Habits().separate > frequent.separate


def test_failures_that_often_follow_an_unrelated_one_are_undeclared_and_then_grouped():
    learned = habits_of(spreading(10, target="jobs"), SYSTEM, Habits())
    assert learned.undeclared > 0.5
    first, second = failures(("db", 0), ("jobs", 10))
    place = grouped([first, second], SYSTEM, learned)[second.id]
    assert (place.leader, place.depends) == (first.id, False)
    assert place.why == "soon after db; failures here often spread where no dependency is declared"
    assert grouped([first, second], SYSTEM)[second.id].leader is None


def test_a_slow_system_groups_what_a_fast_one_keeps_apart():
    first, second = failures(("db", 0), ("api", 170))
    leaders = [grouped([first, second], SYSTEM, Habits(pace=pace))[second.id].leader for pace in (60, 5)]
    assert leaders == [first.id, None]
