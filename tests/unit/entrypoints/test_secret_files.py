"""A secret in a separate file, as containers get it: read, put into its URL, and never shown."""

import pytest

from grace_workers.fleet import attest
from grace_workers.foundation.errors import InputError
from grace_workers.settings import Settings, load_settings, secret_facts

WORD = "p@ss/w:rd?"


@pytest.fixture(autouse=True)
def _away(tmp_path, monkeypatch):
    """No grace.yaml in the working directory."""
    monkeypatch.chdir(tmp_path)


def test_a_password_from_a_file_is_put_into_the_url_that_holds_none(tmp_path, monkeypatch):
    (tmp_path / "word").write_text(f"{WORD}\n")
    monkeypatch.setenv("GRACE_DATABASE__PASSWORD_FILE", str(tmp_path / "word"))
    monkeypatch.setenv("GRACE_BROKER__PASSWORD_FILE", str(tmp_path / "word"))
    monkeypatch.setenv("GRACE_DATABASE__URL", "postgresql://grace@db:5432/grace?sslmode=require")
    monkeypatch.setenv("GRACE_BROKER__URL", "rediss://cache:6379/0")
    settings = load_settings()
    quoted = "p%40ss%2Fw%3Ard%3F"
    assert settings.database.url.get_secret_value() == f"postgresql://grace:{quoted}@db:5432/grace?sslmode=require"
    assert settings.broker.url.get_secret_value() == f"rediss://:{quoted}@cache:6379/0"
    assert quoted not in repr(settings)


def test_a_url_that_holds_its_password_keeps_it(monkeypatch):
    monkeypatch.setenv("GRACE_DATABASE__URL", "postgresql://grace:own@db/grace")
    monkeypatch.setenv("GRACE_DATABASE__PASSWORD", WORD)
    assert load_settings().database.url.get_secret_value() == "postgresql://grace:own@db/grace"


def test_a_whole_url_may_lie_in_a_file(tmp_path, monkeypatch):
    (tmp_path / "url").write_text("postgresql://grace:own@db/grace\n")
    monkeypatch.setenv("GRACE_DATABASE__URL_FILE", str(tmp_path / "url"))
    assert load_settings().database.url.get_secret_value() == "postgresql://grace:own@db/grace"


def test_settings_that_only_end_in_file_are_no_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("GRACE_AUDIT__ANCHOR_FILE", str(tmp_path / "anchor"))
    assert load_settings().audit.anchor_file == tmp_path / "anchor"


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read: No such file"), ("\n", "is empty"), (b"\xff\xfe", "it is not text")]
)
def test_a_secret_file_that_gives_nothing_is_named(content, why, tmp_path, monkeypatch):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv("GRACE_API__ADMIN_TOKEN_FILE", str(path))
    with pytest.raises(InputError, match=f"GRACE_API__ADMIN_TOKEN_FILE names {path}, which.*{why}"):
        load_settings()


def test_a_secret_given_twice_is_refused(tmp_path, monkeypatch):
    (tmp_path / "auth").write_text("operator:word")
    monkeypatch.setenv("GRACE_FLOWER__AUTH", "operator:other")
    monkeypatch.setenv("GRACE_FLOWER__AUTH_FILE", str(tmp_path / "auth"))
    with pytest.raises(InputError, match="GRACE_FLOWER__AUTH and GRACE_FLOWER__AUTH_FILE are both set"):
        load_settings()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"GRACE_FLOWER__HOST": "0.0.0.0"}, "is reachable from other machines"),
        ({"GRACE_FLOWER__AUTH": "only-a-word"}, "user:password"),
    ],
)
def test_flower_is_not_opened_without_a_password(settings, why, monkeypatch):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=why):
        load_settings()


def test_what_people_chose_for_the_two_faces_is_attested_too():
    servers = {"url": "postgresql://grace@127.0.0.1/x"}, {"url": "redis://127.0.0.1/0"}
    chosen = {"flower": {"auth": "operator:operator"}, "api": {"admin_token": "grace_" + "a" * 60}}
    settings = Settings(database=servers[0], broker=servers[1], **chosen)
    faults = {one.name: one.why for one in attest(secret_facts(settings))}
    assert "in GRACE_FLOWER__AUTH is a default" in faults["Flower's password"]
    assert "different characters" in faults["the API's admin token"]


@pytest.mark.parametrize(
    ("written", "mode", "faults"),
    [
        (f"database: {{password: '{WORD}'}}\n", 0o644, ["a secret"]),
        (f"database: {{password: '{WORD}'}}\n", 0o600, []),
        ("environment: test\n", 0o644, []),
    ],
)
def test_a_settings_file_that_holds_a_secret_is_closed_to_others(written, mode, faults, tmp_path, monkeypatch):
    monkeypatch.setenv("GRACE_DATABASE__URL", "postgresql://grace@127.0.0.1/x")
    monkeypatch.setenv("GRACE_BROKER__URL", "redis://127.0.0.1/0")
    path = tmp_path / "grace.yaml"
    path.write_text(written)
    path.chmod(mode)
    found = attest(secret_facts(load_settings(path)))
    assert [one.name for one in found if "password" not in one.name] == faults


@pytest.mark.parametrize(("mode", "faults"), [(0o644, ["the secret of GRACE_DATABASE__PASSWORD_FILE"]), (0o600, [])])
def test_a_file_that_holds_nothing_but_a_secret_is_closed_to_others(mode, faults, tmp_path, monkeypatch):
    path = tmp_path / "password"
    path.write_text(WORD)
    path.chmod(mode)
    monkeypatch.setenv("GRACE_DATABASE__URL", "postgresql://grace@127.0.0.1/x")
    monkeypatch.setenv("GRACE_DATABASE__PASSWORD_FILE", str(path))
    monkeypatch.setenv("GRACE_BROKER__URL", "redis://127.0.0.1/0")
    found = attest(secret_facts(load_settings()))
    assert [one.name for one in found if "_FILE" in one.name] == faults
