"""A request to retry uses a status that its kind of sender obeys."""

from http import HTTPStatus
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from grace_workers.entrypoints.api.problems import not_now


@pytest.mark.parametrize("status", [HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS])
@pytest.mark.parametrize(
    ("params", "heeded"),
    [
        ({}, None),
        ({"name": "alertmanager"}, None),
        ({"source": "plain"}, None),
        ({"source": "alertmanager"}, HTTPStatus.SERVICE_UNAVAILABLE),
        ({"source": "alertmanager", "below": "api/v2/alerts"}, HTTPStatus.SERVICE_UNAVAILABLE),
    ],
)
def test_a_sender_that_gives_up_at_4xx_is_never_told_it(
    params: dict[str, str], heeded: HTTPStatus | None, status: HTTPStatus
) -> None:
    app = SimpleNamespace(state=SimpleNamespace(heed_only_5xx={"alertmanager"}))
    request = Request({"type": "http", "method": "POST", "path_params": params, "headers": [], "app": app})
    refusal = not_now(request, status, "come again", {"Retry-After": "5"})
    assert refusal.status is (heeded or status)
    assert refusal.headers == {"Retry-After": "5"}
