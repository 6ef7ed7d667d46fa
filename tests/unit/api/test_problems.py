"""Who may come again is told so by a status that its kind of sender heeds."""

from http import HTTPStatus

import pytest
from starlette.requests import Request

from grace_workers.entrypoints.api.problems import not_now


@pytest.mark.parametrize("status", [HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS])
@pytest.mark.parametrize(
    ("path", "heeded"),
    [
        ("/api/v1/signals", None),
        ("/elite/healing/task", None),
        ("/api/v1/signals/alertmanager", HTTPStatus.SERVICE_UNAVAILABLE),
        ("/api/v1/signals/alertmanager/api/v2/alerts", HTTPStatus.SERVICE_UNAVAILABLE),
    ],
)
def test_a_sender_that_gives_up_at_4xx_is_never_told_it(
    path: str, heeded: HTTPStatus | None, status: HTTPStatus
) -> None:
    request = Request({"type": "http", "method": "POST", "path": path, "headers": [], "server": ("grace", 80)})
    refusal = not_now(request, status, "come again", {"Retry-After": "5"})
    assert refusal.status is (heeded or status)
    assert refusal.headers == {"Retry-After": "5"}
