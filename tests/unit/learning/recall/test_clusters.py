from grace_workers.learning import clusters

POOL = {"signal PoolFull": 1.0, "line pool refused": 6.0, "kind process": 1.0}
MAIL = {"signal MailStuck": 1.0, "line smtp timeout": 2.0, "kind process": 1.0}


def noisy(one, at):
    return one | {f"line noise {at}": 1.0}


def test_what_is_alike_comes_together_the_greatest_first_and_single_ones_are_left_out():
    problems = [noisy(MAIL, 0), noisy(POOL, 1), noisy(POOL, 2), {"line alone": 1.0}, noisy(MAIL, 4), noisy(POOL, 5)]
    first, second = clusters(problems)
    assert (list(first.members), list(second.members)) == ([1, 2, 5], [0, 4])
    assert set(first.shared) == set(POOL)
    assert set(second.shared) == set(MAIL)


def test_without_problems_there_is_none():
    assert clusters([]) == []
    assert clusters([{}, {}]) == []
