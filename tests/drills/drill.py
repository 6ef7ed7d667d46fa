"""`Drill`: one real fault for one playbook, as data: how things stand, how they break, and who says so from outside."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from grace_workers.governance import Role
from tests.drills.stage import Stage


class Drill(ABC):
    """A fault that its playbook mends. One object stands for one stage, on which every case of it is played.

    `signal` is the name under which the fault is reported of `subject`, and `words` the text that it comes with.
    `asks` is the role of the person whom the shipped policy asks first; None where it asks no one. `quick` drills
    belong to `make test` too: together they take half a minute. `rivals` are playbooks that a node may choose instead
    once it has learnt that they help. `playbook` is the one that mends it, if the file does not have its name. `cause`
    is the one that the diagnosis must name, of a playbook that is for several.
    """

    signal: ClassVar[str]
    words: ClassVar[str] = ""
    subject: ClassVar[str] = "subject"
    asks: ClassVar[Role | None] = None
    quick: ClassVar[bool] = False
    rivals: ClassVar[frozenset[str]] = frozenset()
    playbook: ClassVar[str | None] = None
    cause: ClassVar[str | None] = None

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @classmethod
    def missing(cls) -> str:
        """Return what this machine lacks for the drill; empty if nothing."""
        return ""

    @abstractmethod
    def targets(self) -> Sequence[Mapping[str, Any]]:
        """Set everything up, well, and return the targets as `grace.yaml` would declare them."""

    def open(self) -> None:  # noqa: B027 - most drills have nothing to do
        """Do what takes the world of the targets, such as starting a service. Nothing is broken afterwards."""

    @abstractmethod
    def break_it(self) -> None:
        """Bring about the fault, and return once it is there."""

    @abstractmethod
    def revert(self) -> None:
        """Take the fault back by other means than the playbook's."""

    @abstractmethod
    def well(self) -> bool:
        """Look from outside, by none of the product's means, whether everything is well."""

    @abstractmethod
    def mislead(self) -> None:
        """Bring about what looks like the fault and is none: the red herring."""

    @abstractmethod
    def clear(self) -> None:
        """Take the red herring away."""
