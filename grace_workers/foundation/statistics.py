"""The one statistic that several rooms share: how sure a record of successes makes us."""


def beta_lower_bound(successes: int, failures: int, *, level: float = 0.9) -> float:
    """Return the lower end of the one-sided credible interval for a success rate.

    The posterior is Beta(successes + 1/2, failures + 1/2) (Jeffreys' prior); with probability `level` the true
    rate lies above the returned value. No outcomes give a value near 0: nothing is known, so nothing is claimed.

    Raises:
        ValueError: a count is negative or `level` is not between 0 and 1.
    """
    from scipy.special import betaincinv

    if successes < 0 or failures < 0:
        raise ValueError(f"counts {successes} and {failures} must not be negative")
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")
    return float(betaincinv(successes + 0.5, failures + 0.5, 1 - level))
