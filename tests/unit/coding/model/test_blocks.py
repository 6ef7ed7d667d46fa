"""Search and replace blocks: what applies, and what a model is told where one does not."""

import pytest

from grace_workers.coding.engines.model.blocks import UnusableError, edited_by

CART = b"def mean(prices):\n    return sum(prices) / len(prices)\n\n\ndef total(prices):\n    return sum(prices)\n"
FILES = {"shop/cart.py": CART, "shop/crlf.py": CART.replace(b"\n", b"\r\n"), "shop/open.py": b"a = 1\nb = a"}
GUARD = "def mean(prices):\n    if not prices:\n        return 0.0"


def block(search: str, replace: str, file: str = "shop/cart.py") -> str:
    return f"{file}\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def refused(answer: str) -> str:
    with pytest.raises(UnusableError) as error:
        edited_by(answer, FILES)
    return str(error.value)


def test_a_block_replaces_whole_lines() -> None:
    made = edited_by(block("def mean(prices):", GUARD), FILES)
    assert made == {"shop/cart.py": CART.replace(b"def mean(prices):", GUARD.encode())}


def test_words_and_fences_around_blocks_do_no_harm() -> None:
    answer = f"I add a guard.\n\n**shop/cart.py**\n```python\n{block('def mean(prices):', GUARD, '')[1:]}```\nDone."
    assert edited_by(answer, FILES)["shop/cart.py"].startswith(GUARD.encode())


def test_several_blocks_of_a_file_apply_in_turn() -> None:
    second = "<<<<<<< SEARCH\n        return 0.0\n=======\n        return 0\n>>>>>>> REPLACE\n"
    made = edited_by(block("def mean(prices):", GUARD) + second, FILES)
    assert b"        return 0\n" in made["shop/cart.py"]


def test_line_ends_and_a_missing_last_one_stay() -> None:
    made = edited_by(block("def mean(prices):", GUARD, "shop/crlf.py"), FILES)
    assert made["shop/crlf.py"].count(b"\r\n") == made["shop/crlf.py"].count(b"\n") == 8
    assert edited_by(block("b = a", "b = a + 1", "shop/open.py"), FILES)["shop/open.py"] == b"a = 1\nb = a + 1\n"


def test_an_empty_replacement_deletes_the_lines() -> None:
    deleting = "shop/open.py\n<<<<<<< SEARCH\na = 1\n=======\n>>>>>>> REPLACE\n"
    assert edited_by(deleting, FILES) == {"shop/open.py": b"b = a"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "no block"),
        ("Sorry, I cannot see the fault.", "no block"),
        ("shop/cart.py\n<<<<<<< SEARCH\ndef mean(prices):\n=======\n", "not complete"),
        (block("def mode(prices):", GUARD), "stand 0 times in shop/cart.py, not once"),
        (block("    return sum(prices) /", ""), "stand 0 times"),
        (block("a = 1", "a = 1", "shop/open.py"), "changes nothing"),
        (block("", "import os"), "searches nothing"),
        (block("def mean(prices):", "def mean(prices:"), "shop/cart.py is no Python at line 1"),
        (block("x", "y", "tests/test_cart.py"), "'tests/test_cart.py' is not among the files"),
        (block("x", "y", "../../etc/passwd"), "is not among the files"),
        (block("x", "y", "/etc/passwd"), "is not among the files"),
        (block("x", "y", "conftest.py"), "is not among the files"),
        (block("def mean(prices):", "#" * 30_000), "changes too much"),
        (block("def mean(prices):", GUARD) * 21, "changes too much"),
    ],
)
def test_what_cannot_be_applied_is_refused_with_its_reason(answer: str, words: str) -> None:
    assert words in refused(answer)


def test_a_search_text_that_stands_twice_is_refused() -> None:
    twice = {"a.py": b"x = 1\nx = 1\n"}
    with pytest.raises(UnusableError, match="stand 2 times in a"):
        edited_by(block("x = 1", "x = 2", "a.py"), twice)
