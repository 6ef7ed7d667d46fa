import ast

import pytest

from grace_workers.coding.intents.intent import SourceTexts, refactored
from grace_workers.coding.intents.reduce_complexity import DEFINITION, ComplexityOptions
from grace_workers.coding.reason import ReasonCode
from grace_workers.coding.rewriting.complexity import complexity_of

SOURCE = '''"""Orders."""

RATE = 2  # of tax


class Cart:
    def price(self, orders, kind, limit):
        """Add up."""
        total = 0
        for order in orders:  # each of them
            if order < 0 and kind == "strict":
                raise ValueError(order)
            if order == 0:
                continue
            if order > limit:
                return -1
            total += order
        while total > 1000:
            if kind == "halved" or limit > 5:
                total //= 2
            else:
                total -= 100
        if kind == "odd":
            if total % 2 == 0:
                total += 1
            elif limit:
                total += 2
        return total * RATE
'''
CALLS = [
    ([1, 2], "plain", 10),
    ([3, 0, 20], "plain", 10),
    ([-1], "strict", 3),
    ([-1, 5], "odd", 9),
    ([900, 900], "halved", 9999),
    ([900, 900], "other", 4),
    ([], "odd", 0),
    ([2], "odd", 7),
]


def outcomes(text: str) -> list[object]:
    names: dict[str, object] = {}
    exec(text, names)
    told: list[object] = []
    for orders, kind, limit in CALLS:
        try:
            told.append(names["Cart"]().price(orders, kind, max(limit, 0) or 10**6))  # type: ignore[operator]
        except ValueError as error:
            told.append(repr(error))
    return told


def changed(text: str, most: int) -> tuple[str, list[str], dict[str, ReasonCode]]:
    texts = SourceTexts(["shop.py"], {"shop.py": text}.__getitem__)
    result = refactored(DEFINITION, texts, ["shop.py::Cart.price"], ComplexityOptions(max_complexity=most))
    return texts["shop.py"], result.applied, {one: reason.code for one, reason in result.refused.items()}


@pytest.mark.parametrize("most", [6, 8])
def test_every_part_is_simple_enough_and_the_function_does_what_it_did(most: int) -> None:
    text, applied, _ = changed(SOURCE, most)
    assert applied == ["shop.py::Cart.price"]
    functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)]
    assert len(functions) > 1
    assert max(map(complexity_of, functions)) <= most
    assert outcomes(text) == outcomes(SOURCE)
    for kept in ('"""Orders."""\n\nRATE = 2  # of tax\n', "# each of them", '"""Add up."""'):
        assert kept in text


def test_a_second_run_has_nothing_to_do() -> None:
    text, _, _ = changed(SOURCE, 6)
    again, applied, refused = changed(text, 6)
    assert (again, applied, refused) == (text, [], {"shop.py::Cart.price": ReasonCode.NOTHING_TO_DO})


def test_what_no_extraction_makes_simple_is_left_alone() -> None:
    flat = "class Cart:\n    def price(self, a, b, c, d):\n        return a or b or c or d\n"
    assert changed(flat, 3) == (flat, [], {"shop.py::Cart.price": ReasonCode.NOT_EXTRACTABLE})


def test_a_part_that_recurses_stays_because_each_level_would_need_another_frame() -> None:
    text = (
        "class Cart:\n"
        "    def price(self, a):\n"
        "        if a:\n"
        "            for b in a:\n"
        "                if b:\n"
        "                    self.part(b)\n"
        "        return a\n\n"
        "    def part(self, b):\n"
        "        return self.price(b)\n"
    )
    assert changed(text, 3) == (text, [], {"shop.py::Cart.price": ReasonCode.NOT_EXTRACTABLE})
    after, applied, _ = changed(text.replace("self.price(b)", "b"), 3)
    assert applied == ["shop.py::Cart.price"]
    assert "_price_" in after


TRY = "try:\n        a\n    except A:\n        b\n    except B:\n        c\n    else:\n        d"


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("pass", 1),
        ("if a and b or c:\n        pass\n    elif d:\n        pass", 5),
        ("for x in y:\n        pass\n    else:\n        pass", 3),
        ("return [x for x in y if x if x > 1]", 4),
        (TRY, 4),
        ("assert a\n    return lambda: 1", 3),
        ("def inner():\n        if a:\n            pass\n    return inner", 1),
        ("match a:\n        case 1:\n            pass\n        case _:\n            pass", 2),
        ("return 1 if a else 2", 2),
    ],
)
def test_the_measure_counts_branches_operators_and_comprehensions(body: str, count: int) -> None:
    assert complexity_of(ast.parse(f"def f():\n    {body}\n").body[0]) == count
