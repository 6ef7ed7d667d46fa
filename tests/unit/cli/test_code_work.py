import pytest

from grace_workers.entrypoints.cli.code_work import lies_in, options_of
from grace_workers.foundation.errors import InputError


@pytest.fixture
def repo(tmp_path):
    (tmp_path / "repo").mkdir()
    (tmp_path / "outside.yaml").write_text("model: {}\n")
    return tmp_path / "repo"


def test_settings_that_the_author_of_the_code_chose_are_told_from_ours(repo):
    settings = repo / "grace.yaml"
    assert not lies_in(settings, repo)
    settings.symlink_to(repo.parent / "outside.yaml")
    assert lies_in(settings, repo)
    settings.unlink()
    settings.write_text("model: {}\n")
    assert lies_in(settings, repo)


def test_settings_elsewhere_are_followed_unless_they_are_a_link_into_the_repository(repo):
    assert not lies_in(repo.parent / "outside.yaml", repo)
    (repo / "grace.yaml").write_text("model: {}\n")
    (repo.parent / "grace.yaml").symlink_to(repo / "grace.yaml")
    assert lies_in(repo.parent / "grace.yaml", repo)


def test_an_option_is_a_text_unless_it_reads_as_json():
    words = ["name=till", "path=/a/{b}", "rows=3", "open=true", 'errors=["OSError"]', 'values={"unit": "d"}']
    assert options_of(words) == {
        "name": "till", "path": "/a/{b}", "rows": 3, "open": True, "errors": ["OSError"], "values": {"unit": "d"}
    }  # fmt: skip


@pytest.mark.parametrize(("word", "says"), [("name", "is not NAME=VALUE"), ("values={", "write it as values=")])
def test_an_option_that_cannot_be_read_says_how_to_write_it(word, says):
    with pytest.raises(InputError, match=says):
        options_of([word])
