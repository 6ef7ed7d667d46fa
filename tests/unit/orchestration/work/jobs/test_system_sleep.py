import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.work.jobs.system_sleep import DEFINITION, LONGEST
from tests.builders import Ward, claimed


def test_it_says_how_long_it_held_the_slot() -> None:
    ward = Ward()
    assert DEFINITION.run(ward, claimed(ward, DEFINITION, {"seconds": 0.01})) == Succeeded(result={"slept": 0.01})


def test_longer_than_ten_minutes_is_refused() -> None:
    ward = Ward()
    with pytest.raises(InputError, match=r"payload of system\.sleep: seconds"):
        DEFINITION.run(ward, claimed(ward, DEFINITION, {"seconds": 601}))


def test_its_time_limit_lets_the_longest_sleep_end() -> None:
    assert DEFINITION.time_limit > LONGEST
