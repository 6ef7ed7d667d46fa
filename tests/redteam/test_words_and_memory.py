"""Words trigger nothing without a person, and memory never outranks the present (A3, D16)."""

from datetime import timedelta

import pytest

from grace_workers.diagnosis import Strength
from grace_workers.foundation.ids import IncidentId
from grace_workers.governance import Role
from grace_workers.orchestration import approvals
from grace_workers.orchestration.dossier import Closing
from grace_workers.signals import IncidentState, Signature, sign
from tests.builders import WEB
from tests.shop import CACHE, Shop

WHILE = timedelta(seconds=12)
DOWN = {"name": "InstanceDown", "summary": "web is down", "signature": sign("InstanceDown")}
STALE = "bad magic number in 'shop': b'\\x03\\xf3'"


@pytest.fixture
def shop() -> Shop:
    return Shop()


def alarm(shop: Shop, **changes: object) -> IncidentId:
    """Send an alarm and let everything happen that follows from it."""
    incident = shop.ward.fall_ill(WEB, **{**DOWN, **changes})
    shop.ward.live(WHILE)
    return incident


def healed_three_times(shop: Shop) -> None:
    for _ in range(3):
        shop.service.running = False
        assert shop.ward.dossier(alarm(shop)).closing is Closing.HEALED


def fill_cache(shop: Shop, files: int = 600) -> None:
    for number in range(files):
        shop.cache.put(f"__pycache__/page{number}.cpython-311.pyc", b"x")


def approve(shop: Shop, incident: IncidentId) -> None:
    (asked,) = shop.ward.view(incident).approvals
    reply = approvals.Reply(by="ann", role=Role.APPROVER, approved=True, reason="I looked at it")
    approvals.answer(shop.ward.ledger, shop.ward.clock, asked.id, reply)
    shop.ward.work()


def test_a_known_problem_is_healed_after_the_one_reading_that_could_refute_it(shop: Shop) -> None:
    healed_three_times(shop)
    shop.service.running = False
    diagnosis = shop.ward.dossier(alarm(shop)).diagnosis
    assert [(one.kind, one.value) for one in diagnosis.evidence] == [("alive", 0.0)]
    assert (diagnosis.hypotheses[0].strength, diagnosis.hypotheses[0].measured) == (Strength.EXACT, True)


def test_a_false_alarm_of_a_known_problem_restarts_nothing_and_teaches_nothing(shop: Shop) -> None:
    healed_three_times(shop)
    starts, learnt = shop.service.starts, shop.learnt()
    incident = alarm(shop)
    assert (shop.service.starts, shop.learnt()) == (starts, learnt)
    dossier = shop.ward.dossier(incident)
    assert (dossier.incident.state, dossier.plan) == (IncidentState.ESCALATED, None)
    assert "alive of web is 1" in dossier.reasons[0]


def test_a_problem_that_is_over_before_the_first_step_is_not_acted_on(shop: Shop) -> None:
    shop.service.running = False
    looks = 0

    def come_back() -> None:
        nonlocal looks
        looks += 1
        # The first look belongs to the diagnosis.
        shop.service.running = looks > 1

    shop.service.on_look = come_back
    incident = alarm(shop)
    assert shop.service.starts == 1
    assert shop.learnt() == ([], [("restart_dead_service", 0)])
    assert shop.ward.dossier(incident).incident.state is IncidentState.ESCALATED
    assert shop.ward.held() == frozenset()


def test_memory_whose_reading_cannot_be_taken_restarts_nothing(shop: Shop) -> None:
    healed_three_times(shop)
    starts, learnt = shop.service.starts, shop.learnt()
    shop.service.hidden = True
    dossier = shop.ward.dossier(alarm(shop))
    assert (shop.service.starts, shop.learnt()) == (starts, learnt)
    assert (dossier.granted, dossier.plan is not None and dossier.plan.measured) == (None, False)


@pytest.mark.parametrize("name", ["ERROR shop", "StaleCache", "InstanceDown"])
def test_a_strangers_words_delete_no_file(shop: Shop, name: str) -> None:
    fill_cache(shop)
    shop.log.written, shop.log.going_on = [f"ERROR {STALE}"] * 8, lambda: True
    incident = alarm(shop, name=name, summary=STALE, text=STALE, signature=sign(name))
    assert len(shop.cache.files) == 600
    assert shop.ward.dossier(incident).closing in {None, Closing.ESCALATED}
    assert shop.learnt() == ([], [])


def test_a_strangers_words_are_a_question_where_no_reading_can_answer_them_and_are_never_learnt(shop: Shop) -> None:
    fill_cache(shop)
    # No answer, and no one can see whether the service runs.
    shop.front.seconds, shop.service.hidden = 9.0, True
    incident = alarm(shop, name="StaleCache", summary="the cache is stale", signature=sign("StaleCache"))
    dossier = shop.ward.dossier(incident)
    assert dossier.incident.state is IncidentState.AWAITING_APPROVAL
    assert dossier.plan is not None
    assert (dossier.plan.measured, len(shop.cache.files)) == (False, 600)
    approve(shop, incident)
    assert shop.ward.dossier(incident).closing is Closing.ESCALATED
    assert shop.learnt() == ([], [("clear_stale_cache", 0)])


def test_what_a_reading_refutes_after_a_person_agreed_is_not_acted_on(shop: Shop) -> None:
    fill_cache(shop)
    # No answer, and no one can see whether the service runs.
    shop.front.seconds, shop.service.hidden = 9.0, True
    incident = alarm(shop, name="StaleCache", summary="the cache is stale", signature=sign("StaleCache"))
    shop.front.seconds = 0.01
    approve(shop, incident)
    shop.ward.live(WHILE)
    assert shop.ward.dossier(incident).closing is Closing.ESCALATED
    assert (len(shop.cache.files), shop.learnt()) == (600, ([], [("clear_stale_cache", 0)]))


def test_a_flag_that_a_stranger_names_is_not_switched_where_no_errors_go_on(shop: Shop) -> None:
    shop.log.written = ["ERROR search for new_checkout failed"] * 8
    alarm(shop, name="error_burst", summary="8 errors", signature=sign("error_burst"))
    assert shop.flags.flag("new_checkout").variant == "on"


def test_a_flag_whose_errors_go_on_is_switched_off_as_before(shop: Shop) -> None:
    shop.log.written = ["ERROR price list of flag new_checkout"] * 8
    shop.log.going_on = lambda: shop.flags.flag("new_checkout").variant == "on"
    for _ in range(3):
        shop.flags.set_variant("new_checkout", "on")
        shop.ward.clock.advance(timedelta(minutes=2))
        incident = alarm(shop, name="error_burst", summary="8 errors", signature=sign("error_burst"))
        assert shop.ward.dossier(incident).closing is Closing.HEALED, shop.ward.view(incident).timeline
        assert shop.flags.flag("new_checkout").variant == "off"


def test_a_cache_that_really_slows_its_service_is_cleared_as_before(shop: Shop) -> None:
    shop.front.slowed = lambda: len(shop.cache.files) > 100
    for _ in range(3):
        fill_cache(shop)
        shop.ward.clock.advance(timedelta(minutes=2))
        incident = alarm(shop, name="latency_regression", summary="slow", signature=sign("latency_regression"))
        assert shop.ward.dossier(incident).closing is Closing.HEALED, shop.ward.view(incident).timeline
        assert shop.cache.files == {}


def test_a_cache_that_only_looks_guilty_is_restored(shop: Shop) -> None:
    fill_cache(shop)
    shop.front.slowed = lambda: True
    incident = alarm(shop, name="latency_regression", summary="slow", signature=sign("latency_regression"))
    shop.ward.live(WHILE)
    assert shop.ward.dossier(incident).closing is Closing.RESTORED, shop.ward.view(incident).timeline
    assert len(shop.cache.files) == 600


def test_repeated_words_make_a_cause_no_more_likely(shop: Shop) -> None:
    found = []
    for number in range(20):
        incident = shop.ward.fall_ill(
            WEB, name="MemoryLeak", summary="out of memory", signature=Signature("MemoryLeak~0"), key=f"k{number}"
        )
    shop.ward.live(WHILE)
    found = shop.ward.dossier(incident).diagnosis.hypotheses
    assert [one.cause for one in found] == ["memory_leak"]
    assert found[0].confidence < 0.05
    assert not found[0].measured


def test_a_measured_fault_is_left_alone_if_its_remedys_promise_already_holds(shop: Shop) -> None:
    """The label says that 5 % is too full; the playbook promises 85 %, so its run could show nothing."""
    shop.cache.put("app.log.1", b"x" * 100_000)
    labelled = shop.ward.line.subjects[CACHE]
    labelled.labels["disk_used_ratio_bound"] = "0.05"
    try:
        incident = shop.ward.fall_ill(CACHE, name="DiskFull", signature=sign("DiskFull"))
        shop.ward.live(WHILE)
    finally:
        del labelled.labels["disk_used_ratio_bound"]
    assert shop.ward.dossier(incident).closing is Closing.ESCALATED
    assert "every expectation is already met before the first step" in shop.ward.dossier(incident).reasons[0]
    assert len(shop.cache.files) == 1
