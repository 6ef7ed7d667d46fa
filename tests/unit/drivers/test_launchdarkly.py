from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, FlagStore
from grace_workers.drivers.launchdarkly import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place
from tests.emulated import Emulated, Told
from tests.launchdarkly_service import LaunchDarkly, connection, launchdarkly

NEEDS_SERVERS = True
NOWHERE = {"project": "shop", "environment": "production", "url": "http://127.0.0.1:1", "token": {"env": "X"}}


@contextmanager
def shop(folder: Path, *keys: str, **more: Any) -> Iterator[tuple[LaunchDarkly, Emulated, FlagStore]]:
    with launchdarkly(*(keys or ("a", "b"))) as (service, api):
        role: FlagStore = Place(folder, str).open(DEFINITION, **connection(api, folder, **more))[FlagStore]  # type: ignore[assignment]
        yield service, api, role


@contextmanager
def flag_store(place: Place) -> Iterator[FlagStore]:
    with shop(place.folder) as (_, _, role):
        yield role


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with launchdarkly() as (_, api):
        yield lambda: place.open(DEFINITION, **connection(api, place.folder))[EnvironmentProof]


@pytest.mark.parametrize("key", ["", "..", ".", "a/b", "--help", "a?b", "a%2fb", "{{x}}", "a\n", "x" * 300])
def test_a_hostile_key_is_not_asked_for(tmp_path: Path, key: str) -> None:
    role: FlagStore = Place(tmp_path, str).open(DEFINITION, **NOWHERE)[FlagStore]  # type: ignore[assignment]
    with pytest.raises(NotFoundError, match="a key is letters"):
        role.set_variant(key, "on")


def test_secrets_are_not_sent_in_clear_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the token would be sent over http"):
        Place(tmp_path, str).open(DEFINITION, **{**NOWHERE, "url": "http://ld.example"})
    relay = {"url": "http://relay.example", "sdk_key": {"env": "X"}}
    with pytest.raises(InputError, match="the SDK key would be sent over http"):
        Place(tmp_path, str).open(DEFINITION, **NOWHERE, relay=relay)


@pytest.mark.servers
def test_a_switch_is_done_when_the_relay_serves_it(tmp_path: Path) -> None:
    with shop(tmp_path) as (service, _, role):
        service.lags = 2
        assert role.set_variant("a", "off").variant == "off"
        assert (service.served["a"], service.place("a")["version"]) == (1, 8)


@pytest.mark.servers
def test_a_switch_that_the_relay_does_not_serve_is_said(tmp_path: Path) -> None:
    with shop(tmp_path, patience=0.1) as (service, _, role):
        service.lags = 1000
        with pytest.raises(TransientError, match=r"stored as 'off' and was not served so within 0\.1 s"):
            role.set_variant("a", "off")


@pytest.mark.servers
def test_a_flag_that_another_switches_at_the_same_moment_is_left_alone(tmp_path: Path) -> None:
    with shop(tmp_path) as (service, _, role):
        service.between = lambda: service.switch("a", 0)
        with pytest.raises(ConflictError, match="flag 'a': LaunchDarkly answers 409: optimistic_locking_error"):
            role.set_variant("a", "off")
        assert role.flag("a").variant == "on"


@pytest.mark.servers
def test_rollouts_are_left_to_people_and_rules_and_switched_off_flags_are_told(tmp_path: Path) -> None:
    with shop(tmp_path, "a", "b", "c", "d") as (service, api, role):
        service.place("a")["fallthrough"] = {"rollout": {"variations": [{"variation": 0, "weight": 100000}]}}
        service.place("b")["rules"] = [{"variation": 1}]
        service.place("c")["on"] = False
        assert {one.key: (one.enabled, one.targeted) for one in role.flags()} == {
            "b": (True, True),
            "c": (False, False),
            "d": (True, False),
        }
        with pytest.raises(PermanentError, match="flag 'a' has no single default in 'production'"):
            role.set_variant("a", "off")
        assert {one.method for one in api.asked} == {"GET"}


@pytest.mark.servers
def test_all_pages_of_a_long_list_are_read(tmp_path: Path) -> None:
    with shop(tmp_path, *(f"flag-{number:03}" for number in range(120))) as (_, api, role):
        assert len(role.flags()) == 120
        assert [one.query["offset"] for one in api.asked] == ["0", "50", "100"]


@pytest.mark.servers
def test_variations_without_names_have_their_values_and_equal_ones_their_ids(tmp_path: Path) -> None:
    with shop(tmp_path) as (service, _, role):
        for one in service.flags["a"]["variations"]:
            del one["name"]
        for one in service.flags["b"]["variations"]:
            one["name"] = "same"
        assert [role.flag(key).variants for key in "ab"] == [("true", "false"), ("v0", "v1")]


@pytest.mark.servers
@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(409, ConflictError, "409"), (403, PermanentError, "allow it to Grace's login"), (503, TransientError, "503")],
)
def test_what_is_refused_is_said_in_our_words(tmp_path: Path, status: int, error: Any, words: str) -> None:
    with shop(tmp_path) as (_, api, role):
        api.refused = Told(status)
        with pytest.raises(error, match=words):
            role.set_variant("a", "off")
        assert role.flag("a").variant == "on"
        api.throttled = 1
        with pytest.raises(TransientError, match="429") as caught:
            role.flags()
        assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.servers
def test_an_unknown_token_is_said_and_not_shown(tmp_path: Path) -> None:
    with (
        shop(tmp_path, token={"env": "GRACE_TEST_LD"}) as (_, _, role),
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setenv("GRACE_TEST_LD", "hunter3")
        with pytest.raises(PermanentError, match=r"401: unauthorized .*; correct the login") as caught:
            role.flags()
        assert "hunter3" not in str(caught.value)
