import pytest

from grace_workers.coding.intents.extract_readiness import DEFINITION, ReadinessOptions
from grace_workers.coding.intents.intent import SourceTexts, refactored
from tests.unit.coding.extraction.snippets import told

SOURCE = """class Pool:
    def __init__(self, size):
        self.size = size

    def take(self, wanted):
        if wanted and (self.size >
                       wanted):  # enough
            return "taken"
        elif self.size is None:
            return "no size"
        while wanted:
            wanted -= 1
        assert self.size, "empty"
        return wanted


def run():
    return Pool(3).take(2), Pool(3).take(4), Pool(3).take(0)
"""


def _ready(line, source=SOURCE):
    texts = SourceTexts(["a.py"], {"a.py": source}.__getitem__)
    result = refactored(DEFINITION, texts, ["a.py"], ReadinessOptions(line=line, name="is_ready"))
    return texts["a.py"], result


@pytest.mark.parametrize("line", [6, 9, 11, 13])
def test_a_condition_becomes_a_predicate_and_everything_else_stays(line):
    made, result = _ready(line)
    assert result.applied == ["a.py"]
    assert "is_ready(" in made.split("def take")[1]
    assert told(made) == told(SOURCE)
    assert "  # enough\n" in made


def test_the_predicate_returns_a_bool_where_the_condition_does_not():
    made, _ = _ready(11)
    assert "def is_ready(wanted):\n    return bool(wanted)\n" in made


def test_what_is_a_bool_already_is_returned_as_it_is():
    made, _ = _ready(9)
    assert "        return self.size is None\n" in made


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(x):\n    if (y := x):\n        return y\n", "binds 'y'"),
        ("def f(x):\n    if (yield):\n        return x\n", "yields"),
        ("def f(x):\n    return x\n", "No statement begins at line 2"),
    ],
)
def test_a_condition_that_does_more_stays(source, message):
    _, result = _ready(2, source)
    assert message in result.refused["a.py"].message
