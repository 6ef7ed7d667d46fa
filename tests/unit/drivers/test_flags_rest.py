from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import FlagStore
from grace_workers.drivers.flags_rest import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place
from tests.emulated import Emulated, Told
from tests.flag_service import TOKEN, FlagService, flag_service

NEEDS_SERVERS = True


@contextmanager
def shop(folder: Path, **more: Any) -> Iterator[tuple[FlagService, Emulated, FlagStore]]:
    with flag_service("a", "b") as (service, api):
        said = {"url": api.url, "evaluation": api.url, "token": token(folder), "patience": 5, **more}
        role: FlagStore = Place(folder, str).open(DEFINITION, **said)[FlagStore]  # type: ignore[assignment]
        yield service, api, role


def token(folder: Path) -> dict[str, str]:
    file = folder / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    return {"file": str(file)}


@contextmanager
def flag_store(place: Place) -> Iterator[FlagStore]:
    with shop(place.folder) as (_, _, role):
        yield role


@pytest.mark.parametrize("url", ["ftp://x", "x", "http://a b", "http://u@x", "http://x/y?z", "http://x/#", "http://x/"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="url"):
        Place(tmp_path, str).open(DEFINITION, url=url)


def test_a_token_is_not_sent_in_clear_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give an address with https"):
        Place(tmp_path, str).open(DEFINITION, url="http://flags.shop.example", token={"env": "X"})


@pytest.mark.parametrize("key", ["", "..", ".", "a/b", "--help", "a?b", "a%2fb", "{{x}}", "a\n", "x" * 201])
def test_a_hostile_key_is_not_asked_for(tmp_path: Path, key: str) -> None:
    role = Place(tmp_path, str).open(DEFINITION, url="http://127.0.0.1:1")[FlagStore]
    with pytest.raises(NotFoundError, match="a key is letters"):
        role.set_variant(key, "on")


def test_an_api_that_is_not_there_may_be_there_later(tmp_path: Path) -> None:
    role = Place(tmp_path, str).open(DEFINITION, url="http://127.0.0.1:1")[FlagStore]
    with pytest.raises(TransientError, match="the flags' API cannot be reached"):
        role.flags()


@pytest.mark.servers
def test_a_switch_is_done_when_clients_are_served_it(tmp_path: Path) -> None:
    with shop(tmp_path) as (service, _, role):
        service.lags = 2
        assert role.set_variant("a", "off").variant == "off"
        assert service.served["a"] == "off"


@pytest.mark.servers
def test_a_switch_that_clients_are_not_served_is_said(tmp_path: Path) -> None:
    with shop(tmp_path, patience=0.1) as (service, _, role):
        service.lags = 1000
        with pytest.raises(TransientError, match=r"stored as 'off' and was not served so within 0\.1 s"):
            role.set_variant("a", "off")


@pytest.mark.servers
def test_a_flag_that_another_switches_at_the_same_moment_is_left_alone(tmp_path: Path) -> None:
    with shop(tmp_path) as (service, _, role):
        service.between = lambda: service.switch("a", "on")
        with pytest.raises(ConflictError, match="flag 'a': the flags' API answers 412: the flag has changed"):
            role.set_variant("a", "off")
        assert role.flag("a").variant == "on"


@pytest.mark.servers
def test_an_api_without_versions_is_only_read(tmp_path: Path) -> None:
    with shop(tmp_path) as (service, api, role):
        service.etags = False
        with pytest.raises(PermanentError, match="comes without an ETag"):
            role.set_variant("a", "off")
        assert {one.method for one in api.asked} == {"GET"}


@pytest.mark.servers
@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(409, ConflictError, "409"), (403, PermanentError, "allow it to Grace's login"), (503, TransientError, "503")],
)
def test_what_the_api_refuses_is_said_in_our_words(tmp_path: Path, status: int, error: Any, words: str) -> None:
    with shop(tmp_path) as (_, api, role):
        api.refused = Told(status)
        with pytest.raises(error, match=words):
            role.set_variant("a", "off")
        assert role.flag("a").variant == "on"


@pytest.mark.servers
def test_a_throttled_call_may_be_made_again_after_the_time_that_is_told(tmp_path: Path) -> None:
    with shop(tmp_path) as (_, api, role):
        api.throttled = 1
        with pytest.raises(TransientError, match="429") as caught:
            role.flags()
        assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.servers
def test_an_unknown_token_is_said_and_not_shown(tmp_path: Path) -> None:
    with (
        shop(tmp_path, token={"env": "GRACE_TEST_FLAGS_TOKEN"}) as (_, _, role),
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setenv("GRACE_TEST_FLAGS_TOKEN", "hunter2")
        with pytest.raises(PermanentError, match="401: unknown token; correct the login") as caught:
            role.flags()
        assert "hunter2" not in str(caught.value)
