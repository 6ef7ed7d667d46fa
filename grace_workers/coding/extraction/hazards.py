"""What keeps code from running in another frame, and what binds it to its class."""

import ast
from collections.abc import Sequence

from grace_workers.coding.extraction.refusal import ExtractionRefused
from grace_workers.coding.extraction.scope import Function, own_nodes

_FRAMES = {"_getframe", "currentframe", "getouterframes", "_getframemodulename"}
_NAMESPACES = {"locals", "eval", "exec"}
_NAMESPACES_WITHOUT_ARGUMENTS = {"vars", "dir"}


def refuse_hazards(function: Function, moved: Sequence[ast.AST]) -> None:
    """Refuse code that inspects its frame, or a function that looks its names up at run time.

    Raises:
        ExtractionRefused: it names the construct.
    """
    if getattr(function, "type_params", None):
        raise ExtractionRefused("The function has type parameters.")
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if (name in _NAMESPACES and not _names_its_own(node)) or (
                name in _NAMESPACES_WITHOUT_ARGUMENTS and not node.args
            ):
                raise ExtractionRefused(f"The function calls {name}(), which sees its local names.")
    for top in moved:
        for node in ast.walk(top):
            word = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
            if word in _FRAMES:
                raise ExtractionRefused(f"The code uses {word}, which depends on the frame that it runs in.")
    for node in own_nodes(moved):
        if isinstance(node, ast.Global | ast.Nonlocal):
            raise ExtractionRefused("The code declares global or nonlocal names, which holds for the whole function.")
    _refuse_asynchronous_generator(function, moved)


def _names_its_own(call: ast.Call) -> bool:
    """Return whether `exec` or `eval` is given the names that it sees."""
    given = [*call.args, *(one.value for one in call.keywords if one.arg in {"globals", "locals"})]
    return len(given) > 1 and not any(isinstance(one, ast.Starred) for one in given)


def _refuse_asynchronous_generator(function: Function, moved: Sequence[ast.AST]) -> None:
    if isinstance(function, ast.AsyncFunctionDef) and any(
        isinstance(one, ast.Yield | ast.YieldFrom) for one in own_nodes(moved)
    ):
        raise ExtractionRefused("The code yields in an asynchronous generator, which cannot be delegated.")


def class_bound(moved: Sequence[ast.AST]) -> str | None:
    """Return what in the code works only inside its class: `super`, `__class__`, or a private name; or None."""
    for top in moved:
        for node in ast.walk(top):
            for field in ("id", "attr", "arg", "name", "asname"):
                word = getattr(node, field, None)
                # `obj.__class__` is an attribute like any other; the name alone is that of the class around it.
                bound = word in {"super", "__class__"} and field != "attr"
                if isinstance(word, str) and (bound or _is_mangled(word)):
                    return word
    return None


def _is_mangled(word: str) -> bool:
    return word.startswith("__") and not word.endswith("__")
