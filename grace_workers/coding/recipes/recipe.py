"""What a recipe is, and what it sees of the repository that it is for."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

A = TypeVar("A", bound=Document)


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file of the code, tests excepted, with its syntax tree."""

    file: str
    text: str
    tree: ast.Module


@dataclass(frozen=True)
class Site:
    """The repository that a recipe is for."""

    names: Sequence[str]
    read: Callable[[str], bytes]

    @cached_property
    def modules(self) -> Sequence[Module]:
        """Every Python file of the code that can be read and changed: UTF-8, with plain line ends."""
        return tuple(self._modules())

    def module(self, file: str) -> Module | None:
        """Return one of them."""
        return next((one for one in self.modules if one.file == file), None)

    def beside(self, file: str, name: str) -> str:
        """Return the path of a file of that name in the folder of another."""
        folder, slash, _ = file.rpartition("/")
        return f"{folder}{slash}{name}"

    def test_file(self, name: str) -> str:
        """Return the path of a new test file: where the other tests are, or in `tests`."""
        folder = next((one for one in ("tests", "test") if any(at.startswith(f"{one}/") for at in self.names)), "tests")
        return f"{folder}/test_{name}.py"

    def _modules(self) -> Iterator[Module]:
        for name in self.names:
            if not name.endswith(".py") or is_protected(name):
                continue
            try:
                text = self.read(name).decode()
                if "\r" not in text:
                    yield Module(name, text, ast.parse(text))
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                continue


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeFiles:
    """What a recipe writes: new files, files that it changes, new tests, and what people should know of it."""

    new: Mapping[str, str]
    changed: Mapping[str, str] = field(default_factory=dict)
    tests: Mapping[str, str]
    subject: str
    story: tuple[str, ...] = ()

    @property
    def files(self) -> Mapping[str, str]:
        """The files of the code, tests excepted."""
        return {**self.new, **self.changed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(Generic[A]):
    """Something that can be built. `task` is the kind of work that offers it."""

    name: str
    about: str
    task: TaskType
    options: type[A]
    write: Callable[[A, Site], RecipeFiles | Reason]

    def build(self, options: A, site: Site) -> RecipeFiles | Reason:
        """Return what `write` returns, if nothing is in the place of a new file."""
        found = self.write(options, site)
        taken = () if isinstance(found, Reason) else [one for one in (*found.new, *found.tests) if one in site.names]
        return Reason(ReasonCode.COLLISION, f"{taken[0]} is there already; rename it first.") if taken else found


AnyRecipe = Recipe[Any]
