import base64

import pytest

from grace_workers.signals.basic_credential import basic_credential


@pytest.mark.parametrize(
    ("pair", "token"), [(b"token:grace_1", "grace_1"), (b"grace_1:", "grace_1"), (b"grace_1", "grace_1"), (b":", None)]
)
def test_the_token_is_the_password_or_else_the_users_name(pair: bytes, token: str | None) -> None:
    given = {"authorization": "Basic " + base64.b64encode(pair).decode()}
    assert basic_credential(given, {"token": "other"}) == token


@pytest.mark.parametrize("given", ["Basic", "Basic !!!", "Basic " + "QQ==" * 1000, "Basic /w=="])
def test_a_broken_header_is_no_token(given: str) -> None:
    assert basic_credential({"authorization": given}, {}) is None


def test_the_query_may_hold_it() -> None:
    assert basic_credential({}, {"token": "grace_1"}) == "grace_1"
