import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.statistics import beta_lower_bound

COUNTS = st.integers(0, 40) | st.integers(0, 100_000)


@given(COUNTS, COUNTS, st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_it_is_the_quantile_that_scipy_gives(successes: int, failures: int, level: float) -> None:
    from scipy.special import betaincinv  # it takes a second, and not each worker runs this

    expected = betaincinv(successes + 0.5, failures + 0.5, 1 - level)
    assert beta_lower_bound(successes, failures, level=level) == pytest.approx(expected, rel=1e-7, abs=1e-12)


def test_nothing_seen_is_nothing_claimed() -> None:
    assert beta_lower_bound(0, 0) < 0.03


@pytest.mark.parametrize(("successes", "failures", "level"), [(-1, 0, 0.9), (0, -1, 0.9), (0, 0, 0.0), (0, 0, 1.0)])
def test_impossible_counts_and_levels_are_refused(successes: int, failures: int, level: float) -> None:
    with pytest.raises(ValueError, match="not"):
        beta_lower_bound(successes, failures, level=level)
