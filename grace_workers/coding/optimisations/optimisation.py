"""What an optimisation is: a pattern of slow code, and the faster code that does the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.patch import Edit
from grace_workers.coding.rewriting.slow_function import SlowFunction


@dataclass(frozen=True, slots=True)
class FasterCode:
    """Edits of a file that may make a function of it faster, and `what` they do, in the past tense."""

    edits: tuple[Edit, ...]
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimisation:
    """A pattern, and what replaces it. Whether it is faster is measured, and never assumed.

    At the level `unsafe` it relies on what the code does not show, such as that the items of a list can be hashed.
    `example` is a module before and after; the function has the name `f`.
    """

    name: str
    about: str
    level: SafetyLevel
    propose: Callable[[SlowFunction], Iterator[FasterCode]]
    example: tuple[str, str]
