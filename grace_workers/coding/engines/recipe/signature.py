"""The parameters of a function that are plain values: what a command line or a request can give."""

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class PlainParameter:
    """A parameter with its type, and its default as text if it has one."""

    name: str
    kind: str
    default: str | None
    named: bool
    placed: bool = False

    @property
    def passed(self) -> str:
        """How it is passed on under its own name."""
        return self.name if self.placed else f"{self.name}={self.name}"


def parameters_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef, kinds: AbstractSet[str]
) -> Iterator[PlainParameter | str]:
    """Yield the parameters in order, or what is in the way; `kinds` are the types that they may have."""
    given = node.args
    if given.vararg or given.kwarg:
        yield "it takes any number of arguments"
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(given.defaults)), *given.defaults]
    for one, default in zip(plain, defaults, strict=True):
        yield _parameter(one, default, kinds, placed=one in given.posonlyargs)
    for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _parameter(one, default, kinds, named=True)


def _parameter(
    node: ast.arg, default: ast.expr | None, kinds: AbstractSet[str], *, named: bool = False, placed: bool = False
) -> PlainParameter | str:
    value = default.value if isinstance(default, ast.Constant) else None
    if default is not None and not isinstance(default, ast.Constant):
        return f"the default of {node.arg} is not a plain value"
    kind = "str" if value is None else type(value).__name__
    if node.annotation is not None:
        kind = ast.unparse(node.annotation).strip("'\"").removeprefix("pathlib.").removesuffix(" | None")
    if kind not in kinds:
        return f"{node.arg} is a {kind}"
    if isinstance(value, float) and not isfinite(value):
        return f"the default of {node.arg} is not a finite number"
    return PlainParameter(node.arg, kind, None if default is None else repr(value), named, placed)
