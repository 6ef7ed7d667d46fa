"""Signing in at a real provider, a process of its own: what it says is believed only as far as it proves it."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from grace_workers.adapters.oidc.provider import OidcProvider
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.orchestration.sign_in import SignInAttempt, begin
from grace_workers.settings import SignInSettings
from tests.oidc_provider import SECRET, RunningProvider, provider

HOME = "https://grace.example.com"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningProvider]:
    with provider() as found:
        yield found


@pytest.fixture
def known(running: RunningProvider) -> OidcProvider:
    return OidcProvider(SignInSettings(**running.settings(HOME)))


def code_of(address: str, person: str = "anna") -> str:
    """Be the browser in which that person signs in; return the code that it brings back."""
    sent = httpx.get(f"{address}&person={person}").headers["location"]
    assert sent.startswith(f"{HOME}/dashboard/sign-in/back?")
    return parse_qs(urlsplit(sent).query)["code"][0]


def came(known: OidcProvider, person: str = "anna") -> tuple[str, SignInAttempt]:
    attempt = begin()
    return code_of(known.address(attempt), person), attempt


def test_the_browser_is_sent_with_a_state_a_nonce_and_the_digest_of_the_verifier(known):
    attempt = begin()
    sent = {name: values[0] for name, values in parse_qs(urlsplit(known.address(attempt)).query).items()}
    assert sent["state"] == attempt.state
    assert sent["nonce"] == attempt.nonce
    assert (sent["code_challenge_method"], sent["redirect_uri"]) == ("S256", f"{HOME}/dashboard/sign-in/back")
    assert attempt.verifier not in str(sent)
    assert attempt.verifier not in repr(attempt)


def test_who_came_back_is_who_the_signed_token_says(known):
    found = known.identity(*came(known))
    assert (found.subject, found.name) == ("u-1", "Anna.Meier@example.com")
    assert found.values == {"staff", "sre", "grace-admins"}
    assert known.identity(*came(known, "dora")).values == {"viewers"}


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ("nonce", "it answers another sign-in"),
        ("audience", "it was made for another client"),
        ("audiences", "it was made for another client"),
        ("issuer", "it was made by another issuer"),
        ("expired", "it has expired"),
        ("no expiry", "it lacks the claim exp"),
        ("no subject", "it names no subject"),
        ("unsigned", "its signature or a claim is not valid"),
        ("shared secret", "its signature or a claim is not valid"),
        ("foreign key", "its signature or a claim is not valid"),
        ("other kind of key", "its signature or a claim is not valid"),
        ("changed", "its signature or a claim is not valid"),
        ("unknown key", "a key that it does not publish"),
    ],
)
def test_a_token_that_proves_nothing_is_refused_with_the_reason(running, known, lie, told):
    code, attempt = came(known)
    with running.lying(lie), pytest.raises(InputError, match=told):
        known.identity(code, attempt)


def test_a_code_is_good_once_and_only_with_the_verifier_of_its_own_attempt(known):
    code, attempt = came(known)
    stolen = replace(attempt, verifier=begin().verifier)
    with pytest.raises(InputError, match=r"refuses the code: invalid_grant; sign in again$"):
        known.identity(code, stolen)
    code, attempt = came(known)
    known.identity(code, attempt)
    with pytest.raises(InputError, match="refuses the code"):
        known.identity(code, attempt)


def test_keys_that_the_provider_changed_are_read_again_but_not_for_every_token(running):
    now = [0.0]
    known = OidcProvider(SignInSettings(**running.settings(HOME)), clock=lambda: now[0])
    known.identity(*came(known))
    with running.lying("rotated"):
        # The provider goes on with its new key, as any does.
        now[0] = 4.9
        with pytest.raises(InputError, match="does not publish"):
            known.identity(*came(known))
        now[0] = 5.1
        assert known.identity(*came(known)).subject == "u-1"


def test_keys_are_read_again_after_ten_minutes_so_that_one_that_was_withdrawn_counts_no_more(running):
    now = [0.0]
    known = OidcProvider(SignInSettings(**running.settings(HOME)), clock=lambda: now[0])
    known.identity(*came(known))
    with running.lying("withdrawn key"):
        now[0] = 599
        known.identity(*came(known))
        now[0] = 601
        with pytest.raises(PermanentError, match="publishes no keys that can be used"):
            known.identity(*came(known))


def test_the_token_says_how_it_is_signed_where_the_key_does_not(running, known):
    with running.lying("longer digest"):
        assert known.identity(*came(known)).subject == "u-1"


def test_a_client_that_the_provider_does_not_know_is_a_fault_of_the_settings_and_names_no_secret(running):
    wrong = OidcProvider(SignInSettings(**running.settings(HOME, client_secret="another-secret")))
    with pytest.raises(
        PermanentError, match=r"refuses this client: invalid_client; correct `sign_in\.client_id`"
    ) as told:
        wrong.identity(*came(wrong))
    assert "another-secret" not in str(told.value)
    assert SECRET not in repr(SignInSettings(**running.settings(HOME)))


def test_a_provider_that_calls_itself_otherwise_is_not_asked(running):
    with running.lying("other name"), pytest.raises(PermanentError, match=r"calls itself 'https://someone.else'"):
        OidcProvider(SignInSettings(**running.settings(HOME))).address(begin())


def test_a_provider_that_is_down_or_not_there_is_asked_again_later(running, known):
    code, attempt = came(known)
    with running.lying("down"), pytest.raises(TransientError, match="answers 503; try again"):
        known.identity(code, attempt)
    absent = SignInSettings(**running.settings(HOME, issuer="http://127.0.0.1:9"))
    with pytest.raises(TransientError, match="does not answer: ConnectError"):
        OidcProvider(absent).address(begin())


def test_claims_are_found_by_their_whole_name_or_by_their_parts(running):
    nested = SignInSettings(**running.settings(HOME, role_claim="realm_access.roles", name_claim="sub"))
    found = OidcProvider(nested)
    identity = found.identity(*came(found))
    assert (identity.name, identity.values) == ("u-1", frozenset())
