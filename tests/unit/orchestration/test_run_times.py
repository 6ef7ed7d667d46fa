"""How long a run took to detect, to heal and to restore."""

from datetime import timedelta

from grace_workers.learning import Ending, Episode
from tests.builders import WEB, Ward
from tests.unit.orchestration.wards import episodes, ward

__all__ = ["ward"]
BEFORE, LONG = timedelta(seconds=40), timedelta(seconds=7)


def newest(ward: Ward) -> Episode:
    (run,) = episodes(ward)
    return run


def test_a_run_says_how_long_after_its_begin_it_was_seen_and_how_long_it_took_to_heal(ward: Ward) -> None:
    ward.patients[WEB].on_act = lambda: ward.clock.advance(LONG)
    ward.fall_ill(began_at=ward.clock.now() - BEFORE)
    ward.work()
    run = newest(ward)
    assert (run.ending, run.to_detect, run.to_restore) == (Ending.VERIFIED, 40.0, None)
    assert run.to_heal is not None
    assert 14.0 <= run.to_heal <= run.seconds


def test_a_signal_without_a_begin_counts_from_when_its_condition_was_seen(ward: Ward) -> None:
    ward.fall_ill(observed_at=ward.clock.now() - LONG)
    ward.work()
    assert newest(ward).to_detect == 7.0


def test_a_sender_whose_clock_is_ahead_has_told_at_once(ward: Ward) -> None:
    ward.fall_ill(began_at=ward.clock.now() + LONG)
    ward.work()
    assert newest(ward).to_detect == 0.0


def test_a_run_that_was_put_back_says_how_long_that_took_and_was_never_healed(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.heeds, patient.on_restore = False, lambda: ward.clock.advance(LONG)
    ward.fall_ill()
    ward.work()
    run = newest(ward)
    assert (run.ending, run.restored, run.to_heal, run.to_restore) == (Ending.INEFFECTIVE, True, None, 14.0)


def test_a_run_that_stopped_half_way_says_how_long_putting_it_back_took(ward: Ward) -> None:
    patient = ward.patients[WEB]

    def fail_from_now() -> None:
        patient.fails = True

    patient.on_act, patient.on_restore = fail_from_now, lambda: ward.clock.advance(LONG)
    ward.fall_ill()
    ward.work()
    run = newest(ward)
    assert (run.ending, run.restored, run.to_restore) == (Ending.FAILED, True, 14.0)
