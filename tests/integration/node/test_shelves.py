"""What a process reads once and keeps: catalogs, causes and playbooks."""

import pytest

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import cause_shelf, playbook_shelf
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.settings import Settings
from grace_workers.settings.shipped import shipped


def settings_with(tmp_path, text):
    folder = tmp_path / "playbooks"
    folder.mkdir(exist_ok=True)
    (folder / "mine.yaml").write_text(text)
    return Settings(data_dir=tmp_path / "data", playbooks=[folder])


@pytest.fixture
def whole() -> str:
    """One of the shipped playbooks, under another name."""
    return (shipped("playbooks") / "restart_dead_service.yaml").read_text().replace("restart_dead_service", "mine")


def test_the_same_folders_are_read_once(tmp_path, whole):
    settings = settings_with(tmp_path, whole)
    assert cause_shelf(settings, catalogs()) is cause_shelf(settings, catalogs())
    assert playbook_shelf(settings, catalogs()) is playbook_shelf(settings, catalogs())
    assert "mine" in playbook_shelf(settings, catalogs()).current()


def test_a_later_fault_is_reported_until_it_is_fixed(tmp_path, whole):
    settings = settings_with(tmp_path, whole)
    kept = playbook_shelf(settings, catalogs())
    settings_with(tmp_path, whole + "\nno_such_key: 1\n")
    with pytest.raises(SourceError, match="no_such_key"):
        playbook_shelf(settings, catalogs())
    assert "mine" in kept.current()
    settings_with(tmp_path, whole)
    assert playbook_shelf(settings, catalogs()) is kept
