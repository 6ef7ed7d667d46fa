"""What a coding task is: a kind of work with its arguments, the bench it is done at, and its result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.known_skill import KnownSkill
from grace_workers.coding.reason import Reason
from grace_workers.coding.repository import Repository
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue

A = TypeVar("A", bound=Document)


class TaskType(StrEnum):
    """The kinds of work that can be asked for."""

    BUILD_FEATURE = "build_feature"
    FIX_BUG = "fix_bug"
    REFACTOR = "refactor"
    OPTIMISE = "optimise"
    ADD_TESTS = "add_tests"
    EXTEND = "extend"
    INTEGRATE = "integrate"
    EXPLAIN = "explain"
    BOTH = "both"


class TaskMode(StrEnum):
    """What becomes of a patch: only shown; a branch for people; merged under governance; one of these, by risk."""

    SANDBOX = "sandbox"
    REVIEW = "review"
    LIVE = "live"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where a task is done: a repository, how its tests run, and how long it may take. `label` names what it adds.

    `knowledge` returns what the fleet knows that a text is about.
    """

    workshop: Workshop
    repository: Repository
    command: Sequence[str]
    seconds: float
    label: str
    knowledge: Callable[[str], Sequence[KnownSkill]] = lambda _text: ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingWork:
    """What came of a task: files with their new content, an answer, or the reason why there are none.

    `before` holds the earlier content of every file in `files` that existed. `story` says what was believed, tried
    and measured, a sentence each. `likelihood` is the share of this behaviour among all patches that pass; None if
    there is nothing to compare. `review_only`: it may undo what people want, so it is never merged without them.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    before: Mapping[str, bytes] = field(default_factory=dict)
    subject: str = ""
    story: tuple[str, ...] = ()
    reason: Reason | None = None
    level: SafetyLevel = SafetyLevel.SAFE
    likelihood: float | None = None
    candidates: int = 0
    review_only: bool = False
    alternatives: tuple[str, ...] = ()
    answer: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingTask(Generic[A]):
    """A kind of work that the agent does. A refusal is a result; an error of ours is an exception."""

    name: str
    about: str
    arguments: type[A]
    run: Callable[[A, Bench], CodingWork]


AnyTask = CodingTask[Any]
