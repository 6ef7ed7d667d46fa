"""What of a module can be called: functions, classes, methods and operators, with what is known of their arguments."""

import ast
import builtins
import doctest
import inspect
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from .annotated import stubs, typed
from .values import Weights, weights

_OPERATORS: Mapping[str, str] = {
    "__len__": "len({o})", "__iter__": "list({o})", "__getitem__": "{o}[{0}]", "__contains__": "{0} in {o}",
    "__repr__": "repr({o})", "__str__": "str({o})", "__bool__": "bool({o})", "__reversed__": "list(reversed({o}))",
    "__add__": "{o} + {0}", "__sub__": "{o} - {0}", "__mul__": "{o} * {0}", "__or__": "{o} | {0}",
    "__and__": "{o} & {0}", "__eq__": "{o} == {0}", "__ne__": "{o} != {0}", "__lt__": "{o} < {0}",
    "__le__": "{o} <= {0}", "__gt__": "{o} > {0}", "__ge__": "{o} >= {0}", "__neg__": "-{o}", "__int__": "int({o})",
    "__float__": "float({o})", "__hash__": "hash({o}) == hash({o})", "__abs__": "abs({o})",
    "__setitem__": "{o}.__setitem__({0}, {1})", "__delitem__": "{o}.__delitem__({0})", "__next__": "next({o})",
    "__radd__": "{0} + {o}", "__xor__": "{o} ^ {0}", "__truediv__": "{o} / {0}", "__floordiv__": "{o} // {0}",
    "__mod__": "{o} % {0}", "__pow__": "{o} ** {0}", "__invert__": "~{o}", "__bytes__": "bytes({o})",
}  # fmt: skip


_TYPED, _STUB, _SLICED = 40.0, 4.0, 4.0


@dataclass
class Parameter:
    """A parameter that is given a value, by position or by name. `kinds` changes with what is tried.

    One that is `named` is given by its name only; `loose` ones are given under any name. `own` are values of kinds that
    only this parameter has.
    """

    name: str
    kinds: Weights
    optional: bool
    keyword: bool
    several: bool = False
    named: bool = False
    loose: bool = False
    own: dict[str, list[str]] = field(default_factory=dict)

    def take(self, kind: str, texts: Sequence[str], weight: float) -> None:
        """Add values of a kind of its own."""
        if texts:
            self.own[kind] = [*dict.fromkeys([*self.own.get(kind, []), *texts])]
            self.kinds[kind] = max(self.kinds.get(kind, 0.0), weight)


@dataclass
class Callee:
    """Something to call. `form` has a place `{o}` for the object and, unless it is an operator, `{arguments}`."""

    name: str
    form: str
    parameters: Sequence[Parameter]
    node: ast.AST | None
    examples: Sequence[tuple[tuple[str, ...], str]] = ()


@dataclass
class Explorable:
    """A function, or a class with its operations. `variable` names its object in a test."""

    name: str
    make: Callee
    operations: Sequence[Callee] = field(default_factory=list)
    variable: str = ""


def subjects_of(module: ModuleType, source: str, space: Mapping[str, Any]) -> list[Explorable]:
    """Return what the module defines, in the order of the text, private functions last.

    `space` are the names that a test may take from it; arguments may be objects of all classes in it.
    """
    nodes = _nodes(ast.parse(source))
    classes = [name for name, one in space.items() if inspect.isclass(one)]
    found: list[tuple[bool, int, Explorable]] = []
    for name, one in list(vars(module).items()):
        if (
            not _is_own(one, module)
            or not name.isidentifier()
            or getattr(one, "__name__", name) not in {name, "<lambda>"}
        ):
            continue
        subject = (
            _of_class(name, one, nodes, classes) if inspect.isclass(one) else _of_function(name, one, nodes, classes)
        )
        if subject is not None:
            found.append((name.startswith("_"), getattr(nodes.get(name), "lineno", 0), subject))
    return [subject for _, _, subject in sorted(found, key=lambda one: one[:2])]


def makers_of(module: ModuleType, space: Mapping[str, Any]) -> list[Explorable]:
    """Return the classes that the module takes from others, to make objects of, not to explore."""
    classes = {name: one for name, one in space.items() if inspect.isclass(one) and not _is_own(one, module)}
    makers = [(name, _parameters(one, None, [*classes])) for name, one in classes.items() if name.isidentifier()]
    return [
        Explorable(name, Callee(name, name + "({arguments})", parameters, None))
        for name, parameters in makers
        if parameters is not None
    ]


def _is_own(one: Any, module: ModuleType) -> bool:
    return callable(one) and getattr(one, "__module__", None) == module.__name__


def _of_function(name: str, one: Any, nodes: Mapping[str, ast.AST], classes: Sequence[str]) -> Explorable | None:
    node = nodes.get(name)
    if node is None or inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one):
        return None
    parameters = _parameters(one, node, classes)
    if parameters is None:
        return None
    return Explorable(name, Callee(name, name + "({arguments})", parameters, node, _examples(one)))


def _of_class(name: str, one: Any, nodes: Mapping[str, ast.AST], classes: Sequence[str]) -> Explorable | None:
    home = next((base.__name__ for base in one.__mro__ if "__init__" in vars(base)), name)
    start = nodes.get(f"{home}.__init__")
    parameters = _parameters(one, start, classes)
    if parameters is None or name not in nodes:
        return None
    made = Callee(name, name + "({arguments})", parameters, start, _examples(one))
    operations = [
        operation for member in dir(one) if (operation := _member(name, one, member, nodes, classes)) is not None
    ]
    return Explorable(name, made, operations, _variable(name))


def _member(owner: str, one: Any, member: str, nodes: Mapping[str, ast.AST], classes: Sequence[str]) -> Callee | None:
    raw = inspect.getattr_static(one, member)
    home = next((base.__name__ for base in one.__mro__ if member in vars(base)), owner)
    node = nodes.get(f"{home}.{member}")
    if node is None or (member.startswith("_") and member not in _OPERATORS and member != "__call__"):
        return None
    if isinstance(raw, property) or type(raw).__name__ == "cached_property":
        return Callee(f"{owner}.{member}", "{o}." + member, [], node)
    parameters = _parameters(getattr(one, member), node, classes)
    if parameters is None:
        return None
    if isinstance(raw, staticmethod | classmethod):
        return Callee(f"{owner}.{member}", f"{owner}.{member}" + "({arguments})", parameters, node)
    if member in _OPERATORS:
        for place in parameters[1:2] if member.endswith("item__") else ():
            place.kinds["slice"] = _SLICED
        return Callee(f"{owner}.{member}", _OPERATORS[member], parameters[1:], node)
    form = "{o}({arguments})" if member == "__call__" else "{o}." + member + "({arguments})"
    return Callee(f"{owner}.{member}", form, parameters[1:], node, _examples(raw))


def callee_of(one: Any, around: ast.AST | None, name: str, classes: Sequence[str]) -> Callee | None:
    """Return how to call a function that another one, `around`, returned; what it defines itself is known better."""
    code = getattr(one, "__code__", None)
    inside = [node for node in ast.walk(around) if isinstance(node, ast.FunctionDef)] if around is not None else []
    node = next((node for node in inside if code is not None and node.name == code.co_name), None)
    parameters = _parameters(one, node, classes) if code is not None else None
    return None if parameters is None else Callee(name, "({arguments})", parameters, node)


def _parameters(one: Any, node: ast.AST | None, classes: Sequence[str]) -> list[Parameter] | None:
    try:
        given = list(inspect.signature(one).parameters.values())
    except (ValueError, TypeError):
        return None
    return [_parameter(each, node, classes) for each in given]


def _parameter(each: inspect.Parameter, node: ast.AST | None, classes: Sequence[str]) -> Parameter:
    made = Parameter(
        name=each.name,
        kinds=weights(each, node, classes),
        optional=each.default is not each.empty or each.kind in {each.VAR_POSITIONAL, each.VAR_KEYWORD},
        keyword=each.kind == each.KEYWORD_ONLY
        or (each.default is not each.empty and each.kind != each.POSITIONAL_ONLY),
        several=each.kind == each.VAR_POSITIONAL,
        named=each.kind == each.KEYWORD_ONLY,
        loose=each.kind == each.VAR_KEYWORD,
    )
    made.take("typed", typed(each.annotation), _TYPED)
    if node is not None:
        made.take("stub", stubs(each.name, node), _STUB)
    return made


def _examples(one: Any) -> list[tuple[tuple[str, ...], str]]:
    """Return the examples of a docstring: the statements before, and the expression."""
    found: list[tuple[tuple[str, ...], str]] = []
    before: list[str] = []
    try:
        examples = doctest.DocTestParser().get_examples(inspect.getdoc(one) or "")
    except ValueError:
        return []
    for example in examples:
        text = example.source.strip()
        try:
            ast.parse(text, mode="eval")
        except SyntaxError:
            before.append(text)
        else:
            found.append((tuple(before), text))
            if not example.want:
                before.append(text)
    return found


def _nodes(tree: ast.Module) -> dict[str, ast.AST]:
    """Return the functions and classes of a module by their names, those inside classes included."""
    found: dict[str, ast.AST] = {}

    def into(body: Iterator[ast.AST], above: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[above + node.name] = node
                if isinstance(node, ast.ClassDef):
                    into(ast.iter_child_nodes(node), f"{above}{node.name}.")
            elif isinstance(node, ast.If | ast.Try):
                into(ast.iter_child_nodes(node), above)

    into(ast.iter_child_nodes(tree), "")
    return found


def _variable(name: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)
    word = words[-1].lower() if words else ""
    if not word.isidentifier() or keyword.iskeyword(word):
        return "made"
    return f"a_{word}" if hasattr(builtins, word) else word
