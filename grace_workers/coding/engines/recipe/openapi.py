"""What an OpenAPI document offers, in names that Python can have. Nothing in the document is trusted."""

import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grace_workers.coding.foreign_text import read_json

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_PATH = re.compile(r"(/([A-Za-z0-9._~-]|\{[A-Za-z0-9_.-]+\})*)+")
_TAKEN = ("self", "body", "close")
_MOST, _LONGEST = 300, 90


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter: its name in the document, its name in Python, and its type."""

    known: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """A method of the client. `body` is None if it sends none, otherwise whether it must."""

    name: str
    about: str
    method: str
    path: str
    places: tuple[Argument, ...]
    query: tuple[tuple[Argument, bool], ...]
    body: bool | None


@dataclass(frozen=True, slots=True)
class Api:
    """The operations of a document, and those that are left out, with the reason."""

    title: str
    operations: Sequence[ApiOperation]
    left_out: Sequence[str]


def read_api(content: bytes) -> Api | str:
    """Return what a document in JSON offers, or what is wrong with it."""
    try:
        document = read_json(content)
    except ValueError:
        return "it is no JSON"
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        return "it is no document of OpenAPI 3"
    found: list[ApiOperation] = []
    left_out: list[str] = []
    names = set(_TAKEN)
    for method, path, described, shared in _described(document):
        made = _operation(document, method, path, described, shared)
        if isinstance(made, str):
            left_out.append(f"{method.upper()} {_plain(path)} ({made})")
        elif len(found) == _MOST:
            left_out.append(f"{method.upper()} {_plain(path)} (a client has at most {_MOST} operations)")
        else:
            found.append(_named(made, names))
    return Api(_plain(_object(document.get("info")).get("title", "API")), found, left_out)


def identifier(text: str) -> str:
    """Return a name that Python can have, in small letters with underscores."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")[:60] or "value"
    return f"_{name}" if name[0].isdigit() else f"{name}_" if keyword.iskeyword(name) else name


def _described(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any], Any]]:
    for path, item in _object(document.get("paths")).items():
        for method in _METHODS:
            described = _object(item).get(method)
            if isinstance(described, dict):
                yield method, path, described, _object(item).get("parameters")


def _operation(
    document: Mapping[str, Any], method: str, path: str, described: Mapping[str, Any], shared: Any
) -> ApiOperation | str:
    if _PATH.fullmatch(path) is None:
        return "its path has other signs than letters, digits and ._~-"
    given = {}
    for one in [*_list(shared), *_list(described.get("parameters"))]:
        known = _resolved(document, one)
        given[str(known.get("in")), str(known.get("name"))] = known
    if any(place in {"header", "cookie"} and one.get("required") for (place, _), one in given.items()):
        return "it needs a header or a cookie"
    body = _resolved(document, described.get("requestBody"))
    if body and "application/json" not in _object(body.get("content")):
        return "its body is not JSON"
    places = tuple(_argument(given.get(("path", name), {}), name) for name in re.findall(r"\{([^}]+)\}", path))
    query = tuple((_argument(one, name), bool(one.get("required")))
                  for (place, name), one in given.items() if place == "query")  # fmt: skip
    names = [one.name for one in (*places, *(argument for argument, _ in query))]
    if len({*names, *_TAKEN}) < len(names) + len(_TAKEN):
        return "two of its parameters have one name in Python"
    about = _plain(described.get("summary") or f"{method.upper()} {path}")
    called = identifier(str(described.get("operationId") or f"{method} {path}"))
    return ApiOperation(
        called, about, method.upper(), path, places, query, bool(body.get("required")) if body else None
    )


def _named(made: ApiOperation, names: set[str]) -> ApiOperation:
    """Return the operation with a name that no other has."""
    name, number = made.name, 2
    while name in names:
        name, number = f"{made.name}_{number}", number + 1
    names.add(name)
    return ApiOperation(name, made.about, made.method, made.path, made.places, made.query, made.body)


def _argument(described: Mapping[str, Any], name: str) -> Argument:
    kind = _object(described.get("schema")).get("type")
    return Argument(name, identifier(name), _TYPES.get(kind, "str") if isinstance(kind, str) else "str")


def _resolved(document: Mapping[str, Any], given: Any) -> Mapping[str, Any]:
    """Return an object of the document, or the one that it refers to, in the same document."""
    found = _object(given)
    target = found.get("$ref")
    if not isinstance(target, str) or not target.startswith("#/"):
        return found
    at: Any = document
    for step in target[2:].split("/"):
        at = _object(at).get(step.replace("~1", "/").replace("~0", "~"))
    return _object(at)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _plain(text: object) -> str:
    """Return one line without signs that end a docstring."""
    return re.sub(r"[^\w .,:;()/{}<>=+-]+", " ", " ".join(str(text).split())).strip()[:_LONGEST]
