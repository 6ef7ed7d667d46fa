"""The data folder is found like all settings find it, whatever else is wrong with their file."""

from pathlib import Path

import pytest

from grace_workers.foundation.config_file import data_dir
from grace_workers.foundation.errors import InputError
from grace_workers.settings import load_settings

SOUND = {
    "": ".grace",
    "role: whole\n": ".grace",
    "data_dir: data\n": "data",
    "environment: test\ndata_dir: deep/data  # where it is\n": "deep/data",
    "'data_dir': \"a data folder\"\n": "a data folder",
    '"data_dir" : data\n': "data",
    "{environment: test, data_dir: data}\n": "data",
    "environment: >\n  data_dir: other\n": ".grace",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    for name in ("GRACE_CONFIG", "GRACE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", SOUND)
def test_it_is_where_the_settings_say(place: Path, text: str) -> None:
    (place / "grace.yaml").write_text(text, encoding="utf-8")
    assert data_dir(None) == place / SOUND[text] == load_settings().data_dir


@pytest.mark.parametrize("wrong", ["targetz: 3\n", "api: {port: many}\n", "targets: [\n", "\tx\n", "a: b: c\n"])
def test_what_is_wrong_elsewhere_in_the_file_does_not_matter(place: Path, wrong: str) -> None:
    (place / "grace.yaml").write_text(f"data_dir: data\n{wrong}", encoding="utf-8")
    with pytest.raises(InputError):
        load_settings()
    assert data_dir(None) == place / "data"


def test_a_file_elsewhere_and_the_environment_name_it_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "etc").mkdir()
    config = place / "etc" / "fleet.yaml"
    config.write_text("data_dir: data\n", encoding="utf-8")
    assert data_dir(config) == place / "etc" / "data" == load_settings(config).data_dir
    monkeypatch.setenv("GRACE_CONFIG", str(config))
    assert data_dir(None) == place / "etc" / "data" == load_settings().data_dir
    monkeypatch.setenv("GRACE_DATA_DIR", "own")
    assert data_dir(None) == place / "own" == load_settings().data_dir


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("data_dir: [\n", "its row `data_dir` is not YAML; write `data_dir: FOLDER`"),
        ("data_dir: [a]\n", "`data_dir` is not the path of a folder; write `data_dir: FOLDER`"),
        ("data_dir: ''\n", "`data_dir` is not the path of a folder"),
    ],
)
def test_a_row_that_names_no_folder_is_refused(place: Path, text: str, told: str) -> None:
    (place / "grace.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        data_dir(None)
    assert told in str(refused.value)


def test_a_file_that_is_named_must_be_there(place: Path) -> None:
    with pytest.raises(InputError, match=r"settings file missing\.yaml"):
        data_dir(Path("missing.yaml"))


def test_a_file_that_others_may_change_is_refused(place: Path) -> None:
    config = place / "grace.yaml"
    config.write_text("data_dir: data\n", encoding="utf-8")
    config.chmod(0o666)
    with pytest.raises(InputError, match="chmod go-w"):
        data_dir(None)
