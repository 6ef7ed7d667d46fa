from grace_workers.coding.intents.extract_method import DEFINITION
from grace_workers.coding.intents.intent import BlockOptions, SourceTexts, refactored
from grace_workers.coding.reason import ReasonCode

SOURCE = "class A:\n    def f(self, x):\n        self.n = x\n        return self.n\n"
OPTIONS = BlockOptions(first_line=3, last_line=3, name="_set")


def test_the_block_becomes_a_method_that_the_target_calls():
    texts = SourceTexts(["a.py"], {"a.py": SOURCE}.__getitem__)
    result = refactored(DEFINITION, texts, ["a.py::A.f"], OPTIONS)
    assert result.applied == ["a.py::A.f"]
    assert texts["a.py"] == (
        "class A:\n    def _set(self, x):\n        self.n = x\n\n"
        "    def f(self, x):\n        self._set(x)\n        return self.n\n"
    )


def test_lines_of_another_function_are_refused():
    texts = SourceTexts(["a.py"], {"a.py": SOURCE}.__getitem__)
    result = refactored(DEFINITION, texts, ["a.py::A.g"], OPTIONS)
    assert result.refused["a.py::A.g"].message == "The lines are in A.f, not in A.g."
    assert texts.changed == {}


def test_a_second_run_is_refused_because_the_name_is_taken():
    texts = SourceTexts(["a.py"], {"a.py": SOURCE}.__getitem__)
    refactored(DEFINITION, texts, ["a.py::A.f"], OPTIONS)
    once = dict(texts.changed)
    result = refactored(DEFINITION, texts, ["a.py::A.f"], OPTIONS)
    assert result.applied == []
    assert texts.changed == once


def test_a_file_that_is_not_there_is_refused():
    result = refactored(DEFINITION, SourceTexts([], {}.__getitem__), ["a.py::A.f"], OPTIONS)
    assert result.refused["a.py::A.f"].code == ReasonCode.UNREADABLE
