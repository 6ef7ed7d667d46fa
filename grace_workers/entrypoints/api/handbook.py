"""The page at `/docs`: the API's own description as one plain page. It loads nothing from other hosts.

The framework's usual page takes its scripts from a public host, so it stays empty without a network.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

_METHODS = ("get", "post", "put", "patch", "delete")
_PLAIN = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path, as the page shows it. `example` is a body as JSON, empty if there is none."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Mapping[str, Any], ...]
    example: str
    answers: tuple[tuple[str, str], ...]
    open: bool


def page(document: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    groups: dict[str, list[Operation]] = {}
    for tag, operation in _operations(document):
        groups.setdefault(tag, []).append(operation)
    about = [_plain(part) for part in document["info"].get("description", "").strip().split("\n\n")]
    return _template("handbook.html").render(info=document["info"], about=about, groups=groups)


def _plain(text: str) -> str:
    """Return text without the marks of Markdown that this product's descriptions use."""
    return text.replace("`", "").replace("*", "")


@cache
def style() -> str:
    """Return the page's style sheet."""
    return _text("handbook.css")


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    schemas = document.get("components", {}).get("schemas", {})
    for path, methods in document["paths"].items():
        for method in (one for one in _METHODS if one in methods):
            said = methods[method]
            operation = Operation(
                anchor=said["operationId"],
                method=method.upper(),
                path=path,
                summary=said.get("summary", ""),
                description=_plain(said.get("description", "")),
                parameters=tuple(said.get("parameters", ())),
                example=_example(said.get("requestBody", {}), schemas),
                answers=tuple((code, answer.get("description", "")) for code, answer in said["responses"].items()),
                open="security" not in said,
            )
            yield next(iter(said.get("tags", ())), _PLAIN), operation


def _example(body: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    content: Mapping[str, Any] = next(iter(body.get("content", {}).values()), {})
    schema = content.get("schema", {})
    named = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2], {})
    given = content.get("example") or next(iter((*schema.get("examples", ()), *named.get("examples", ()))), None)
    return "" if given is None else json.dumps(given, indent=2, ensure_ascii=False)


@cache
def _template(name: str) -> Template:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(_text(name))


def _text(name: str) -> str:
    return (files("grace_workers.entrypoints.api") / name).read_text(encoding="utf-8")
