"""Which secrets a node trusts, and that none of its messages shows one."""

import secrets

import pytest

from grace_workers.fleet import SecretFacts, attest, weakness


def facts(**others) -> SecretFacts:
    values = {"name": "database password", "where": "GRACE_DATABASE__URL", "mend": "choose another", "present": True}
    return SecretFacts(**{**values, **others})


@pytest.mark.parametrize(
    "value",
    [
        "password",
        "Password123!",
        "P@ssw0rd2024",
        "postgres",
        "changeme",
        "redis-redis",
        "secretsecret",
        "123456789012",
        "",
    ],
)
def test_a_default_is_recognised_in_its_disguises(value) -> None:
    assert "default" in str(weakness(value))


def test_the_name_of_the_user_is_no_secret() -> None:
    assert "default" in str(weakness("billing_2024", user="billing"))
    assert weakness("billing_2024x") is None


@pytest.mark.parametrize(
    ("value", "why"),
    [("k9$Xw2", "shorter"), ("ababababababab", "different"), ("abcdefghijklmnop", "neighbouring")],
)
def test_a_weak_secret_is_reported_with_its_reason(value, why) -> None:
    assert why in str(weakness(value))


def test_what_we_make_ourselves_is_strong() -> None:
    assert all(weakness(secrets.token_urlsafe(24)) is None for _ in range(200))
    assert all(weakness(secrets.token_hex(16)) is None for _ in range(200))


def test_good_secrets_have_no_fault() -> None:
    assert attest([facts(), facts(mode=0o600), facts(present=False, optional=True)]) == []


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (facts(present=False), "is missing in GRACE_DATABASE__URL"),
        (facts(weak=weakness("postgres")), "is a default"),
        (facts(mode=0o640), "is open to others (mode 0640)"),
        (facts(mode=0o604), "is open to others (mode 0604)"),
        (facts(unreadable="Permission denied"), "cannot be read: Permission denied"),
    ],
)
def test_a_fault_says_which_secret_why_and_the_remedy(one, why) -> None:
    (fault,) = attest([one])
    assert str(fault).startswith("database password ")
    assert why in str(fault)
    assert str(fault).endswith("; choose another")


def test_nothing_that_is_said_shows_the_secret() -> None:
    said = [str(fault) for value in ("hunter2", "postgres") for fault in attest([facts(weak=weakness(value))])]
    assert len(said) == 2
    assert not any("hunter2" in text or "'postgres'" in text for text in said)
