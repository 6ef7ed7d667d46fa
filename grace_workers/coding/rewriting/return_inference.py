"""What a function returns, by what mypy reveals of the values that it gives back, and by what Python demands."""

import ast
from collections.abc import Mapping, Sequence

from grace_workers.coding.rewriting.return_site import ReturnSite
from grace_workers.coding.rewriting.revealed_type import Unwritable, WrittenType, read_type, union_of

_NONE = WrittenType("None", {})
_DEMANDED: Mapping[str, str] = {
    **dict.fromkeys(("__init__", "__setattr__", "__delattr__", "__setitem__", "__delitem__", "__set__", "__delete__",
                     "__init_subclass__", "__set_name__", "__post_init__", "__del__"), "None"),
    **dict.fromkeys(("__str__", "__repr__", "__format__"), "str"),
    **dict.fromkeys(("__len__", "__hash__", "__index__", "__int__", "__length_hint__", "__sizeof__"), "int"),
    **dict.fromkeys(("__bool__", "__contains__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__",
                     "__instancecheck__", "__subclasscheck__"), "bool"),
    "__bytes__": "bytes", "__float__": "float", "__complex__": "complex",
}  # fmt: skip
"""The special methods whose type the language demands or everyone expects."""
_ANY = {"Any": "typing"}
_EXPECTED: Mapping[str, WrittenType] = {
    **dict.fromkeys(
        ("__iter__", "__reversed__"), WrittenType("Iterator[Any]", {"Iterator": "collections.abc", **_ANY})
    ),
    "__aiter__": WrittenType("AsyncIterator[Any]", {"AsyncIterator": "collections.abc", **_ANY}),
    "__dir__": WrittenType("Iterable[str]", {"Iterable": "collections.abc"}),
    **dict.fromkeys(("__reduce__", "__reduce_ex__"), WrittenType("str | tuple[Any, ...]", _ANY)),
    "__getnewargs__": WrittenType("tuple[Any, ...]", _ANY),
}  # fmt: skip
"""The special methods of which something is known, even where nothing is known of their values."""
_ABSTRACT = {"NotImplementedError", "NotImplemented"}


def inferred(site: ReturnSite, said: Mapping[int, Sequence[str]], module: str) -> WrittenType | None:
    """Return the type of what a function gives back; None if that is not known.

    `said` is what was revealed, by line.
    """
    try:
        if site.yields:
            return _generator(site, said, module)
        demanded = _DEMANDED.get(site.node.name) if site.method else None
        if demanded is not None:
            return _agreed(site, said, module, demanded)
        return _returned(site, said, module)
    except Unwritable:
        return _expected(site)


def _expected(site: ReturnSite) -> WrittenType | None:
    """Return what the language expects of a method that gives back values; None if it expects nothing."""
    plain = site.method and bool(site.values) and not site.falls and not site.yields
    return _EXPECTED.get(site.bare) if plain else None


def _returned(site: ReturnSite, said: Mapping[int, Sequence[str]], module: str) -> WrittenType:
    if not site.values and not site.falls:
        return _never(site)
    parts = [one for value in site.values for one in _value(site, value, said, module)]
    return union_of([*parts, _NONE] if site.falls else parts, partly=True)


def _value(site: ReturnSite, value: ast.expr, said: Mapping[int, Sequence[str]], module: str) -> list[WrittenType]:
    if _is_self(site, value):
        return [WrittenType("Self", {"Self": "typing"})]
    return [one for text in said.get(value.lineno, ()) for one in read_type(text, module)]


def _is_self(site: ReturnSite, value: ast.expr) -> bool:
    name = site.first_parameter
    rebound = any(
        isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Load)
        for one in ast.walk(site.node)
    )
    plain = site.method and not site.node.decorator_list and site.node.name != "__new__"
    return plain and isinstance(value, ast.Name) and value.id == name and not rebound


def _never(site: ReturnSite) -> WrittenType:
    """Return the type of a function that only raises, unless it is there to be overridden."""
    raised = {one.id for node in ast.walk(site.node) if isinstance(node, ast.Raise) for one in ast.walk(node)
              if isinstance(one, ast.Name)}  # fmt: skip
    if site.method or raised & _ABSTRACT:
        raise Unwritable
    return WrittenType("NoReturn", {"NoReturn": "typing"})


def _agreed(site: ReturnSite, said: Mapping[int, Sequence[str]], module: str, demanded: str) -> WrittenType:
    """Return what a special method has to return, unless what is revealed says otherwise."""
    known = {
        one.text for value in site.values for text in said.get(value.lineno, ()) for one in read_type(text, module)
    }
    if (known - {"Any", demanded}) or (not site.values and demanded != "None"):
        raise Unwritable
    return WrittenType(demanded, {})


def _generator(site: ReturnSite, said: Mapping[int, Sequence[str]], module: str) -> WrittenType:
    if site.values:
        raise Unwritable
    parts: dict[str, WrittenType] = {}
    for one in site.yields:
        texts = said.get(one.value.lineno, ()) if one.value is not None else ("None",)
        for given in (each for text in texts for each in read_type(text, module)):
            element = _element(given) if isinstance(one, ast.YieldFrom) else given
            parts[element.text] = element
    any_ = WrittenType("Any", {"Any": "typing"})
    item = any_ if not parts or "Any" in parts else union_of(parts.values())
    name = ("Async" if isinstance(site.node, ast.AsyncFunctionDef) else "") + (
        "Generator" if site.listens else "Iterator"
    )
    more = {"Generator": ", Any, None", "AsyncGenerator": ", Any"}.get(name, "")
    needs = {**item.needs, name: "collections.abc", **(any_.needs if more else {})}
    return WrittenType(f"{name}[{item.text}{more}]", needs)


def _element(iterable: WrittenType) -> WrittenType:
    """Return the type of the elements; it is not known of what has several parameters, or none."""
    head, bracket, rest = iterable.text.partition("[")
    inner = rest[:-1]
    if not bracket or head in {"tuple", "dict", "Generator"} or "," in inner:
        return WrittenType("Any", {"Any": "typing"})
    return WrittenType(inner, {name: place for name, place in iterable.needs.items() if name in inner})
