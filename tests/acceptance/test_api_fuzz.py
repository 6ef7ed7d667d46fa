"""Whatever is sent to any path of the published document, the answer is documented, and never an internal error."""

import json
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grace_workers.governance import Role
from tests.acceptance.api_world import api_world

pytestmark = pytest.mark.servers

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
PIECE = st.text(min_size=1, max_size=20) | st.sampled_from(
    ["018f0000-0000-7000-8000-000000000000", "..", "%2e", "kill"]
)


@pytest.fixture
def world(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path) as found:
        yield found


def operations(document):
    """Every verb of every path, except the stream, whose good answer has no end."""
    return [
        (verb.upper(), path)
        for path, verbs in document["paths"].items()
        for verb, told in verbs.items()
        if "text/event-stream" not in str(told["responses"])
    ]


def body_of(schemas, draw):
    """A body with some of the right keys, so that it gets past the first checks."""
    schema = draw(st.sampled_from(schemas))
    keys = draw(st.lists(st.sampled_from(list(schema["properties"])), unique=True)) if schema.get("properties") else []
    return {key: draw(JSON) for key in keys} | draw(st.dictionaries(st.text(max_size=8), JSON, max_size=2))


@contextmanager
def told(what):
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from error


@pytest.mark.fleet
def test_no_request_makes_the_api_fail(world):
    document = world.client.get("/openapi.json").json()
    schemas = [schema for schema in document["components"]["schemas"].values() if schema.get("type") == "object"]

    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def send(data):
        method, path = data.draw(st.sampled_from(operations(document)))
        while "{" in path:
            before, _, rest = path.partition("{")
            path = before + quote(data.draw(PIECE), safe="") + rest.partition("}")[2]
        query = {
            "limit": data.draw(st.none() | st.text(max_size=6)),
            "state": data.draw(st.none() | st.text(max_size=6)),
        }
        query = {key: value for key, value in query.items() if value is not None}
        raw = data.draw(st.binary(max_size=40) | st.just(None))
        content = raw if raw is not None else json.dumps(body_of(schemas, data.draw)).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": data.draw(st.sampled_from(["a", "a b", "b" * 300])),
        }
        sent = {"content": content} if method == "POST" else {}
        response = world.ask(method, path, Role.ADMIN, headers=headers, params=query, **sent)
        with told(f"{method} {path} {content!r} -> {response.text}"):
            assert response.status_code < 500 or response.status_code in {501, 503}
            if response.status_code >= 400 and not path.endswith("readyz"):
                assert response.headers["content-type"] == "application/problem+json"
                assert response.json()["detail"]

    send()
