"""A plan of intents over files in memory, without a suite: what each step finds, and what another has moved."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.coding import CodingWork, coding_tasks
from grace_workers.coding.planned import _moved
from grace_workers.foundation.errors import InputError
from tests.unit.coding.benches import bench

CART = """import logging

log = logging.getLogger(__name__)


def total(prices):
    result = 0
    for price in prices:
        if price < 0:
            raise ValueError(price)
        result += price
    log.info(f"total of {result}")
    return result
"""
STOCK = """from shop.cart import log


def weight(parts):
    number = 0
    for part in parts:
        if part < 0:
            raise ValueError(part)
        number += part
    return number
"""
FILES = {"shop/__init__.py": "", "shop/cart.py": CART, "shop/stock.py": STOCK}
BLOCK = {"first_line": 9, "last_line": 10, "name": "_check"}


def worked(files: Mapping[str, str], **arguments: Any) -> CodingWork:
    task = coding_tasks()["refactor"]
    at = bench(files)
    object.__setattr__(at, "command", ())
    told: CodingWork = task.run(task.arguments.read(arguments, "arguments"), at)
    return told


def changed(files: Mapping[str, str], work: CodingWork) -> dict[str, str]:
    return {**files, **{name: content.decode() for name, content in work.files.items()}}


def test_an_intent_finds_its_targets_in_folders():
    work = worked(FILES, intent="remove_duplication", targets=["shop"])
    assert sorted(work.files) == ["shop/cart.py", "shop/stock.py"]
    assert work.subject == "Refactor shop/cart.py::total, shop/stock.py::weight by remove_duplication"


def test_steps_go_on_top_of_each_other_and_become_one_change():
    steps = [
        {"intent": "improve_logging"},
        {"intent": "remove_duplication"},
        {"intent": "extract_method", "targets": ["shop/cart.py::total"], "options": BLOCK},
    ]
    work = worked(FILES, steps=steps)
    cart = work.files["shop/cart.py"].decode()
    assert 'log.info("total of %s", result)' in cart
    assert cart.count("raise ValueError") == 1
    assert "def _check(price):" in cart
    assert work.story[0] == "extract_method changed shop/cart.py::total"
    assert work.subject == "Refactor shop/cart.py by extract_method and improve_logging"
    assert set(work.before) == {"shop/cart.py"}


def test_a_second_run_has_nothing_to_do():
    steps = [{"intent": "improve_logging"}, {"intent": "remove_duplication"}, {"intent": "normalise_calls"}]
    work = worked(FILES, steps=steps)
    again = worked(changed(FILES, work), steps=steps)
    assert again.files == {}
    assert again.reason is not None
    assert again.reason.code == "nothing_to_do"


def test_lines_that_moved_are_found_and_lines_that_changed_are_refused():
    early = {"intent": "improve_logging", "targets": ["shop/cart.py"]}
    block = {"intent": "extract_method", "targets": ["shop/cart.py::total"], "options": BLOCK, "after": ["first"]}
    above = CART.replace("import logging\n", "import logging\n\n\ndef start(name):\n    print(name)\n    return name\n")
    lower = {**BLOCK, "first_line": 14, "last_line": 15}
    helper = {
        "intent": "extract_helper",
        "name": "first",
        "targets": ["shop/cart.py::start"],
        "options": {"first_line": 5, "last_line": 5, "name": "_told"},
    }
    work = worked({**FILES, "shop/cart.py": above}, steps=[helper, {**block, "options": lower}])
    assert "def _check(price):" in work.files["shop/cart.py"].decode()
    assert "def _told(name):" in work.files["shop/cart.py"].decode()
    over = {**BLOCK, "first_line": 12, "last_line": 12}
    work = worked(FILES, steps=[{**early, "name": "first"}, {**block, "options": over}])
    assert "An earlier step has changed lines 12 to 12 of shop/cart.py." in "\n".join(work.story)
    assert "log.info" in work.files["shop/cart.py"].decode()


def test_a_step_whose_step_before_changed_nothing_is_left_out():
    steps = [
        {"intent": "split_large_file", "targets": ["shop/cart.py"]},
        {"intent": "improve_logging", "after": ["split_large_file"]},
    ]
    work = worked(FILES, steps=steps)
    assert work.files == {}
    assert work.story[:2] == ("split_large_file changed nothing", "split_large_file has nothing to do for 1 targets")


def test_a_function_that_a_step_moved_to_another_file_is_found_there():
    long = "".join(f"def part_{number}(x):\n    return x + {number}\n\n\n" for number in range(12))
    files = {
        "shop/__init__.py": "",
        "shop/long.py": long,
        "shop/use.py": "from shop.long import part_3\n\npart_3(x=1)\n",
    }
    steps = [
        {"intent": "split_large_file", "targets": ["shop/long.py"], "options": {"max_lines": 30}},
        {
            "intent": "extract_helper",
            "targets": ["shop/long.py::part_3"],
            "options": {"first_line": 14, "last_line": 14, "name": "_sum"},
            "after": ["split_large_file"],
        },
    ]
    work = worked(files, steps=steps)
    assert "split_large_file changed shop/long.py" in work.story
    assert any("def _sum(x):" in content.decode() for name, content in work.files.items() if name != "shop/long.py")


def test_a_request_that_is_no_plan_is_refused():
    for words, told in (
        ("Name the targets of 'improve_logging'", {"intent": "improve_logging"}),
        ("extract_method needs a target", {"steps": [{"intent": "extract_method", "options": BLOCK}]}),
        ("The intent 'tidy' is not offered; offered: add_type_hints", {"steps": [{"intent": "tidy"}]}),
        ("There is no Python file 'lib'.", {"intent": "improve_logging", "targets": ["lib"]}),
    ):
        work = worked(FILES, **told)
        assert work.reason is not None
        assert words in work.reason.message


@pytest.mark.parametrize("told", [{}, {"intent": "clean", "steps": [{"intent": "improve_logging"}]}])
def test_an_intent_and_steps_are_not_both_or_neither(told):
    with pytest.raises(InputError, match="give either `intent`, which may be a plan's name, or `steps`"):
        worked(FILES, **told)


def test_lines_that_moved_differently_in_two_files_are_refused():
    above = CART.replace("import logging\n", "import logging\n\n\ndef start(name):\n    print(name)\n    return name\n")
    files = {"shop/__init__.py": "", "shop/cart.py": above, "shop/other.py": above}
    lines = {"first_line": 5, "last_line": 5, "name": "_told"}
    helper = {"intent": "extract_helper", "name": "first", "targets": ["shop/cart.py::start"], "options": lines}
    block = {
        "intent": "extract_method",
        "targets": ["shop/cart.py::total", "shop/other.py::total"],
        "options": {**BLOCK, "first_line": 14, "last_line": 15},
        "after": ["first"],
    }
    work = worked(files, steps=[helper, block])
    assert sorted(work.files) == ["shop/cart.py"]
    assert "by different numbers; make each target a step." in "\n".join(work.story)


def test_a_named_plan_refuses_an_option_that_it_would_not_use():
    work = worked(FILES, intent="types", options={"max_complexity": 5})
    assert work.reason is not None
    assert work.reason.message.startswith("The plan 'types' has no option 'max_complexity', only `level`")


@given(
    before=st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
    cut=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    put=st.lists(st.sampled_from("abcd"), max_size=4),
    data=st.data(),
)
def test_a_block_is_found_where_the_same_lines_are(before, cut, put, data):
    now = before[: min(cut)] + put + before[max(cut) :]
    first = data.draw(st.integers(1, len(before)))
    last = data.draw(st.integers(first, len(before)))
    found = _moved("\n".join(before), "\n".join(now), first, last)
    if found is not None:
        assert now[found - 1 : found + last - first] == before[first - 1 : last]
    if last <= min(cut) or first > max(cut):
        assert found is not None


def test_many_equal_lines_take_no_time():
    lines = "x = 1\n" * 100_000
    assert _moved(f"import a\n{lines}end\n", f"import a\nimport b\n{lines}end\n", 100_002, 100_002) == 100_003
