import pytest

from grace_workers.coding.intents.intent import IntentOptions, SourceTexts, refactored
from grace_workers.coding.intents.normalise_calls import DEFINITION
from grace_workers.coding.reason import ReasonCode
from tests.unit.coding.extraction.snippets import told

AREA = "def area(width, height=1, *, unit='m'):\n    return width, height, unit\n\n\n"
IMPORTS = "import shop.area\nfrom shop import area\n\nx = shop.area.area(1, height=2)\n"


def _normal(files, target="shop/area.py::area", **options):
    texts = SourceTexts(list(files), files.__getitem__)
    return refactored(DEFINITION, texts, [target], IntentOptions(**options)), texts


def test_each_parameter_is_passed_as_most_calls_do_in_every_file():
    files = {
        "shop/__init__.py": "",
        "shop/area.py": AREA + "def run():\n    return area(1, height=2), area(width=3, height=4), area(5, 6)\n",
        "shop/other.py": "from .area import area as size\n\n\ndef f():\n    return size(7, 8, unit='k')  # kept\n",
        "tests/test_area.py": IMPORTS + "y = area.area(9, 1)\n",
    }
    result, texts = _normal(files)
    assert result.applied == ["shop/area.py::area"]
    assert set(texts.changed) == {"shop/area.py"}
    assert "return area(1, height=2), area(3, height=4), area(5, 6)" in texts["shop/area.py"]
    assert told(texts["shop/area.py"]) == told(files["shop/area.py"])


def test_calls_in_tests_count_and_stay():
    files = {
        "shop/area.py": AREA + "def run():\n    return area(width=3, height=4)\n",
        "tests/test_area.py": "from shop.area import area\n\narea(1, 2)\narea(3, 4)\narea(5, 6)\narea(7, height=8)\n",
    }
    result, texts = _normal(files)
    assert set(texts.changed) == {"shop/area.py"}
    assert "return area(3, 4)" in texts["shop/area.py"]
    again, _ = _normal({**files, **texts.changed})
    assert (result.applied, again.applied) == (["shop/area.py::area"], [])


def test_the_majority_reaches_other_files():
    files = {
        "shop/__init__.py": "",
        "shop/area.py": AREA,
        "shop/other.py": "from .area import area as size\n\n\ndef f():\n    return size(7, 8, unit='k')  # kept\n",
        "tests/test_area.py": IMPORTS + "y = area.area(9, height=1)\n",
    }
    _, texts = _normal(files)
    assert texts.changed == {"shop/other.py": files["shop/other.py"].replace("size(7, 8,", "size(7, height=8,")}
    again, _ = _normal({**files, **texts.changed})
    assert again.refused["shop/area.py::area"].code == ReasonCode.NOTHING_TO_DO


@pytest.mark.parametrize(
    "call",
    [
        "area(height=next(it), width=next(it))",
        "area((1), 2)",
        "area((\n        1), 2)",
        "area(*it)",
        "area(**it)",
        "(lambda area: area(1, 2))(print)",
    ],
)
def test_a_call_whose_arguments_cannot_be_moved_stays(call):
    source = AREA + f"def run(it):\n    area(width=1, height=2)\n    area(width=1, height=2)\n    {call}\n"
    result, _ = _normal({"shop/area.py": source})
    assert result.refused["shop/area.py::area"].code == ReasonCode.NOTHING_TO_DO


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("def area(*all):\n    pass\n", ReasonCode.UNSUPPORTED),
        ("def area(a):\n    pass\n\n\narea = print\n", ReasonCode.UNSUPPORTED),
        ("class A:\n    def area(self):\n        pass\n", ReasonCode.UNSUPPORTED),
        ("@seen\ndef area(a):\n    pass\n", ReasonCode.UNSAFE),
        ("def area(:\n", ReasonCode.UNREADABLE),
    ],
)
def test_a_function_whose_calls_are_not_known_is_refused(source, code):
    result, _ = _normal({"shop/area.py": source})
    assert result.refused["shop/area.py::area"].code == code


def test_a_decorated_function_is_normalised_when_unsafe_edits_are_asked_for():
    source = "@seen\ndef area(a):\n    pass\n\n\narea(a=1)\narea(2)\narea(3)\n"
    result, texts = _normal({"shop/area.py": source}, level="unsafe")
    assert result.level == "unsafe"
    assert "area(1)\n" in texts["shop/area.py"]
