"""A path in a check stays below the base of its target, however it is spelt."""

import httpx
import pytest

from grace_workers.drivers._shared.http_address import below
from grace_workers.foundation.errors import InputError

BASE = httpx.URL("http://shop.internal:8080/api/health")
OUT = (
    "//evil.example/x",
    "/%2fevil.example/x",
    "/%2F%2Fevil.example",
    "/\\evil.example",
    "/%5cevil.example",
    "/%5C%5Cevil.example",
    "/..",
    "/../admin",
    "/a/../../admin",
    "/./admin",
    "/%2e%2e/admin",
    "/%2E%2e/admin",
    "/.%2e/admin",
    "/%2e/admin",
    "/%252e%252e/admin",
    "/%25252e%25252e/admin",
    "/%252525252525252e%252525252525252e/admin",
    "/a%2f..%2f..%2fadmin",
    "/a%2fb",
    "/a%252fb",
    "/..%2fadmin",
    "/..;/admin",
    "/..;a=b/admin",
    "/%2e%2e;/admin",
    "/a//admin",
    "/..%5cadmin",
    "/..%c0%afadmin",
    "/%c0%ae%c0%ae/admin",
    "/\u2025/admin",
    "/\uff0e\uff0e/admin",
    "/..\uff0fadmin",
    "/a%00b",
    "/a%0d%0aHost:%20evil",
    "/a\r\nHost: evil",
    "/a#b",
    "/.. /admin",
    "/%2e%2e%20/admin",
    "@evil.example/",
    "evil.example",
    "",
    "http://evil.example/",
    "/" + "a" * 3_000,
)
IN = {
    "/": "/api/health/",
    "/ready": "/api/health/ready",
    "/ready?deep=1&path=../x": "/api/health/ready?deep=1&path=../x",
    "/a.b/..c/d..": "/api/health/a.b/..c/d..",
    "/caf%C3%A9": "/api/health/caf%C3%A9",
    "/@evil.example": "/api/health/@evil.example",
    "/a:80": "/api/health/a:80",
    "/50%25": "/api/health/50%25",
}


@pytest.mark.parametrize("path", OUT)
def test_a_path_that_could_lead_out_of_the_service_is_refused(path: str) -> None:
    with pytest.raises(InputError):
        below(BASE, path)


@pytest.mark.parametrize("path", IN)
def test_a_plain_path_is_asked_below_the_service(path: str) -> None:
    found = below(BASE, path)
    assert (found.host, found.port, found.raw_path.decode()) == ("shop.internal", 8080, IN[path])
