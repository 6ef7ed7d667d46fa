"""What is repaired of what mypy reports, and what stays, with a mypy that is told what to say."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pytest

from grace_workers.coding.intents.intent import SourceTexts, refactored
from grace_workers.coding.intents.repair_types import DEFINITION, RepairTypesOptions
from grace_workers.coding.reason import ReasonCode
from grace_workers.coding.type_check import OutOfTime, TypeMessage

NEEDED = 'Need type annotation for "{0}" (hint: "{0}: list[<type>] = ...")  [var-annotated]'
ATTRIBUTE = '"Cart" has no attribute "{0}"  [attr-defined]'
TWO = 'Incompatible types in assignment (expression has type "{0}", variable has type "{1}")  [assignment]'


@dataclass
class Told:
    """Says an error on each line that fits its pattern, as long as no line is the `cure`, and `kind` of every value."""

    errors: Mapping[str, str]
    kind: str = "list[Never]"
    left: int = 100
    cure: str = "never"

    def messages(self, changes: Mapping[str, str], files: Iterable[str]) -> list[TypeMessage]:
        self.left -= 1
        if self.left < 0:
            raise OutOfTime
        said = []
        errors = {} if self.cure in changes["shop.py"].split("\n") else self.errors
        for number, row in enumerate(changes[next(iter(files))].split("\n"), 1):
            for found in re.finditer(r"reveal_type\(\(", row):
                text = f'Revealed type is "{self.kind}"'
                said.append(TypeMessage(file="shop.py", line=number, is_error=False, text=text, column=found.end() + 1))
            said += [TypeMessage(file="shop.py", line=number, is_error=True, text=text)
                     for pattern, text in errors.items() if re.search(pattern, row)]  # fmt: skip
        return said


def _mended(source: str, told: Told, **options: bool):
    texts = SourceTexts(["shop.py"], {"shop.py": source}.__getitem__, told)
    result = refactored(DEFINITION, texts, ["shop.py"], RepairTypesOptions(**options))
    return result, texts["shop.py"]


def test_an_empty_list_of_a_function_gets_its_type_and_the_import_that_only_mypy_reads():
    _, made = _mended("def f(x):\n    seen = []\n    return seen\n", Told({r"seen = \[": NEEDED.format("seen")}))
    assert made == (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from typing import Any\n\n\n"
        "def f(x):\n    seen: list[Any] = []\n    return seen\n"
    )


def test_a_variable_of_the_module_gets_a_type_in_quotes():
    assert 'seen: "list[Any]" = []\n' in _mended("seen = []\n", Told({r"seen = \[": NEEDED.format("seen")}))[1]


def test_one_of_several_targets_is_declared_on_the_line_above():
    source = "class Cart:\n    def f(self):\n        root = self.root = []\n"
    told = Told({r"root = self": NEEDED.format("root")}, cure="        root: list[Any]")
    assert "        root: list[Any]\n        root = self.root = []\n" in _mended(source, told)[1]


def test_where_the_type_of_the_values_is_refused_any_is_tried():
    told = Told({r"best = None": TWO.format("int", "str"), r"best: int": "worse  [misc]"}, kind="int")
    _, made = _mended("def f(x):\n    best = None\n    best = x\n", told)
    assert "    best: Any = None\n" in made


def test_an_attribute_is_declared_below_the_slots():
    source = 'class Cart:\n    """A cart."""\n\n    __slots__ = ("size",)\n\n\ndef f(x: Cart):\n    return x.size\n'
    told = Told({r"x\.size": ATTRIBUTE.format("size")}, cure='    size: "Any"')
    assert '    __slots__ = ("size",)\n    size: "Any"\n\n' in _mended(source, told)[1]


@pytest.mark.parametrize(
    "source",
    [
        "import dataclasses\n\n\n@dataclasses.dataclass\nclass Cart:\n    size = []\n",
        "import enum\n\n\nclass Cart(enum.Enum):\n    size = []\n",
        "from other import Base\n\n\nclass Cart(Base):\n    size = []\n",
        "class Cart(metaclass=type):\n    size = []\n",
        "def f():\n    global size\n    size = []\n",
        "if 1: size = []\n",
    ],
)
def test_no_annotation_goes_where_python_reads_it_or_forbids_it(source):
    result, made = _mended(source, Told({r"size = \[": NEEDED.format("size")}))
    assert (made, result.refused["shop.py"].code) == (source, ReasonCode.NOTHING_TO_DO)


def test_what_brings_another_error_is_taken_back_and_the_rest_stays():
    source = "def f(x):\n    one = []\n    two = []\n    return one, two\n"
    errors = {r"one = \[": NEEDED.format("one"), r"two = \[": NEEDED.format("two"), r"two: ": "worse  [misc]"}
    _, made = _mended(source, Told(errors))
    assert "    one: list[Any] = []\n    two = []\n" in made


def test_a_default_of_none_and_a_return_of_none_are_allowed():
    source = "from typing import List\n\n\ndef f(x: List['int'] = None) -> \"Cart\":\n    return x\n"
    errors = {
        r"'int'\] =": 'Incompatible default for parameter "x" (default has type "None", parameter has type "int")'
        "  [assignment]",
        r"\"Cart\":": "Missing return statement  [return]",
    }
    assert 'def f(x: "List[int] | None" = None) -> "Cart | None":\n' in _mended(source, Told(errors))[1]


def test_ignores_go_only_on_request():
    source = "x = 1  # type: ignore[misc, assignment]\n"
    told = {r"ignore\[misc, assignment\]": 'Unused "type: ignore[misc]" comment  [unused-ignore]'}
    assert _mended(source, Told(told))[1] == source
    assert _mended(source, Told(told), ignores=True)[1] == "x = 1  # type: ignore[assignment]\n"


def test_when_the_time_is_over_what_holds_is_kept():
    source = "def f(x):\n    one = []\n    two = []\n    return one, two\n"
    errors = {r"one = \[": NEEDED.format("one"), r"two = \[": NEEDED.format("two"), r"two: ": "worse  [misc]"}
    assert "    one: list[Any] = []\n    two = []\n" in _mended(source, Told(errors, left=4))[1]
