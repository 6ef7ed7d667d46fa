import numpy as np
import pytest

from grace_workers.foundation.errors import IntegrityError
from grace_workers.learning.models.trees import Trees

CHANCE = np.random.default_rng(1)
ROWS = CHANCE.random((200, 6)).astype(np.float32)
TRUTH = (ROWS[:, 0] + ROWS[:, 3] > 1).astype(int)


@pytest.fixture(scope="module")
def forest():
    # Each worker imports all tests, and not each runs these.
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(20, random_state=1).fit(ROWS, TRUTH)


def test_they_answer_as_scikit_learn_does(forest):
    trees = Trees.of(forest)
    fresh = CHANCE.random((50, 6)).astype(np.float32)
    expected = forest.predict_proba(fresh)[:, 1]
    assert [trees.chance(row) for row in fresh] == pytest.approx(expected)
    ours, theirs = trees.leaves(fresh), forest.apply(fresh)
    for one in range(20):
        assert len(set(zip(ours[:, one], theirs[:, one], strict=True))) == len(set(theirs[:, one]))


def test_they_survive_being_stored(forest):
    trees = Trees.of(forest)
    again = Trees.read(trees.arrays(), width=6)
    assert np.array_equal(again.leaves(ROWS), trees.leaves(ROWS))


@pytest.mark.parametrize("change", ["loop", "beyond", "wide", "short", "rootless"])
def test_numbers_that_are_no_trees_are_refused(forest, change):
    arrays = {name: one.copy() for name, one in Trees.of(forest).arrays().items()}
    if change == "loop":
        arrays["left"][5] = 0
    elif change == "beyond":
        arrays["right"][0] = 10**6
    elif change == "wide":
        arrays["feature"][0] = 6
    elif change == "short":
        arrays["threshold"] = arrays["threshold"][:-1]
    else:
        arrays["roots"] = arrays["roots"][:0]
    with pytest.raises(IntegrityError):
        Trees.read(arrays, width=6)
