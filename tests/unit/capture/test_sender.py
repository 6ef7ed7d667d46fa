import pytest

from grace_workers.entrypoints.capture import GraceHandler, Sender
from grace_workers.foundation.errors import InputError


@pytest.mark.parametrize("url", ["", "grace", "ftp://grace", "http://", "/api"])
def test_a_url_that_leads_nowhere_is_refused_at_once(url: str) -> None:
    with pytest.raises(InputError, match="http://host:port"):
        Sender(url)


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "émile"])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(InputError, match="token") as refused:
        GraceHandler("http://grace:8000", token=token)
    assert token not in str(refused.value)


def test_nothing_is_started_before_the_first_event() -> None:
    assert Sender("http://grace:8000").ident is None
