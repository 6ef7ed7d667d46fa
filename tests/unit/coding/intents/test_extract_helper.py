from grace_workers.coding.intents.extract_helper import DEFINITION
from grace_workers.coding.intents.intent import BlockOptions, SourceTexts, refactored
from grace_workers.coding.reason import ReasonCode
from tests.unit.coding.extraction.snippets import marked, told

NESTED = """
    def outer(base):
        def inner(x):
            # <
            y = x + base
            # >
            return y
        return inner(2)
    def run():
        return outer(3)
"""
METHOD = """
    class A:
        def __init__(self):
            self.n = 4
        def f(self, x):
            # <
            y = self.n + x
            # >
            return y
    def run():
        return A().f(3)
"""
PRIVATE = """
    class A:
        __n = 4
        def f(self, x):
            # <
            y = self.__n + x
            # >
            return y
"""


def _run(source):
    plain, first, last = marked(source)
    texts = SourceTexts(["a.py"], {"a.py": plain}.__getitem__)
    options = BlockOptions(first_line=first, last_line=last, name="_sum")
    return plain, texts, refactored(DEFINITION, texts, ["a.py"], options)


def test_a_nested_block_becomes_a_function_of_the_module_with_what_it_captured_as_arguments():
    plain, texts, _ = _run(NESTED)
    assert texts["a.py"].startswith("def _sum(x, base):\n")
    assert told(texts["a.py"]) == told(plain) == 5


def test_a_method_gives_itself_to_the_function():
    plain, texts, _ = _run(METHOD)
    assert texts["a.py"].startswith("def _sum(self, x):\n")
    assert "y = _sum(self, x)" in texts["a.py"]
    assert told(texts["a.py"]) == told(plain) == 7


def test_a_private_name_stays_in_its_class():
    *_, result = _run(PRIVATE)
    assert "__n" in result.refused["a.py"].message


def _named(source, name):
    plain, first, last = marked(source)
    texts = SourceTexts(["a.py"], {"a.py": plain}.__getitem__)
    options = BlockOptions(first_line=first, last_line=last, name=name)
    return plain, texts, refactored(DEFINITION, texts, ["a.py"], options)


def test_a_method_may_become_a_function_of_the_same_name():
    plain, texts, _ = _named(METHOD, "f")
    assert "y = f(self, x)" in texts["a.py"]
    assert told(texts["a.py"]) == told(plain) == 7


def test_a_name_of_the_module_a_parameter_and_an_exported_name_are_taken():
    for taken, more in (("run", ""), ("x", ""), ("later", "\n    __all__ = ['run', 'later']\n")):
        *_, result = _named(METHOD + more, taken)
        assert result.refused["a.py"].code == ReasonCode.COLLISION
