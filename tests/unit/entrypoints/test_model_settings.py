"""What the settings of a language model refuse, and that its key is a secret like the others."""

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.settings import load_settings

KEY = "sk-live-5f3a9c2e7b1d4f60"


@pytest.fixture(autouse=True)
def _away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRACE_MODEL__NAME", "small")


def test_no_model_is_asked_by_default():
    assert load_settings().model.url is None


def test_the_key_comes_from_a_file_and_is_not_shown(tmp_path, monkeypatch):
    (tmp_path / "key").write_text(f"{KEY}\n")
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("GRACE_MODEL__URL", "https://api.example.org/v1")
    monkeypatch.setenv("GRACE_MODEL__KEY_FILE", str(tmp_path / "key"))
    settings = load_settings()
    assert settings.model.key.get_secret_value() == KEY
    assert KEY not in repr(settings)


def test_an_address_without_a_model_is_refused(monkeypatch):
    monkeypatch.delenv("GRACE_MODEL__NAME")
    monkeypatch.setenv("GRACE_MODEL__URL", "https://api.example.org/v1")
    with pytest.raises(InputError, match="`url` is given without `name`"):
        load_settings()


@pytest.mark.parametrize(
    "url", ["http://api.example.org/v1", "http://127.0.0.1.example.org", "http://10.0.0.7:8000/v1"]
)
def test_a_key_is_not_sent_in_clear_text_to_another_machine(monkeypatch, url):
    monkeypatch.setenv("GRACE_MODEL__URL", url)
    assert load_settings().model.url == url
    monkeypatch.setenv("GRACE_MODEL__KEY", KEY)
    with pytest.raises(InputError, match="over http to another machine") as error:
        load_settings()
    assert KEY not in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/v1", "http://localhost:11434/v1", "http://[::1]:8000/v1"])
def test_a_key_may_be_sent_to_this_machine(monkeypatch, url):
    monkeypatch.setenv("GRACE_MODEL__URL", url)
    monkeypatch.setenv("GRACE_MODEL__KEY", KEY)
    assert load_settings().model.key.get_secret_value() == KEY


@pytest.mark.parametrize(
    "url", ["api.example.org", "ftp://a/b", "https://u:w@a/v1", "https://a/v1/", "https://a/v1?x=1"]
)
def test_what_is_no_address_is_refused(monkeypatch, url):
    monkeypatch.setenv("GRACE_MODEL__URL", url)
    with pytest.raises(InputError, match="model"):
        load_settings()
