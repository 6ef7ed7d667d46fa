"""What a method returns that is there to be overridden: what all its overrides in the module say that they do."""

import ast
import builtins
from collections.abc import Iterator, Sequence

from grace_workers.coding.functions import Defined
from grace_workers.coding.rewriting.return_site import ReturnSite
from grace_workers.coding.rewriting.revealed_type import WrittenType

_Methods = dict[str, Defined]


def overridden(source: str, sites: Sequence[ReturnSite]) -> Iterator[tuple[int, WrittenType]]:
    """Yield the types of methods that only raise NotImplementedError, by the number of the function."""
    empty = {(one.node.lineno, one.bare): one for one in sites if one.method and _is_abstract(one)}
    if not empty:
        return
    classes = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.ClassDef)]
    for parent in classes:
        for name, node in _methods(parent).items():
            site = empty.get((node.lineno, name))
            said = None if site is None else _agreed(node, [_methods(one) for one in _heirs(parent, classes)])
            if site is not None and said is not None:
                yield site.number, said


def _is_abstract(site: ReturnSite) -> bool:
    if site.values or site.falls or site.yields:
        return False
    raised = [one.exc for one in ast.walk(site.node) if isinstance(one, ast.Raise)]
    return bool(raised) and all(one is not None and "NotImplementedError" in ast.unparse(one) for one in raised)


def _methods(node: ast.ClassDef) -> _Methods:
    return {one.name: one for one in node.body if isinstance(one, Defined)}


def _heirs(parent: ast.ClassDef, classes: Sequence[ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """Yield the classes that inherit from one, directly or not, by the names of their bases."""
    names, pending = {parent.name}, [one for one in classes if one is not parent]
    while found := [one for one in pending if names & {ast.unparse(base) for base in one.bases}]:
        yield from found
        names |= {one.name for one in found}
        pending = [one for one in pending if one not in found]


def _agreed(node: Defined, heirs: Sequence[_Methods]) -> WrittenType | None:
    """Return the type that all overrides have, if they are the same kind of method; None if they differ."""
    overrides = [methods[node.name] for methods in heirs if node.name in methods]
    alike = [one for one in overrides if type(one) is type(node) and _decorators(one) == _decorators(node)]
    types = {_text(one.returns) for one in overrides}
    if not overrides or alike != overrides or len(types) > 1:
        return None
    return _written(types.pop())


def _decorators(node: Defined) -> set[str]:
    return {ast.unparse(one) for one in node.decorator_list} - {"abstractmethod", "abc.abstractmethod"}


def _text(returns: ast.expr | None) -> str:
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        return returns.value
    return "" if returns is None else ast.unparse(returns)


def _written(text: str) -> WrittenType | None:
    try:
        names = {one.id for one in ast.walk(ast.parse(text, mode="eval")) if isinstance(one, ast.Name)}
    except SyntaxError:
        return None
    if {"Any", "object", "NoReturn", "Never"} & names:
        return None
    return WrittenType(text, {name: "" for name in names if not hasattr(builtins, name)})
