import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.coding.extraction.extract import BlockExtraction, extract
from grace_workers.coding.reason import Reason
from tests.unit.coding.extraction.moved import MOVED
from tests.unit.coding.extraction.snippets import extracted, told

KEPT = {
    "The lines hold the docstring": """
        def run():
            # <
            "doc"
            # >
    """,
    "captures 'x', which is bound again later": """
        def run():
            fs = []
            for x in range(3):
                # <
                fs.append(lambda: x)
                # >
            return [f() for f in fs]
    """,
    "captures 'y', which is bound again later": """
        def run():
            fs = []
            for x in range(3):
                # <
                y = x
                fs.append(lambda: y)
                # >
            return [f() for f in fs]
    """,
    "shares 'n' with it": """
        def run():
            n = 0
            def up():
                nonlocal n
                n += 1
            # <
            up()
            m = n
            # >
            return m
    """,
    "A closure of the block assigns 'n'": """
        def run():
            n = 0
            # <
            def up():
                nonlocal n
                n += 1
            up()
            # >
            return n
    """,
    "'y' may be unbound": """
        def run():
            # <
            if flag:
                y = 1
            # >
            if flag:
                return y
    """,
    "An exception handler around the block reads 'y'": """
        def run():
            y = 0
            try:
                # <
                y = 1
                print(1 / 0)
                # >
            except ZeroDivisionError:
                return y
    """,
    "Only the block binds 'y'": """
        y = "of the module"
        def run():
            for x in range(2):
                if x > y:
                    return x
            # <
            y = 1
            # >
    """,
    "unbinds 'x'": """
        def run():
            x = 1
            # <
            del x
            # >
            return x
    """,
    "calls locals()": """
        def run():
            x = 1
            # <
            y = 2
            # >
            return locals()
    """,
    "calls eval()": """
        def run():
            x = 1
            # <
            y = eval("x", *[])
            # >
            return y
    """,
    "uses stacklevel": """
        import warnings
        def run(level):
            # <
            warnings.warn("x", stacklevel=level)
            # >
    """,
    "stacklevel in a way that": """
        import warnings
        from elsewhere import chosen
        def run():
            # <
            warnings.warn("x", stacklevel=chosen())
            # >
    """,
    "stacklevel in a way that depends": """
        import inspect, warnings
        def stack_level():
            inspect.currentframe().f_back
            return 2
        def run():
            # <
            warnings.warn("x", stacklevel=stack_level())
            # >
    """,
    "stacklevel in a way that depends on": """
        import warnings
        from .elsewhere import find_stack_level
        def run():
            # <
            warnings.warn("x", stacklevel=find_stack_level())
            # >
    """,
    "uses stacklevel in a way": """
        from elsewhere import warn
        def run():
            # <
            warn("x", stacklevel=2)
            # >
    """,
    "nested scope of the code uses stacklevel=3": """
        import warnings
        def run():
            # <
            def inner():
                warnings.warn("x", stacklevel=3)
            # >
            return inner
    """,
    "below() warns with stacklevel=3": """
        import warnings
        def below():
            warnings.warn("x", stacklevel=3)
        def run():
            # <
            below()
            # >
    """,
    "declares global": """
        def run():
            # <
            global x
            x = 1
            # >
    """,
    "belong to the body of class A": """
        class A:
            # <
            x = 1
            # >
    """,
    "belong to the module": """
        # <
        x = 1
        # >
    """,
    "begin with an elif": """
        def run(x):
            if x:
                pass
            # <
            elif x is None:
                pass
            # >
    """,
    "The name '_part' is taken": """
        def run(x):
            _part = 1
            # <
            x += 1
            # >
            return x
    """,
    "yields in an asynchronous generator": """
        async def run():
            # <
            yield 1
            # >
    """,
    "rebinds 'self'": """
        class A:
            def f(self):
                # <
                print(self)
                # >
                self = None
    """,
    "are never reached": """
        def run():
            return 1
            # <
            x = 1
            # >
    """,
}


@pytest.mark.parametrize("what", MOVED)
def test_a_moved_block_does_what_it_did(what: str):
    plain, made = extracted(MOVED[what])
    assert isinstance(made, str), made
    assert "_part(" in made
    assert told(plain) == told(made)


@pytest.mark.parametrize("what", KEPT)
def test_a_block_that_cannot_be_moved_stays_and_the_reason_names_why(what: str):
    _, made = extracted(KEPT[what])
    assert isinstance(made, Reason)
    assert what in made.message


@pytest.mark.parametrize("what", MOVED)
def test_no_other_function_and_no_comment_changes(what: str):
    plain, made = extracted(MOVED[what])
    assert isinstance(made, str)
    before = [ast.unparse(node) for node in ast.parse(plain).body]
    after = [ast.unparse(node) for node in ast.parse(made).body]
    assert len([one for one in before if one not in after]) <= 1


def test_comments_move_with_their_block():
    _, made = extracted("""
        def run(x):
            # above
            # <
            # first
            x += 1  # beside
            # >
            # below
            return x
    """)
    assert made == (
        "def _part(x):\n    # first\n    x += 1  # beside\n    return x\n\n\n"
        "def run(x):\n    # above\n    x = _part(x)\n    # below\n    return x\n"
    )


def test_line_endings_and_a_missing_last_one_are_kept():
    made = extract("def run(x):\r\n    x += 1\r\n    return x", BlockExtraction(2, 2, "_part"))
    expected = "def _part(x):\n    x += 1\n    return x\n\n\ndef run(x):\n    x = _part(x)\n    return x"
    assert made == expected.replace("\n", "\r\n")


@given(st.text(max_size=60), st.integers(1, 5), st.integers(1, 5))
def test_any_text_and_any_lines_get_an_answer(source: str, first: int, last: int):
    assert isinstance(extract(source, BlockExtraction(first, last, "_part")), str | Reason)


@given(st.integers(1, 40), st.integers(1, 40))
def test_every_moved_block_compiles_and_behaves_as_before(first: int, last: int):
    plain, *_ = extracted(MOVED["break, continue and return"])
    made = extract(plain, BlockExtraction(first, last, "_part"))
    assert isinstance(made, Reason) or told(made) == told(plain)


@pytest.mark.parametrize("value", ["(), ()", "(x), (y)", "(x, y)", "(x)", "[x], (y,)", "f((x), ')'), (y)"])
def test_a_returned_tuple_stays_one_value(value):
    source = f"""
        def f(*values):
            return values
        def g(x, y):
            # <
            z = x + y
            if x:
                return {value}
            # >
            return z
        def run():
            return g(1, 2), g(0, 2)
    """
    plain, made = extracted(source)
    assert told(made) == told(plain)


def test_a_return_that_needs_no_change_moves_as_it_is_written():
    block = "    x += y\n    return x, (\n        y)  # both\n"
    made = extract(f"def run(x, y):\n{block}", BlockExtraction(2, 4, "_part"))
    assert made == f"def _part(x, y):\n{block}\n\ndef run(x, y):\n    return _part(x, y)\n"
