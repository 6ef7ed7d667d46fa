"""The settings of an identity provider: what does not fit together is said at once."""

import pytest
from pydantic import ValidationError

from grace_workers.settings import SignInSettings

WHOLE = {
    "issuer": "https://tenant.example.com/",
    "client_id": "grace",
    "address": "https://grace.example.com",
    "roles": {"sre": "approver"},
}


def test_an_issuer_keeps_the_slash_at_its_end():
    assert SignInSettings(**WHOLE).issuer == "https://tenant.example.com/"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"roles": {}}, "without `roles`"),
        ({"address": None}, "without `address`"),
        ({"client_id": None}, "without `client_id`"),
        ({"scopes": ["profile"]}, "lacks `openid`"),
        ({"issuer": "http://id.example.com"}, "over http on another machine"),
        ({"roles": {"sre": "reporter"}}, "viewer"),
        ({"session": 0}, "greater than or equal to 1 minute"),
        ({"group_claim": "groups"}, "Extra inputs"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(change, told):
    with pytest.raises(ValidationError, match=told):
        SignInSettings(**{**WHOLE, **change})
