"""Which function is suspected first, and why."""

from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.localisation.localise import localise
from grace_workers.coding.engines.localisation.spectrum import ochiai
from tests.unit.coding.recordings import recording, run

SOURCE = b"""def shared(x):
    return x


def broken(x):
    y = shared(x)
    return y + 1


class Shelf:
    def put(self, x):
        return shared(x)
"""
TESTS = b"""from a import broken


def test_broken():
    assert broken(1) == 1
"""
FILES = {"a.py": SOURCE, "test_a.py": TESTS}


def read(name):
    if name not in FILES:
        raise FileNotFoundError(name)
    return FILES[name]


TREE = SourceTree.of(read)


def names(*runs):
    return [one.function for one in localise(recording(*runs), TREE, ["a.py"])]


def test_a_line_that_only_failing_tests_execute_is_the_most_suspicious():
    told = ochiai(recording(run("f", "failed", [2, 6, 7]), run("p", "passed", [2, 11]), run("q", "passed", [2])))
    assert told["a.py", 6] == 1.0
    assert 0 < told["a.py", 2] < 0.6
    assert ("a.py", 11) not in told


def test_the_function_of_the_failing_tests_comes_before_the_one_that_all_share():
    failing = run("test_a.py::test_broken", "failed", [2, 6, 7])
    assert names(failing, run("p", "passed", [2, 11])) == ["broken", "shared"]


def test_where_the_spectrum_cannot_tell_the_traceback_does():
    failing = run("f", "failed", [2, 6, 7], frames=(("a.py", 6), ("a.py", 2)))
    assert names(failing) == ["shared", "broken"]


PASSING = [run(f"p{number}", "passed", [2]) for number in range(4)]


def test_what_one_failing_test_of_many_is_called_does_not_outweigh_what_most_of_them_execute():
    failing = [run(f"test_a.py::test_{number}", "failed", [2, 6, 7]) for number in range(3)]
    assert names(run("test_a.py::test_shelf_put", "failed", [2, 12]), *failing, *PASSING)[0] == "broken"


def test_where_the_spectrum_cannot_tell_the_words_of_the_test_do():
    assert names(run("test_a.py::test_broken", "failed", [2, 6, 7], frames=(("test_a.py", 5),)))[0] == "broken"


def test_a_method_has_its_class_in_its_name():
    assert names(run("f", "failed", [12]))[0] == "Shelf.put"


def test_nothing_is_suspected_where_no_failing_test_runs_the_code():
    assert names(run("f", "failed", []), run("p", "passed", [2])) == []
