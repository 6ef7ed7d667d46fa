"""Two edits at once: each promising one with others of its function, unless they touch the same text."""

from grace_workers.coding.engines.repair.candidates import Candidate, pairs
from grace_workers.coding.patch import Edit, FunctionChange


def candidate(name: str, line: int, *, function: str = "f", score: float = 0.5) -> Candidate:
    edit = Edit(line, 4, line, 8, name)
    return Candidate((FunctionChange("a.py", function, (edit,)),), (name,), score, name, score)


def test_two_edits_are_one_change_in_the_order_of_the_text() -> None:
    first, second = candidate("late", 9), candidate("early", 3, score=0.2)
    (made,) = pairs([first], [second])
    assert [edit.text for edit in made.changes[0].edits] == ["early", "late"]
    assert (made.operators, made.score, made.likely) == (("late", "early"), 0.1, 0.1)


def test_edits_of_the_same_text_or_of_another_function_are_not_paired() -> None:
    first = candidate("one", 3)
    overlapping = Candidate((FunctionChange("a.py", "f", (Edit(3, 6, 3, 9, "x"),)),), ("x",), 0.5)
    assert list(pairs([first], [first, overlapping, candidate("other", 5, function="g")])) == []


def test_the_most_promising_come_first() -> None:
    hopeful = [candidate("a", 1), candidate("b", 2)]
    others = [candidate("c", 5), candidate("d", 6)]
    assert [one.operators for one in pairs(hopeful, others)] == [("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")]
