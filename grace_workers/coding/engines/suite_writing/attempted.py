"""A call that was tried in the sandbox, with what came of it, and the body of the test that says so."""

import ast
import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grace_workers.coding.trial.expectation import FIRST

_LONGEST, _MOST_STATEMENTS = 600, 12
_ODD = 60
_FORMS = {"", "equal", "is", "close", "listed", "first", "is_a"}
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """Statements, a call, and its result as text; `form` says how the result is compared.

    `odd` counts the arguments of kinds that the function was hardly made for. `steps` are the pairs of lines that
    follow each other in the module; 0 stands for a function's beginning and its end.
    """

    subject: str
    operation: str
    setup: tuple[str, ...]
    call: str
    form: str
    text: str
    after: tuple[str, ...]
    steps: frozenset[tuple[int, int]]
    odd: int = 0

    @property
    def lines(self) -> frozenset[int]:
        """The lines of the module that it executes."""
        return frozenset(line for step in self.steps for line in step if line)

    @property
    def raises(self) -> str:
        """The name of the error that it raises; empty if it raises none."""
        return self.form.partition(" ")[2] if self.form.startswith("raises ") else ""

    @property
    def is_procedure(self) -> bool:
        """Whether nothing but None came back."""
        return self.form == "is" and self.text == "None"

    @property
    def size(self) -> int:
        """How much there is to read, and to wonder about."""
        length = sum(map(len, (*self.setup, self.call, self.text, *self.after)))
        return length + 25 * len(self.setup) + _ODD * self.odd

    def body(self, *, procedure: bool = False) -> list[str]:
        """Return the statements of a test. The result of a procedure, which is always None, is not looked at."""
        if self.raises:
            match = f", match={self.text}" if self.text else ""
            return [*self.setup, f"with pytest.raises({self.raises}{match}):", f"    {self.call}"]
        if procedure or not self.form:
            return [*self.setup, self.call, *self.after]
        if self.form == "is_a":
            return [*self.setup, f"result = {self.call}", f"assert isinstance(result, {self.text})", *self.after]
        return [*self.setup, f"assert {self.comparison(self.call, self.text)}", *self.after]

    def comparison(self, call: str, text: str) -> str:
        """Return the comparison of a call with a text."""
        match self.form:
            case "is":
                return f"{call} is {text}"
            case "close":
                return f"{call} == pytest.approx({text})"
            case "listed":
                return f"list({call}) == {text}"
            case "first":
                return f"list(itertools.islice({call}, {FIRST})) == {text}"
            case _:
                return f"{call} == {text}"


def attempted(told: Mapping[str, Any]) -> Attempted | None:
    """Return the call that the sandboxed program tells of; None unless it is short and only Python."""
    try:
        found = Attempted(
            subject=str(told["subject"]), operation=str(told["operation"]),
            setup=tuple(map(str, told["setup"])), call=str(told["call"]), form=str(told["form"]),
            text=str(told["text"]), after=tuple(map(str, told["after"])),
            steps=frozenset((int(one), int(other)) for one, other in told["steps"]), odd=int(told["odd"]),
        )  # fmt: skip
        body = found.body()
        ast.parse("\n".join(body))
    except (KeyError, TypeError, ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    known = found.form in _FORMS or found.raises.isidentifier()
    short = len(body) <= _MOST_STATEMENTS and all(len(one) <= _LONGEST for one in body)
    plain = all("\n" not in one for one in (*found.setup, found.call, found.text))
    return found if known and short and plain else None


def free_names(statements: Sequence[str]) -> frozenset[str]:
    """Return the names that statements use, and that are neither built-in nor bound by them."""
    tree = ast.parse("\n".join(statements))
    bound: set[str] = set()
    used: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
    return frozenset(used - bound - _BUILTINS)
