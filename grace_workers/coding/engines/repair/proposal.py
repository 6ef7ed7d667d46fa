"""What an operator is, and what it proposes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import Edit


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to edit the subject. `factor` says how likely it is among the proposals of its operator.

    `key` says what is done regardless of where, so that the same can be done in several places.
    """

    edits: tuple[Edit, ...]
    suspicion: float
    factor: float = 1.0
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOperator:
    """A kind of edit. `example` is a function before and after, which its test checks."""

    name: str
    about: str
    example: tuple[str, str]
    propose: Callable[[SubjectFunction], Iterator[Proposal]]
