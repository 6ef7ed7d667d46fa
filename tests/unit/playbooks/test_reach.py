from hypothesis import given
from hypothesis import strategies as st

from grace_workers.playbooks import Operator
from grace_workers.playbooks.reach import excludes, implies
from grace_workers.verification import fits

NUMBERS = st.integers(-3, 3).map(float)
TRIED = [one / 2 for one in range(-9, 10)]


@given(st.sampled_from(Operator), NUMBERS, st.sampled_from(Operator), NUMBERS)
def test_what_follows_from_a_bound_is_what_trying_numbers_shows(
    first: Operator, bound, second: Operator, limit
) -> None:
    through = [one for one in TRIED if fits(one, first, bound)]
    assert implies(first, bound, second, limit) == all(fits(one, second, limit) for one in through)
    assert excludes(first, bound, second, limit) == (not any(fits(one, second, limit) for one in through))
