from datetime import timedelta

import pytest

from grace_workers.cycles.tuning.queue import response_time, slots_for

SECOND = timedelta(seconds=1)


def test_one_server_is_the_textbook_case() -> None:
    assert response_time(0.5, SECOND, 1) == pytest.approx(2.0)
    assert response_time(1.0, SECOND, 1) is None


def test_two_servers_are_erlang_c() -> None:
    assert response_time(1.0, SECOND, 2) == pytest.approx(4 / 3)


@pytest.mark.parametrize(("rate", "slots"), [(0.0, 1), (1.0, 4), (50.0, 10)])
def test_there_are_as_many_slots_as_hardly_let_a_job_wait(rate: float, slots: int) -> None:
    assert slots_for(rate, SECOND, 10) == slots
