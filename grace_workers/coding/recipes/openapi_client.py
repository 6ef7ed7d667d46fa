"""`openapi_client`: a client of an API by its OpenAPI document, one method for each operation."""

from typing import Annotated

from pydantic import StringConstraints

from grace_workers.coding.engines.recipe.insertion import module_name
from grace_workers.coding.engines.recipe.openapi import Api, ApiOperation, Argument, read_api
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""{title}: one method for each operation of its OpenAPI document."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx


class ApiError(Exception):
    """The API answered with an error; `status` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the API answered {{status}}: {{text}}")
        self.status = status


class ApiClient:
    """A session with the API at `url`. Raises ApiError, or what httpx raises where there is no answer."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=url, headers=headers, timeout=seconds, transport=transport)

    def __enter__(self) -> "ApiClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session."""
        self._http.close()
{methods}
    def _ask(self, method: str, path: str, query: Mapping[str, Any], body: Any = None) -> Any:
        given = {{name: value for name, value in query.items() if value is not None}}
        answer = self._http.request(method, path, params=given, json=body)
        if answer.is_error:
            raise ApiError(answer.status_code, answer.text[:500])
        if "json" in answer.headers.get("content-type", ""):
            return answer.json()
        return answer.text or None


def _part(value: object) -> str:
    """Return a value as one part of a path."""
    return quote(str(value), safe="")
'''
_METHOD = '''
    def {name}(self{parameters}) -> Any:
        """{about}"""
        return self._ask("{method}", f"{path}", {{{query}}}{body})
'''
_TESTS = """import json

import httpx
import pytest

from {client} import ApiClient, ApiError, _part

CALLS = [
{calls}
]


def asked(answer):
    seen = []

    def handle(request):
        seen.append(request)
        return answer

    return ApiClient("https://api.example/v1", transport=httpx.MockTransport(handle)), seen


@pytest.mark.parametrize(("name", "arguments", "options", "method", "path", "query", "body"), CALLS)
def test_each_operation_asks_as_the_document_says(name, arguments, options, method, path, query, body):
    client, seen = asked(httpx.Response(200, json={{"is": "told"}}))
    assert getattr(client, name)(*arguments, **options) == {{"is": "told"}}
    assert [(one.method, one.url.path, dict(one.url.params)) for one in seen] == [(method, f"/v1{{path}}", query)]
    assert (json.loads(seen[0].content) if seen[0].content else None) == body


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_error_is_raised_with_its_status(status):
    client, _ = asked(httpx.Response(status, text="not here"))
    name, arguments, options = CALLS[0][:3]
    with pytest.raises(ApiError, match="not here") as raised:
        getattr(client, name)(*arguments, **options)
    assert raised.value.status == status


@pytest.mark.parametrize(("answer", "result"), [(httpx.Response(204), None), (httpx.Response(200, text="x"), "x")])
def test_an_answer_may_be_empty_or_text(answer, result):
    client, _ = asked(answer)
    name, arguments, options = CALLS[0][:3]
    assert getattr(client, name)(*arguments, **options) == result


def test_a_value_cannot_leave_its_part_of_the_path():
    assert _part("../a b?c#d") == "..%2Fa%20b%3Fc%23d"
"""
_VALUES = {"str": ("'seven'", "seven"), "int": ("7", "7"), "float": ("0.5", "0.5"), "bool": ("True", "true")}
"""What the tests pass for a type, and how it is sent."""
_FOLDERS = r"([A-Za-z0-9_.-]+/)*"


class OpenApiOptions(Document):
    """`document` is the API's description in JSON, and `file` the new module, both from the root of the repository."""

    document: Annotated[str, StringConstraints(pattern=rf"^{_FOLDERS}[A-Za-z0-9_.-]+\.json$", max_length=300)]
    file: Annotated[str, StringConstraints(pattern=r"^([A-Za-z_]\w*/)*[a-z_][a-z0-9_]*\.py$", max_length=300)]


def _write(options: OpenApiOptions, site: Site) -> RecipeFiles | Reason:
    if options.document not in site.names:
        return Reason(ReasonCode.NOT_FOUND, f"There is no file {options.document}.")
    if options.file in site.names or is_protected(options.file):
        return Reason(ReasonCode.COLLISION, f"{options.file} is there already, or is a test's; name another one.")
    api = read_api(site.read(options.document))
    if isinstance(api, str):
        return Reason(ReasonCode.UNREADABLE, f"{options.document} cannot be used: {api}.")
    if not api.operations:
        words = "; ".join(api.left_out[:3]) or "it describes none"
        return Reason(ReasonCode.UNSUPPORTED, f"{options.document} has no operation that can be offered: {words}.")
    client, stem = module_name(options.file), options.file.rpartition("/")[2].removesuffix(".py")
    methods = "".join(_method(one) for one in api.operations)
    calls = "\n".join(_call(one) for one in api.operations)
    return RecipeFiles(
        new={options.file: _CODE.format(title=api.title or "An API", methods=methods)},
        tests={site.test_file(stem): _TESTS.format(client=client, calls=calls)},
        subject=f"Call the API of {options.document} by {options.file}",
        story=_story(api, options),
    )


def _story(api: Api, options: OpenApiOptions) -> tuple[str, ...]:
    left = f"left out: {'; '.join(api.left_out[:10])}" if api.left_out else "no operation is left out"
    return (
        f"{options.file} has a method for each of {len(api.operations)} operations of {options.document}",
        left,
        "answers and bodies are JSON without a type; no request was sent to the API",
    )


def _method(one: ApiOperation) -> str:
    path = one.path
    for argument in one.places:
        path = path.replace(f"{{{argument.known}}}", f"{{_part({argument.name})}}")
    parameters = [f"{argument.name}: {argument.kind}" for argument in one.places]
    parameters += {None: [], True: ["body: Any"], False: ["body: Any = None"]}[one.body]
    needed = [f"{argument.name}: {argument.kind}" for argument, must in one.query if must]
    free = [f"{argument.name}: {argument.kind} | None = None" for argument, must in one.query if not must]
    parameters += ["*", *needed, *free] if needed or free else []
    return _METHOD.format(
        name=one.name, parameters="".join(f", {each}" for each in parameters), about=f"{one.about.rstrip('.')}.",
        method=one.method, path=path, body="" if one.body is None else ", body",
        query=", ".join(f"{argument.known!r}: {argument.name}" for argument, _ in one.query),
    )  # fmt: skip


def _call(one: ApiOperation) -> str:
    """Return a row of the tests: a call of the method, and the request that it makes."""
    path = one.path
    for argument in one.places:
        path = path.replace(f"{{{argument.known}}}", _sent(argument))
    arguments = [_VALUES[argument.kind][0] for argument in one.places]
    arguments += [] if one.body is None else ["{'a': 1}"]
    options = ", ".join(f"{argument.name!r}: {_VALUES[argument.kind][0]}" for argument, _ in one.query)
    query = ", ".join(f"{argument.known!r}: {_sent(argument)!r}" for argument, _ in one.query)
    body = None if one.body is None else "{'a': 1}"
    return (
        f"    ({one.name!r}, [{', '.join(arguments)}], {{{options}}}, {one.method!r}, {path!r}, {{{query}}}, {body}),"
    )


def _sent(argument: Argument) -> str:
    return _VALUES[argument.kind][1]


DEFINITION = Recipe(
    name="openapi_client",
    about="a client of an API by its OpenAPI document",
    task=TaskType.INTEGRATE,
    options=OpenApiOptions,
    write=_write,
)
