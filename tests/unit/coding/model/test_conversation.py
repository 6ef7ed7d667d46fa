"""A conversation with a model: at most so many turns, tokens, seconds and so much money, and every end told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from grace_workers.coding import AnswerEnd, ModelAnswer, ModelLimits, ModelMessage, Speaker
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.model.budget import ModelBudget
from grace_workers.coding.engines.model.conversation import Proposed, proposed
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import TransientError
from tests.unit.coding.model.limits import LIMITS

FILES = {"a.py": b"x = 1\n"}
OPENING = (ModelMessage(Speaker.SYSTEM, "repair"), ModelMessage(Speaker.USER, "x"))
GOOD = "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n"


@dataclass
class ScriptedModel:
    """A model whose answers are given; what it is asked is kept."""

    answers: list[ModelAnswer | TransientError]
    name: str = "small"
    limits: ModelLimits = LIMITS
    asked: list[Sequence[ModelMessage]] = field(default_factory=list)
    rooms: list[int] = field(default_factory=list)

    def answer(self, messages: Sequence[ModelMessage], *, tokens: int, seconds: float) -> ModelAnswer:
        assert seconds > 0
        self.asked.append(tuple(messages))
        self.rooms.append(tokens)
        said = self.answers[len(self.asked) - 1]
        if isinstance(said, TransientError):
            raise said
        return said


def said(text: str, **more: object) -> ModelAnswer:
    return replace(ModelAnswer(text=text), **more)  # type: ignore[arg-type]


def asked(model: ScriptedModel, *, objections: Sequence[str | None] = (None,), seconds: float = 60.0) -> Proposed:
    pending = iter(objections)

    def judge(_files: Mapping[str, bytes]) -> str | None:
        return next(pending)

    return proposed(model, OPENING, FILES, judge, Deadline.after(seconds, SystemClock()))


def test_what_is_wrong_with_an_answer_goes_back_until_one_passes() -> None:
    model = ScriptedModel([said("no idea"), said(GOOD), said(GOOD)])
    found = asked(model, objections=["the whole suite fails: tests/test_a.py::test_x", None])
    assert found.files == {"a.py": b"x = 2\n"}
    assert [len(one) for one in model.asked] == [2, 4, 6]
    assert "no block" in model.asked[1][-1].text
    assert "tests/test_a.py::test_x" in model.asked[2][-1].text
    assert found.story[-1].startswith("the language model small gave 3 answers: ")


def test_after_three_answers_no_more_is_asked() -> None:
    model = ScriptedModel([said("no idea")] * 9)
    found = asked(model)
    assert (len(model.asked), found.files) == (3, {})
    assert "its 3 answers are used up" in found.story[-2]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (TransientError("the language model small does not answer: ConnectError"), "ConnectError"),
        (said("I won't", end=AnswerEnd.REFUSED), "it refuses to answer"),
    ],
)
def test_a_dead_or_refusing_model_is_asked_no_further(answer: ModelAnswer | TransientError, words: str) -> None:
    model = ScriptedModel([answer])
    found = asked(model)
    assert (len(model.asked), found.files) == (1, {})
    assert words in found.story[0]


def test_of_a_cut_answer_nothing_is_used() -> None:
    model = ScriptedModel([said(GOOD, end=AnswerEnd.CUT), said(GOOD)])
    found = asked(model)
    assert found.files == {"a.py": b"x = 2\n"}
    assert "the answer was cut" in model.asked[1][-1].text


def test_the_tokens_of_a_task_are_limited() -> None:
    model = ScriptedModel([said("no", sent=900, received=60)] * 3, limits=replace(LIMITS, tokens=1_000))
    found = asked(model)
    assert len(model.asked) == 1
    assert model.rooms[0] < 1_000
    assert "1000 tokens a task leave no room" in found.story[1]


def test_the_money_of_a_task_is_limited() -> None:
    paid = replace(LIMITS, price_sent=1.0, price_received=1000.0, cost=1.0)
    model = ScriptedModel([said("no", sent=1000, received=950)] * 3, limits=paid)
    found = asked(model)
    assert model.rooms == [999]
    assert "1 a task pay for no further answer" in found.story[1]
    assert "about 0.9510 in the currency of its prices" in found.story[-1]


def test_a_model_that_counts_its_tokens_as_nothing_is_not_believed() -> None:
    budget = ModelBudget(LIMITS, Deadline.after(60, SystemClock()))
    budget.count([ModelMessage(Speaker.USER, "x" * 9_000)], said("y" * 900, sent=0, received=0))
    assert budget.sent > 900
    assert budget.received >= 100


def test_without_time_nothing_is_asked() -> None:
    model = ScriptedModel([said(GOOD)])
    found = asked(model, seconds=0.0)
    assert (model.asked, found.files) == ([], {})
    assert "no time is left" in found.story[0]
