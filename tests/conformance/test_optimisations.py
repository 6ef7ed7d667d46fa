"""Every optimisation keeps its promise: its example, texts that parse, and nothing where the pattern is not."""

import ast

import pytest

from grace_workers.coding.catalogs import optimisations_of_code
from grace_workers.coding.engines.optimising.optimising import written
from grace_workers.coding.rewriting.slow_function import SlowFunction

OPTIMISATIONS = optimisations_of_code()
PLAIN = "def f(items, n):\n    total = 0\n    for item in items:\n        total += item * n\n    return total\n"


def proposed(name: str, source: str) -> list[str | None]:
    tree = ast.parse(source)
    node = next(one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == "f")
    return [written(source, one) for one in OPTIMISATIONS[name].propose(SlowFunction(source, tree, node))]


@pytest.mark.parametrize("name", OPTIMISATIONS.names)
def test_an_optimisation_proposes_its_example(name):
    before, after = OPTIMISATIONS[name].example
    assert proposed(name, before) == [after]


@pytest.mark.parametrize("name", OPTIMISATIONS.names)
def test_an_optimisation_finds_nothing_in_its_own_result(name):
    _, after = OPTIMISATIONS[name].example
    assert proposed(name, after) == []


@pytest.mark.parametrize("name", OPTIMISATIONS.names)
def test_an_optimisation_proposes_nothing_where_its_pattern_is_not(name):
    assert proposed(name, PLAIN) == []


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("argument_as_set", "return [", "known.append(items.pop())\n    return ["),
        ("argument_as_set", "item not in known", "item not in known.pop()"),
        ("cached_recursion", "return n if", "print(n)\n    return n if"),
        ("cached_recursion", "return n if", "seen[n] = 1\n    return n if"),
        ("call_before_loop", "found +=", "items.append(1)\n        found +="),
        ("compiled_pattern", '"[a-z]+"', "text"),
        ("joined_text", "text += item", "text += item + text"),
        ("joined_text", "text += item", "text += item\n        print(text)"),
        ("membership_in_set", "seen.append(item)", "seen.insert(0, item)"),
        ("membership_in_set", "seen.append(item)", "seen.append(item.copy())"),
        ("membership_in_set", "return seen", "return g(seen)"),
        ("queue_as_deque", "queue.pop(0)", "queue.pop(1)"),
        ("queue_as_deque", "while queue", "while queue[0]"),
    ],
)
def test_a_use_that_may_change_the_meaning_is_left(name, before, after):
    source = OPTIMISATIONS[name].example[0]
    assert before in source
    changed = source.replace(before, after)
    if (name, after) == ("argument_as_set", "known.append(items.pop())\n    return ["):
        assert proposed(name, changed)[0].index("known.append") < proposed(name, changed)[0].index("set(known)")
    else:
        assert proposed(name, changed) == []


def test_a_cache_is_imported_above_the_first_function():
    source = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    assert proposed("cached_recursion", source) == [f"import functools\n\n\n@functools.cache\n{source}"]
