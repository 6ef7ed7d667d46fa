"""The tests of an endpoint: what the function gets, what it answers, and which requests it refuses."""

import builtins
from collections.abc import Sequence

from grace_workers.coding.engines.recipe.insertion import module_name
from grace_workers.coding.engines.recipe.signature import PlainParameter
from grace_workers.coding.engines.recipe.web_application import WebApplication
from grace_workers.coding.engines.recipe.web_endpoint import WebEndpoint
from grace_workers.coding.engines.recipe.web_habits import RoutePlace

_HEAD = '''import pytest
{client_import}
import {routes} as routes
from {module} import {made}

PATH = "{path}"
VALUES = {values}


def asked(values):
    """Return the status and the content of the answer to a request with these values."""
    client = {client}
    rest = {{name: value for name, value in values.items() if f"{{{{{{name}}}}}}" not in PATH}}
{sending}
    return answer.status_code, {content}


@pytest.fixture
def calls(monkeypatch):
    """Let the endpoint call something that keeps what it gets."""
    seen = []

    {is_async}def instead(*args, **kwargs):
        seen.append([*args, *kwargs.values()])
        return {{"result": "made"}}

    monkeypatch.setattr(routes, "{function}", instead)
    return seen


def test_the_function_gets_what_the_request_says(calls):
    assert asked(VALUES) == (200, {{"result": "made"}})
    assert calls == [list(VALUES.values())]
'''
_DEFAULTS = """

def test_what_is_left_out_has_its_default(calls):
    assert asked({required})[0] == 200
    assert calls == [{defaults}]
"""
_MISSING = """

@pytest.mark.parametrize("name", {names})
def test_a_request_without_a_value_is_refused(calls, name):
    assert asked({{one: value for one, value in VALUES.items() if one != name}})[0] in (400, 422)
    assert calls == []
"""
_WRONG = """

@pytest.mark.parametrize("name", {names})
def test_a_value_of_another_type_is_refused(calls, name):
    assert asked({{**VALUES, name: "wrong"}})[0] in (400, 404, 422)
    assert calls == []
"""
_REFUSED = """

@pytest.mark.parametrize(("error", "status"), [{pairs}])
def test_an_error_of_the_function_has_its_status(monkeypatch, error, status):
    {is_async}def refuses(*args, **kwargs):
        raise error("there is no such thing")

    monkeypatch.setattr(routes, "{function}", refuses)
    answered, content = asked(VALUES)
    assert answered == status
    assert "there is no such thing" in str(content)
"""
_VALUES = {"str": "seven", "int": 7, "float": 0.5, "bool": True}


def endpoint_tests(endpoint: WebEndpoint, app: WebApplication, place: RoutePlace, path: str) -> str:
    """Return the test file of an endpoint at a path, in pytest."""
    is_flask, given = app.framework.name == "Flask", endpoint.given
    by = ("json" if endpoint.takes_body else "query_string" if is_flask else "params") if given else None
    made = f"{app.made}()" if app.factory else app.made
    method = (
        f'PATH.format(**values), method="{endpoint.method}"'
        if is_flask
        else f'"{endpoint.method}", PATH.format(**values)'
    )
    sent = f"answer = client.{'open' if is_flask else 'request'}({method}{f', {by}=rest' if by else ''})"
    spelled = ["rest = {name: str(value).lower() for name, value in rest.items()}"]
    facts = {
        "client_import": "" if is_flask else "from fastapi.testclient import TestClient\n",
        "routes": module_name(place.file), "module": module_name(app.home.file), "made": app.made, "path": path,
        "values": repr({one.name: _VALUES[one.kind] for one in endpoint.parameters}),
        "client": f"{made}.test_client()" if is_flask else f"TestClient({made}, raise_server_exceptions=False)",
        "sending": "\n".join(f"    {row}" for row in (*(spelled if by not in {"json", None} else []), sent)),
        "content": "answer.get_json(silent=True)" if is_flask else "answer.json()",
        "is_async": "async " if endpoint.waits else "", "function": endpoint.function,
    }  # fmt: skip
    return _HEAD.format(**facts) + "".join(_further(endpoint, facts))


def _further(endpoint: WebEndpoint, facts: dict[str, str]) -> Sequence[str]:
    """Return the tests that only some endpoints need."""
    made: list[str] = []
    needed = [one for one in endpoint.parameters if one.default is None or one.name in endpoint.in_path]
    if len(needed) < len(endpoint.parameters):
        required = repr({one.name: _VALUES[one.kind] for one in needed})
        made.append(_DEFAULTS.format(required=required, defaults=_defaults(endpoint.parameters, needed)))
    missing = [one.name for one in needed if one.name not in endpoint.in_path]
    if missing:
        made.append(_MISSING.format(names=missing))
    typed = [one.name for one in endpoint.parameters if one.kind != "str"]
    if typed:
        made.append(_WRONG.format(names=typed))
    if endpoint.refusals:
        pairs = ", ".join(
            f"({name if hasattr(builtins, name) else f'routes.{name}'}, {status})"
            for name, status in endpoint.refusals.items()
        )
        made.append(_REFUSED.format(pairs=pairs, **facts))
    return made


def _defaults(parameters: Sequence[PlainParameter], needed: Sequence[PlainParameter]) -> str:
    values = [repr(_VALUES[one.kind]) if one in needed else str(one.default) for one in parameters]
    return f"[{', '.join(values)}]"
