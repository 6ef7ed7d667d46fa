import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from grace_workers.coding.intents.add_type_hints import DEFINITION
from grace_workers.coding.intents.intent import IntentOptions, SourceTexts, refactored
from grace_workers.coding.reason import ReasonCode
from grace_workers.coding.rewriting.local_class import local_parents, named_outside
from grace_workers.coding.rewriting.revealed_type import Unwritable, read_type, union_of
from grace_workers.coding.type_check import OutOfTime, TypeMessage

SOURCE = '''"""Shop."""

import pytest


class Cart:
    def __init__(self, items=(1, 2)):
        self.items = items

    def __len__(self):
        return sum(self.items)

    def add(self, item: int):
        self.items += (item,)
        return self

    @property
    def first(self):
        return self.items[0]  # any


def label(cart, prefix: str = "a:b"):
    if not cart:
        return None
    return f"{prefix}{cart}"


def each(cart):
    for item in cart.items:
        yield item


async def pause(
    seconds,  # how long
): return None


def fail(text):
    raise ValueError(text)


@pytest.fixture
def cart():
    return Cart()


def typed(x) -> int:
    return x
'''
SAID = {
    "sum(self.items)": "int",
    "self": "shop.Cart",
    "each": "def (cart: Any) -> Any",
    "self.items[0]": "Any",
    'f"{prefix}{cart}"': "str",
    "None": "None",
    "item": "Any",
    "Cart()": "shop.Cart",
}
DONE = {
    "def __init__(self, items=(1, 2)) -> None:",
    "def __len__(self) -> int:",
    'def add(self, item: int) -> "Self":',
    'def label(cart, prefix: str = "a:b") -> "str | None":',
    'def each(cart) -> "Iterator[Any]":',
    ") -> None: return None",
    'def fail(text) -> "NoReturn":',
}


@dataclass
class Told:
    """Answers as mypy would: what it reveals of a text, and the errors of texts that hold one of `faults`."""

    faults: Mapping[str, str] = field(default_factory=dict)
    left: int = 100

    def messages(self, changes: Mapping[str, str], files: Iterable[str]) -> list[TypeMessage]:
        self.left -= 1
        if self.left < 0:
            raise OutOfTime
        said = []
        for name in files:
            for number, row in enumerate(changes.get(name, "").split("\n"), 1):
                for value in re.findall(r"reveal_type\(\((.*?)\)\)(?=$|  #|\n)", row):
                    text = f'Revealed type is "{SAID[value]}"'
                    said.append(TypeMessage(file=name, line=number, is_error=False, text=text))
                said += [
                    TypeMessage(file=name, line=number, is_error=True, text=text)
                    for sign, text in self.faults.items()
                    if sign in row
                ]
        return said


def _hinted(source=SOURCE, told=None, **options):
    texts = SourceTexts(["shop.py"], {"shop.py": source}.__getitem__, told or Told())
    return refactored(DEFINITION, texts, ["shop.py"], IntentOptions(**options)), texts["shop.py"]


def test_functions_say_what_they_return_and_nothing_else_changes():
    result, made = _hinted()
    assert result.applied == ["shop.py"]
    assert [row for row in DONE if row not in made] == []
    assert "def first(self):" in made
    head = "\n\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from collections.abc import Iterator\n"
    assert made.startswith(f'"""Shop."""\n\nimport pytest{head[1:]}    from typing import Any, NoReturn, Self\n\n\n')
    assert re.sub(r" -> [^:\n]+:", ":", made).endswith(re.sub(r" -> [^:\n]+:", ":", SOURCE).split("import pytest\n")[1])


def test_a_second_run_changes_nothing():
    _, made = _hinted()
    result, again = _hinted(made)
    assert again == made
    assert result.refused["shop.py"].code == ReasonCode.NOTHING_TO_DO


def test_a_type_that_would_add_an_error_is_taken_back():
    faults = {
        "def __len__(self) -> int": "its own",
        "def label(cart, prefix: str": "old",
        "def typed": "fail is at fault",
    }
    _, made = _hinted(told=Told({**faults}))
    assert "def __len__(self):" in made
    assert 'def label(cart, prefix: str = "a:b") -> "str | None":' in made


def test_a_decorator_of_another_package_may_read_annotations():
    assert "@pytest.fixture\ndef cart():" in _hinted()[1]


def test_a_method_to_be_overridden_returns_what_all_its_overrides_return():
    rows = """
class Shape:
    def area(self): raise NotImplementedError
    def name(self): raise NotImplementedError("name")
    def edge(self): raise NotImplementedError
    def load(self): raise NotImplementedError


class Round(Shape):
    def area(self) -> float: return 1.0
    def name(self) -> "Shape | None": return None
    def edge(self) -> int: return 1
    def load(self) -> "not a type": return 1


class Oval(Round):
    def edge(self) -> str: return ""
"""
    _, made = _hinted(rows)
    found = dict(re.findall(r"def (\w+)\(self\)( -> .*)?: raise", made))
    assert found == {"area": " -> float", "name": ' -> "Shape | None"', "edge": "", "load": ""}


def test_a_special_method_has_the_type_that_the_language_expects():
    rows = """
class Bag:
    def __iter__(self): return self.items[0]
    def __reduce__(self): return self.items[0]
    def __dir__(self): return self.items[0]
    def __call__(self): return self.items[0]


def __iter__(self): return self.items[0]
"""
    _, made = _hinted(rows)
    found = re.findall(r"def (\w+)\(self\)( -> .*)?: return", made)
    assert found == [
        ("__iter__", ' -> "Iterator[Any]"'), ("__reduce__", ' -> "str | tuple[Any, ...]"'),
        ("__dir__", ' -> "Iterable[str]"'), ("__call__", ""), ("__iter__", ""),
    ]  # fmt: skip


def test_a_local_class_is_named_by_what_it_extends():
    rows = "class Base: ...\n\n\ndef made():\n    class Local(Base): ...\n    return Local()\n"
    parents = local_parents(rows)
    assert named_outside("list[shop.Local@5] | None", "shop", parents) == "list[shop.Base] | None"
    assert named_outside("shop.Local@5.Inner | shop.Other@5", "shop", parents) == "shop.Local@5.Inner | shop.Other@5"


def test_a_type_whose_name_the_module_has_for_something_else_is_not_written():
    rows = "class Iterator: ...\n\n\ndef each(cart):\n    for item in cart.items:\n        yield item\n"
    result, made = _hinted(rows, Told(left=10))
    assert (made, result.refused["shop.py"].code) == (rows, ReasonCode.NOTHING_TO_DO)


NAMED = """import collections.abc
from typing import Any, Callable


class Iterator: ...


def each(cart):
    for item in cart.items:
        yield item


def made():
    return each
"""


def test_a_name_that_is_taken_is_written_behind_its_module_and_one_of_typing_is_used():
    _, made = _hinted(NAMED)
    assert 'def each(cart) -> "collections.abc.Iterator[Any]":' in made
    assert 'def made() -> "Callable[..., Any]":' in made
    assert made.count("import") == NAMED.count("import")


def test_what_is_known_of_a_type_in_part_is_said_and_any_alone_is_not():
    rows = (
        "def one(cart):\n    if cart:\n        return self.items[0]\n\n\ndef other(cart):\n    return self.items[0]\n"
    )
    _, made = _hinted(rows)
    assert 'def one(cart) -> "Any | None":' in made
    assert "def other(cart):" in made


def test_files_of_a_package_are_asked_about_together():
    rows = "def one(cart):\n    return None\n"
    files = {
        "shop/__init__.py": "",
        "shop/a.py": rows,
        "shop/b.py": rows.replace("one(", "two("),
        "shop/c.py": "x = (\n",
    }
    told = Told({"def two(cart) -> None": "two is at fault"})
    texts = SourceTexts([*files], files.__getitem__, told)
    result = refactored(DEFINITION, texts, [*files], IntentOptions())
    assert texts.changed == {"shop/a.py": rows.replace(":", " -> None:", 1)}
    assert result.applied == ["shop/a.py"]
    assert {name: one.code for name, one in result.refused.items()} == {
        "shop/__init__.py": ReasonCode.NOTHING_TO_DO,
        "shop/b.py": ReasonCode.NOTHING_TO_DO,
        "shop/c.py": ReasonCode.UNREADABLE,
    }
    alone = Told()
    texts = SourceTexts([*files], files.__getitem__, alone)
    refactored(DEFINITION, texts, ["shop/a.py", "shop/b.py"], IntentOptions())
    assert 100 - alone.left < 12


def test_a_type_that_is_suspected_wrongly_is_written_after_all():
    rows = "def a(x):\n    return None\n\n\ndef b(x):\n    return None\n\n\ndef c(x):\n    return None\n"
    faults = {"def b(x) -> None": "something of no function's name"}
    _, made = _hinted(rows, Told(faults))
    assert re.findall(r"def (\w)\(x\)( -> None)?", made) == [("a", " -> None"), ("b", ""), ("c", " -> None")]


def test_what_holds_when_the_budget_ends_is_written():
    rows = "def a(x):\n    return None\n\n\ndef b(x):\n    return None\n"
    _, made = _hinted(rows, Told({"def b(x) -> None": "b is at fault"}, left=4))
    assert re.findall(r"def (\w)\(x\)( -> None)?", made) == [("a", " -> None"), ("b", "")]


def test_with_future_annotations_no_quotes_are_needed():
    _, made = _hinted("from __future__ import annotations\n" + SOURCE.replace('"""Shop."""\n', ""))
    assert "def add(self, item: int) -> Self:" in made


def test_line_ends_stay():
    _, made = _hinted(SOURCE.replace("\n", "\r\n"))
    assert "\n" not in made.replace("\r\n", "")
    assert "def __len__(self) -> int:\r\n" in made


@pytest.mark.parametrize(
    ("source", "told", "code"),
    [
        ("def f(:\n", Told(), ReasonCode.UNREADABLE),
        (SOURCE, Told(left=1), ReasonCode.BUDGET),
        ("def f(x):\n    \f\n    return x\n", Told(), ReasonCode.UNREADABLE),
    ],
)
def test_what_cannot_be_done_is_refused(source, told, code):
    result, made = _hinted(source, told)
    assert (made, result.refused["shop.py"].code) == (source, code)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Literal[1]? | Literal[0]?", "int"),
        ("Literal['a, b']? | None", "str | None"),
        ("builtins.list[builtins.int]", "list[int]"),
        ("dict[str, list[Any]]", "dict[str, list[Any]]"),
        ("tuple[int, ...]", "tuple[int, ...]"),
        ("def (x: Any, *args: list[int]) -> dict[str, int]", "Callable[..., Any]"),
        ("tuple[def (x: Any) -> Any, None]", "tuple[Callable[..., Any], None]"),
        ("type[shop.cart.Cart]", "type[Cart]"),
        ("shop.cart.Cart.Item", "Cart.Item"),
        ("typing.Iterator[other.Thing]", "Iterator[Thing]"),
        ("types.NotImplementedType | bool", "bool"),
        ("list[Never]", "list[Any]"),
        ("tuple[Any, int, fallback=shop.cart.Info]", "Info"),
        ("list[tuple[int, fallback=shop.Row]] | None", "list[Row] | None"),
        ("tuple[()]", "tuple[()]"),
        ("functools._Wrapped[[*Any, **Any], Any, Never, Any]", "Callable[..., Any]"),
    ],
)
def test_a_revealed_type_can_be_written(said, text):
    assert union_of(read_type(said, "shop.cart")).text == text


@pytest.mark.parametrize(
    "said", ["Any", "object", "int | Any", "Never", "shop.cart.Inner@12", "T`1", "_private.Thing", "Module", "tuple["]
)
def test_a_type_that_says_nothing_or_cannot_be_named_is_not_written(said):
    with pytest.raises(Unwritable):
        union_of(read_type(said, "shop.cart"))
