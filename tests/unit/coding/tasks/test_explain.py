"""What `explain` answers, and what it refuses: nothing of the code runs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from grace_workers.coding import (
    AnswerEnd,
    Bench,
    CodingWork,
    KnownSkill,
    ModelAnswer,
    ModelMessage,
    coding_tasks,
    related_causes,
)
from grace_workers.foundation.errors import InputError, TransientError
from tests.shipped_causes import CAUSES
from tests.unit.coding.benches import bench
from tests.unit.coding.model.test_conversation import ScriptedModel

FILES = {
    "shop.py": "def price(number):\n    '''Return what it costs.'''\n    return double(number)\n\n\n"
    "def double(number):\n    return number * 2  # token=hunter2hunter2\n\n\n"
    "class Till:\n    def open(self):\n        return price(1)\n\n    def close(self):\n        return price(2)\n",
    "door.py": "class Door:\n    def open(self): ...\n",
    "tests/test_shop.py": "from shop import price\n\n\ndef test_price():\n    assert price(1) == 2\n",
}
TRACE = """Traceback (most recent call last):
  File "/srv/app/main.py", line 3, in <module>
    run()
  File "/srv/app/shop.py", line 16, in close
    return price(2)
  File "/usr/lib/python3.11/decimal.py", line 7, in scale
    raise ValueError("no scale")
ValueError: no scale
"""


def work(at: Bench | None = None, **arguments: str) -> CodingWork:
    task = coding_tasks()["explain"]
    found: CodingWork = task.run(task.arguments.read(arguments, "arguments"), at or bench(FILES))
    return found


def answer(at: Bench | None = None, **arguments: str) -> Mapping[str, Any]:
    found = work(at, **arguments)
    assert found.answer is not None, found
    return found.answer


def asking(model: ScriptedModel) -> Bench:
    plain = bench(FILES)
    return replace(plain, workshop=replace(plain.workshop, model=model))


def test_a_function_is_told_with_who_uses_it_what_it_uses_and_its_tests() -> None:
    found = answer(subject="shop.price")
    assert (found["place"], found["kind"], found["first"], found["last"]) == ("shop.py::price", "function", 1, 3)
    assert (found["signature"], found["about"]) == ("price(number)", "Return what it costs.")
    used = [(one["place"], one["line"]) for one in found["callers"]]
    assert used == [("shop.py::Till.close", 15), ("shop.py::Till.open", 12), ("tests/test_shop.py::test_price", 5)]
    assert [one["place"] for one in found["callees"]] == ["shop.py::double"]
    assert (found["tests"], found["tests_found"]) == (("tests/test_shop.py::test_price",), 1)
    assert found["prose"] is None


def test_a_module_is_told_with_what_it_defines() -> None:
    found = answer(subject="shop.py")
    assert (found["kind"], found["defines"]) == ("module", ("price", "double", "Till"))


def test_a_traceback_is_about_its_innermost_place_in_the_repository() -> None:
    found = answer(traceback=TRACE)
    assert (found["place"], found["error"]) == ("shop.py::Till.close", "ValueError: no scale")
    assert found["frames"] == ("shop.py::Till.close",)


def test_what_the_fleet_knows_is_asked_with_the_error_and_the_code() -> None:
    asked: list[str] = []

    def known(text: str) -> list[KnownSkill]:
        asked.append(text)
        return [KnownSkill(name="jam", about="it jams")]

    found = answer(replace(bench(FILES), knowledge=known), traceback=TRACE)
    assert found["knowledge"] == ({"name": "jam", "about": "it jams", "weight": None},)
    assert "ValueError: no scale" in asked[0]
    assert "def close(self):" in asked[0]


def test_causes_are_related_by_what_a_traceback_says() -> None:
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\nOSError: No space left on device\n'
    )
    assert "disk_full" in [one.name for one in related_causes(text, CAUSES)]
    assert related_causes("all is well", CAUSES) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ({"subject": "shop.prise"}, "not_found", "The code has no 'shop.prise'; name a file, FILE::NAME or a dotted"),
        ({"subject": "open"}, "ambiguous", "'open' may be door.py::Door.open, shop.py::Till.open; name one."),
        ({"traceback": "it fails"}, "not_found", "The text holds no traceback of Python with frames."),
        ({"traceback": TRACE.replace("shop.py", "shelf.py")}, "not_found", "No frame of ValueError: no scale is in"),
    ],
)
def test_what_is_not_there_is_refused(arguments: dict[str, str], code: str, words: str) -> None:
    found = work(**arguments)
    assert found.reason is not None
    assert found.reason.code == code
    assert words in found.reason.message


@pytest.mark.parametrize("arguments", [{}, {"subject": "a", "traceback": "b"}, {"subject": ""}, {"subject": "a" * 501}])
def test_arguments_that_do_not_fit_are_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(InputError):
        work(**arguments)


def test_a_model_adds_prose_that_no_one_has_checked_and_sees_no_secret() -> None:
    model = ScriptedModel([ModelAnswer(text="It doubles.\x1b[2J\u202e password=hunter2hunter2")])
    found = work(asking(model), subject="shop.double")
    assert found.answer is not None
    prose = found.answer["prose"]
    assert isinstance(prose, dict)
    assert (prose["model"], prose["checked"]) == ("small", False)
    assert str(prose["text"]).startswith("It doubles.[2J password=")
    assert "hunter2" not in str(prose["text"])
    sent = "".join(one.text for one in model.asked[0])
    assert "return number * 2" in sent
    assert "hunter2" not in sent


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (ModelAnswer(text="no", end=AnswerEnd.REFUSED), "the language model small explains nothing: it refuses"),
        (TransientError("the model is busy"), "the language model small explains nothing: the model is busy"),
        (ModelAnswer(text=" \n"), "the language model small answered without words"),
    ],
)
def test_without_a_usable_answer_the_rest_is_told(said: ModelAnswer | TransientError, told: str) -> None:
    found = work(asking(ScriptedModel([said])), subject="shop.double")
    assert found.answer is not None
    assert found.answer["prose"] is None
    assert any(one.startswith(told) for one in found.story)


def test_an_answer_that_was_cut_says_so() -> None:
    model = ScriptedModel([ModelAnswer(text="It", end=AnswerEnd.CUT)])
    prose = answer(asking(model), subject="shop.double")["prose"]
    assert prose["text"] == "It […]"
    assert isinstance(model.asked[0][0], ModelMessage)
