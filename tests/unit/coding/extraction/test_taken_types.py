"""A new function takes over the types of its target, where they mean the same."""

from grace_workers.coding.extraction.condition import ConditionExtraction, extract_condition
from grace_workers.coding.extraction.extract import BlockExtraction, extract

TYPED = """class Shop:
    class Price(int):
        pass

    @staticmethod
    def label(name: str, price: Price, *more: int, sep: "str | None" = None) -> "str | None":
        if not name:
            return sep
        total = price
        for one in more:
            total += one
        return f"{name}{sep}{total}"
"""


def test_parameters_and_a_whole_result_keep_their_types_and_those_of_the_class_stay_there():
    made = extract(TYPED, BlockExtraction(9, 12, "_told"))
    assert "def _told(name: str, price, more, sep: 'str | None') -> 'str | None':\n" in made


def test_a_part_that_does_not_return_has_no_type_of_its_own():
    made = extract(TYPED, BlockExtraction(9, 11, "_total"))
    assert "def _total(price, more):\n" in made


def test_a_predicate_of_a_typed_function_says_that_it_gives_a_bool():
    made = extract_condition(TYPED, ConditionExtraction(7, "_is_nameless"))
    assert "def _is_nameless(name: str) -> bool:\n" in made


def test_a_class_may_not_name_itself_in_a_function_before_it():
    source = (
        "class Shop:\n    def joined(self, other: 'Shop') -> 'Shop':\n        found = other\n        return found\n"
    )
    made = extract(source, BlockExtraction(3, 4, "_found", module_level=True))
    assert made.startswith("def _found(other: 'Shop') -> 'Shop':\n")
    compile(made, "<made>", "exec")
