"""Which functions measure a stack level that stays right with one frame more between, and which only look like it."""

import ast
from textwrap import dedent

import pytest

from grace_workers.coding.extraction.frame_walk import walks_frames
from grace_workers.coding.intents.extract_helper import DEFINITION
from grace_workers.coding.intents.intent import SourceTexts, refactored

BY_FILE = """
    def level():
        frame = inspect.currentframe()
        n = 0
        while frame:
            if not inspect.getfile(frame).startswith(HERE):
                break
            frame = frame.f_back
            n += 1
        return n
"""
GLOBALS = """
    def level():
        frame, n = sys._getframe(1), 1
        while frame.f_globals["__name__"].startswith("shop"):
            frame, n = frame.f_back, n + 1
        return n
"""
CODE = """
import warnings

from shop._frames import level


def old(x):
    if x:
        warnings.warn("old", stacklevel=level())
    return x
"""


def function(source: str) -> ast.FunctionDef:
    (found,) = ast.parse(dedent(source)).body
    assert isinstance(found, ast.FunctionDef)
    return found


@pytest.mark.parametrize("source", [BY_FILE, GLOBALS])
def test_a_walk_from_the_caller_up_measures(source):
    assert walks_frames(function(source))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return n", "return 2"),
        ("return n", "return n + LEVELS[n]"),
        ("n = 0", "n = 0\n        if FAST:\n            return 2"),
        ("currentframe()", "currentframe().f_back.f_back"),
        ("inspect.currentframe()", "sys._getframe(2)"),
        ("frame = frame.f_back", "frame = frame.f_back.f_back"),
        ("inspect.getfile(frame).startswith(HERE)", "frame.f_code.co_name in OWN"),
        ("while frame:", "while frame.f_lineno > 1:"),
        ("while frame:", "while frame and n < 2:"),
        ("n += 1", "n += 2"),
        ("            frame = frame.f_back\n", ""),
    ],
)
def test_what_counts_otherwise_or_tells_functions_apart_does_not(old, new):
    assert old in BY_FILE
    assert not walks_frames(function(BY_FILE.replace(old, new)))


@pytest.mark.parametrize(("frames", "moves"), [(BY_FILE, True), (BY_FILE.replace("return n", "return 2"), False)])
def test_a_function_of_another_file_is_judged_by_what_it_does(frames, moves):
    files = {"shop/__init__.py": "", "shop/_frames.py": dedent(frames), "shop/old.py": CODE}
    texts = SourceTexts([*files], files.__getitem__)
    options = DEFINITION.options(first_line=9, last_line=9, name="_warn")
    result = refactored(DEFINITION, texts, ["shop/old.py::old"], options)
    assert bool(result.applied) is moves
    assert moves or "depends on the frame" in result.refused["shop/old.py::old"].message
