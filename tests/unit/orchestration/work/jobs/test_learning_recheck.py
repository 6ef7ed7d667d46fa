from datetime import timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName, uuid7
from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.line.rechecking import RECHECK
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.jobs.learning_recheck import DEFINITION
from tests.builders import Ward, claimed
from tests.unit.learning.recall.precedents_of import outcome


def run(ward, **payload):
    ending = DEFINITION.run(ward, claimed(ward, DEFINITION, payload))
    assert isinstance(ending, Succeeded)
    return ending.result


def test_a_run_that_taught_nothing_is_not_asked_about():
    assert run(Ward(), plan=str(uuid7()), after=60) == {"recurred": None}


def test_a_second_run_finds_the_same():
    ward = Ward()
    with ward.ledger.transaction() as tx:
        tx[PrecedentStore].put(outcome())
    hour = timedelta(hours=1).total_seconds()
    asked = {"plan": str(outcome().plan), "after": hour}
    assert run(ward, **asked) == run(ward, **asked) == {"recurred": False, "stayed": hour}


def test_a_recurrence_is_found_behind_many_later_outcomes_of_other_problems():
    ward = Ward()
    others = [outcome(number, target=TargetName("other"), signature="x~1") for number in range(3, 1_203)]
    with ward.ledger.transaction() as tx:
        for one in (outcome(), outcome(2, signature="other words~1"), *others):
            tx[PrecedentStore].put(one)
    assert run(ward, plan=str(outcome().plan), after=3600)["recurred"] is True


def test_a_span_that_is_none_is_refused():
    with pytest.raises(InputError):
        run(Ward(), plan=str(uuid7()), after=0)


def test_the_line_asks_for_it_by_its_address():
    assert DEFINITION.address == RECHECK
