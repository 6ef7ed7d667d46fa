from grace_workers.learning import Ending, Nearest
from tests.unit.learning.recall.precedents_of import outcome


def remembering(*outcomes):
    nearest = Nearest()
    for one in outcomes:
        nearest.put(one)
    return nearest


DISK = outcome(1, cause="disk_full", features={"line no space left": 4.0, "kind files": 1.0, "seen everywhere": 1.0})
DOWN = outcome(2, cause="process_down", features={"line refused": 2.0, "kind process": 1.0, "seen everywhere": 1.0})


def test_it_is_empty_at_first():
    assert Nearest().find({"line refused": 1.0}) is None


def test_the_same_again_is_wholly_alike_from_the_first_outcome_on():
    found = remembering(DISK, DOWN).find(DOWN.features)
    assert found is not None
    assert (found.precedent, round(found.alike, 6)) == (DOWN, 1.0)


def test_what_few_outcomes_show_speaks_first():
    found = remembering(DISK, DOWN).find(DOWN.features)
    assert found is not None
    assert set(found.shared[:2]) == {"line refused", "kind process"}


def test_what_shares_nothing_is_not_near():
    assert remembering(DISK, DOWN).find({"line other": 1.0}) is None


def test_of_equally_similar_precedents_the_newest_counts():
    later = outcome(3, cause="process_hung", features=DOWN.features)
    found = remembering(DOWN, later).find(DOWN.features)
    assert found is not None
    assert found.precedent is later


def test_an_outcome_that_was_taken_back_is_gone():
    nearest = remembering(DISK, DOWN, outcome(2, ending=Ending.INEFFECTIVE, features=DOWN.features))
    found = nearest.find(DOWN.features)
    assert found is not None
    assert (len(nearest), found.precedent) == (1, DISK)


def test_it_remembers_the_newest_thousand():
    nearest = remembering(*(outcome(number, features={f"line {number}": 1.0}) for number in range(1_200)))
    assert len(nearest) == 1_000
    assert nearest.find({"line 10": 1.0}) is None
    assert nearest.find({"line 1199": 1.0}) is not None
