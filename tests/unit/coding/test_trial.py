"""The parts of the trial program that need no fork: variations, outcomes, and replaced functions."""

import importlib.util

import pytest

from grace_workers.coding.trial.bounds import least, most
from grace_workers.coding.trial.expectation import text_of
from grace_workers.coding.trial.outcome import outcome_of
from grace_workers.coding.trial.running import apart
from grace_workers.coding.trial.subjects import subjects_of
from grace_workers.coding.trial.swap import Swap, UnfitError, put
from grace_workers.coding.trial.variation import varied

SOURCE = """def twice(x):
    def inner(y):
        return y + y
    return inner(x)


class Shelf:
    class Box:
        def size(self):
            return super().__sizeof__() * 0 + 1
"""


@pytest.fixture
def module(tmp_path):
    (tmp_path / "shelf.py").write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("shelf", tmp_path / "shelf.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_a_living_function_gets_its_new_code(module, tmp_path):
    put(Swap(tmp_path).prepared("shelf.py", "twice.inner", [(3, 17, 3, 18, "*")]))
    assert module.twice(3) == 9


def test_a_method_of_an_inner_class_keeps_its_super(module, tmp_path):
    put(Swap(tmp_path).prepared("shelf.py", "Shelf.Box.size", [(10, 46, 10, 47, "5")]))
    assert module.Shelf.Box().size() == 5


@pytest.mark.slow
@pytest.mark.parametrize("edit", [(3, 17, 3, 18, "*/"), (9, 0, 9, 1, "x")])
def test_what_does_not_compile_or_is_outside_the_function_is_unfit(module, tmp_path, edit):
    with pytest.raises(UnfitError):
        Swap(tmp_path).prepared("shelf.py", "twice", [edit])


def test_equal_values_have_equal_outcomes_and_others_have_not():
    assert outcome_of({"b": 1, "a": {3, 1}}) == outcome_of({"a": {1, 3}, "b": 1})
    assert outcome_of(iter([1, 2])) == outcome_of(iter([1, 2]))
    told = [outcome_of(one) for one in (1, True, 1.5, "1", [1], (1,), None, {1}, {1: 1})]
    assert len(set(told)) == len(told)


def test_an_object_is_described_by_its_attributes_even_when_it_contains_itself():
    class Node:
        pass

    one = Node()
    one.next = one
    assert outcome_of(one).startswith("Node(")


def test_objects_are_linked_in_ways_that_no_test_gives():
    class Node:
        def __init__(self, after):
            self.after = after

    made = varied([[Node(Node(None))]], 7, 60)
    assert any(one.after is one for call in made for one in call)


def test_variations_are_of_the_same_types_and_the_same_every_time():
    calls = [[[3, 1, 2], "abc", {"k": 1.5}, (1,)]]
    made = varied(calls, 7, 50)
    assert made == varied(calls, 7, 50)
    assert all([type(one) for one in call] == [list, str, dict, tuple] for call in made)
    assert len({repr(call) for call in made}) > 20
    assert calls == [[[3, 1, 2], "abc", {"k": 1.5}, (1,)]]


def test_bounds_replace_one_argument_at_a_time():
    calls = [[7, [4, 5], True]]
    assert least(calls) == [[0, [4, 5], True], [1, [4, 5], True], [-1, [4, 5], True], [7, [], True], [7, [4], True]]
    large, long = most(calls)
    assert (large[0] > 1_000_000, large[1:]) == (True, [[4, 5], True])
    assert (long[0], len(long[1]), set(long[1])) == (7, 200, {4, 5})


def test_a_class_is_expected_by_its_name_where_that_is_known(module):
    assert text_of((1, int), {}) == "(1, int)"
    assert text_of([module.Shelf], {"Shelf": module.Shelf}) == "[Shelf]"
    assert text_of(module.Shelf, {}) is None


def test_arguments_that_a_function_takes_only_by_name_or_under_any_name_are_known(module):
    source = "def label(*words, upper=False, **tags):\n    return words\n"
    exec(source, module.__dict__)
    module.label.__module__ = "shelf"
    label = next(one for one in subjects_of(module, source, vars(module)) if one.name == "label")
    told = [(one.name, one.several, one.named, one.loose) for one in label.make.parameters]
    assert told == [("words", True, False, False), ("upper", False, True, False), ("tags", False, False, True)]


def test_what_a_test_sets_on_its_object_is_gone_after_it_ran_apart():
    class Suite:
        def test(self, value):
            self.seen = [*getattr(self, "seen", []), value]
            return self.seen

    suite = Suite()
    assert [apart(suite.test)(1), apart(suite.test)(2), apart(len)([3])] == [[1], [2], 1]
    assert vars(suite) == {}
