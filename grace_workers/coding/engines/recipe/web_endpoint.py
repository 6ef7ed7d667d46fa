"""The text of a function that answers requests by calling another one, for FastAPI and for Flask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grace_workers.coding.engines.recipe.signature import PlainParameter

_BODY = {"POST", "PUT", "PATCH"}
_FLASK_KINDS = {"str": "str", "int": "int", "float": "float", "bool": '{"true": True, "false": False}.get'}
_CLASSES = {"str": "str", "int": "int", "float": "int | float", "bool": "bool"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebEndpoint:
    """What answers: its name and decorator, the function that it calls, and where each value comes from.

    `refusals` are errors of the function with the status that answers them.
    """

    name: str
    decorator: str
    function: str
    about: str
    method: str
    parameters: Sequence[PlainParameter]
    in_path: frozenset[str]
    refusals: Mapping[str, int]
    waits: bool = False

    @property
    def takes_body(self) -> bool:
        """Whether values come in the body."""
        return self.method in _BODY

    @property
    def given(self) -> Sequence[PlainParameter]:
        """The values that are not in the path."""
        return [one for one in self.parameters if one.name not in self.in_path]

    @property
    def call(self) -> str:
        """The call of the function."""
        passed = ", ".join(one.passed for one in self.parameters)
        return f"{'await ' if self.waits else ''}{self.function}({passed})"


def fastapi_endpoint(endpoint: WebEndpoint) -> tuple[str, Sequence[str]]:
    """Return the function, and the imports that it needs."""
    ordered = sorted(endpoint.parameters, key=lambda one: one.default is not None)
    parameters = ", ".join(_fastapi_parameter(endpoint, one) for one in ordered)
    body = [f"    return {endpoint.call}"]
    if endpoint.refusals:
        body = ["    try:", f"        return {endpoint.call}"]
    for error, status in endpoint.refusals.items():
        body += [f"    except {error} as error:", f"        raise HTTPException({status}, str(error)) from error"]
    rows = [
        endpoint.decorator,
        f"{'async ' if endpoint.waits else ''}def {endpoint.name}({parameters}) -> Any:",
        f"    {endpoint.about}",
        *body,
    ]
    in_body = endpoint.takes_body and endpoint.given
    return "\n".join(rows) + "\n", [
        *(["from typing import Annotated"] if in_body else []),
        "from typing import Any",
        *(["from fastapi import Body"] if in_body else []),
        *(["from fastapi import HTTPException"] if endpoint.refusals else []),
    ]


def flask_endpoint(endpoint: WebEndpoint) -> tuple[str, Sequence[str]]:
    """Return the function, and the imports that it needs."""
    places = ", ".join(f"{one.name}: {one.kind}" for one in endpoint.parameters if one.name in endpoint.in_path)
    values: list[str] = []
    if endpoint.given and endpoint.takes_body:
        values += [
            "    given = request.get_json(silent=True)",
            "    if not isinstance(given, dict):",
            '        return {"error": "the body must be a JSON object"}, 400',
        ]
    for one in endpoint.given:
        values += _from_body(one) if endpoint.takes_body else _from_query(one)
    body = [f"    return jsonify({endpoint.call})"]
    if endpoint.refusals:
        body = ["    try:", f"        return jsonify({endpoint.call})"]
    for error, status in endpoint.refusals.items():
        body += [f"    except {error} as error:", f'        return {{"error": str(error)}}, {status}']
    rows = [endpoint.decorator, f"def {endpoint.name}({places}) -> Any:", f"    {endpoint.about}", *values, *body]
    return "\n".join(rows) + "\n", [
        "from typing import Any",
        "from flask import jsonify",
        *(["from flask import request"] if endpoint.given else []),
    ]


def _fastapi_parameter(endpoint: WebEndpoint, one: PlainParameter) -> str:
    kind = f"{one.kind} | None" if one.default == "None" else one.kind
    if endpoint.takes_body and one.name not in endpoint.in_path:
        kind = f"Annotated[{kind}, Body(embed=True)]"
    return f"{one.name}: {kind}" + ("" if one.default is None else f" = {one.default}")


def _from_query(one: PlainParameter) -> list[str]:
    wrong = [f'        return {{"error": "{one.name} must be {_told(one)}"}}, 400']
    read = f'request.args.get("{one.name}", type={_FLASK_KINDS[one.kind]})'
    if one.default is None:
        return [f"    {one.name} = {read}", f"    if {one.name} is None:", *wrong]
    return [
        f'    {one.name} = {read} if "{one.name}" in request.args else {one.default}',
        f'    if {one.name} is None and "{one.name}" in request.args:',
        *wrong,
    ]


def _from_body(one: PlainParameter) -> list[str]:
    default = "" if one.default in {None, "None"} else f", {one.default}"
    odd = f"not isinstance({one.name}, {_CLASSES[one.kind]})"
    if one.kind in {"int", "float"}:
        odd = f"{odd} or isinstance({one.name}, bool)"
    if one.default == "None":
        odd = f"{one.name} is not None and ({odd})"
    return [
        f'    {one.name} = given.get("{one.name}"{default})',
        f"    if {odd}:",
        f'        return {{"error": "{one.name} must be {_told(one)}"}}, 400',
    ]


def _told(one: PlainParameter) -> str:
    return {"str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false"}[one.kind]
