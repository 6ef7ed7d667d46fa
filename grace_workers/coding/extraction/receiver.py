"""Where the new function goes and how it is called: a method through `self` or `cls`, or a function."""

import ast
import builtins
import keyword
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from grace_workers.coding.extraction.hazards import class_bound
from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.scope import Function, use_of
from grace_workers.coding.extraction.spot import Spot
from grace_workers.coding.reason import ReasonCode

_CLASS_METHODS = {"__new__", "__init_subclass__", "__class_getitem__"}
_MEMBERS_COUNT = {"Protocol"}


@dataclass(frozen=True, slots=True)
class Receiver:
    """What the new function is called on: `through` is the first parameter of a method, or empty for a function."""

    through: str
    decorator: str
    body: Sequence[ast.stmt]
    before: ast.stmt


def receiver_of(spot: Spot, moved: Sequence[ast.AST], *, module_level: bool) -> Receiver:
    """Return where the new function goes.

    Raises:
        ExtractionRefused: the code needs its class and cannot stay in it.
    """
    function, owner = spot.function, spot.owner
    bound = class_bound(moved) if any(isinstance(one, ast.ClassDef) for one in spot.scopes) else None
    if module_level:
        if bound:
            raise ExtractionRefused(f"The code uses {bound}, which works only inside its class.")
        return Receiver("", "", *spot.path[0])
    first = _first_parameter(function) if owner is not None else None
    use = use_of(moved)
    if owner is not None and first is not None and (bound or first in use.reads):
        decorator = _decorator(function, owner, first)
        if first in use_of(function.body).binds | use_of(function.body).rebinds:
            raise ExtractionRefused(f"The function rebinds {first!r}.")
        return Receiver(first, decorator, *spot.beside(outside_class=False))
    if bound:
        raise ExtractionRefused(f"The code uses {bound}, which works only inside its class.")
    return Receiver("", "", *spot.beside(outside_class=owner is not None))


def _first_parameter(function: Function) -> str | None:
    if "staticmethod" in _decorators(function):
        return None
    plain = [*function.args.posonlyargs, *function.args.args]
    return plain[0].arg if plain else None


def _decorator(function: Function, owner: ast.ClassDef, first: str) -> str:
    if names := sorted(_MEMBERS_COUNT & {_last_word(one) for one in owner.bases}):
        raise ExtractionRefused(f"A new method would be a member of the {names[0]} {owner.name}.")
    if any(isinstance(one, Function) and one.name == "__getattribute__" for one in owner.body):
        raise ExtractionRefused(f"{owner.name} defines how every attribute is looked up.")
    if "classmethod" in _decorators(function) or function.name in _CLASS_METHODS:
        return "@classmethod"
    metaclass = any("type" in _last_word(one).lower() or "meta" in _last_word(one).lower() for one in owner.bases)
    if first in {"cls", "klass"} and not metaclass:
        raise ExtractionRefused(f"{function.name!r} takes {first!r} and is not declared a class method.")
    return ""


def _decorators(function: Function) -> set[str]:
    return {_last_word(one) for one in function.decorator_list}


def _last_word(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript | ast.Call):
        return _last_word(node.value if isinstance(node, ast.Subscript) else node.func)
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def refuse_name(name: str, tree: ast.Module, taken: Collection[str]) -> None:
    """Refuse a name that is invalid, taken, or could be hidden by a star import.

    Raises:
        ExtractionRefused: it says which.
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ExtractionRefused(f"{name!r} is not a name.", ReasonCode.COLLISION)
    if name in taken or hasattr(builtins, name):
        raise ExtractionRefused(f"The name {name!r} is taken.", ReasonCode.COLLISION)
    if not name.startswith("_") and any(
        isinstance(one, ast.ImportFrom) and one.names[0].name == "*" for one in ast.walk(tree)
    ):
        message = f"A star import may bring the name {name!r}; choose one that begins with an underscore."
        raise ExtractionRefused(message, ReasonCode.UNSAFE)
