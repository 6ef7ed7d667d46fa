"""A patch may not contain memorised answers of the tests."""

from grace_workers.coding.engines.repair.overfit import answers_by_heart, literals

TESTS = literals("assert f(17) == 'seventeen'\nassert f(3) == 'three'\n")
BEFORE = "def f(n):\n    return str(n)\n"


def test_a_comparison_with_a_value_of_the_tests_counts_as_memorised():
    after = "def f(n):\n    if n == 17:\n        return 'seventeen'\n    return str(n)\n"
    assert answers_by_heart(BEFORE, after, TESTS)


def test_a_value_that_the_code_had_already_is_not():
    before = "def f(n):\n    return n > 17\n"
    assert not answers_by_heart(before, "def f(n):\n    return n >= 17\n", TESTS)


def test_a_value_outside_a_comparison_is_not():
    assert not answers_by_heart(BEFORE, "def f(n):\n    return str(n + 17)\n", TESTS)


def test_plain_values_belong_to_no_one():
    assert literals("f(0, 1, -1, '')") == frozenset()
