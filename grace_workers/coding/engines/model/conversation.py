"""A conversation of few turns: the model answers, the answer is judged, and what is wrong with it goes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.model.blocks import UnusableError, edited_by
from grace_workers.coding.engines.model.budget import ModelBudget
from grace_workers.coding.model import AnswerEnd, LanguageModel, ModelAnswer, ModelMessage, Speaker
from grace_workers.foundation.errors import PermanentError, TransientError

Judge = Callable[[Mapping[str, bytes]], str | None]
"""Says what is wrong with changed files, or None. What it says goes to the model, so it holds nothing secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The changed files that passed, if any did, and what was asked and answered."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    story: tuple[str, ...] = ()


def proposed(
    model: LanguageModel,
    opening: Sequence[ModelMessage],
    files: Mapping[str, bytes],
    judge: Judge,
    deadline: Deadline,
) -> Proposed:
    """Ask until an answer passes, the model gives up, or a limit is reached. `files` are those that it may edit."""
    limits = model.limits
    within = min(limits.within.total_seconds(), deadline.left)
    budget = ModelBudget(limits, Deadline.after(within, deadline.clock))
    messages, story = list(opening), []
    while True:
        answer = answered(model, messages, budget)
        if isinstance(answer, str):
            story.append(f"the language model {model.name} was asked no further: {answer}")
            return Proposed(story=(*story, budget.told(model.name)))
        made = _edited(answer, files)
        objection = made if isinstance(made, str) else judge(made)
        if not isinstance(made, str) and objection is None:
            return Proposed(files=made, story=(*story, budget.told(model.name)))
        story.append(f"answer {budget.turns} of the language model: {objection}")
        messages += [
            ModelMessage(Speaker.ASSISTANT, answer.text),
            ModelMessage(
                Speaker.USER,
                f"This does not do: {objection}. Answer with all blocks again, for the files as they were.",
            ),
        ]


def answered(model: LanguageModel, messages: Sequence[ModelMessage], budget: ModelBudget) -> ModelAnswer | str:
    """Return the next answer, or why there is none."""
    room = budget.room_for(messages)
    if isinstance(room, str):
        return room
    try:
        answer = model.answer(messages, tokens=room, seconds=budget.seconds)
    except (TransientError, PermanentError) as error:
        return str(error)
    budget.count(messages, answer)
    return "it refuses to answer" if answer.end is AnswerEnd.REFUSED else answer


def _edited(answer: ModelAnswer, files: Mapping[str, bytes]) -> dict[str, bytes] | str:
    """Return the changed files, or what is wrong with the answer."""
    if answer.end is AnswerEnd.CUT:
        return "the answer was cut, because it is too long; change fewer lines"
    try:
        return edited_by(answer.text, files)
    except UnusableError as error:
        return str(error)
