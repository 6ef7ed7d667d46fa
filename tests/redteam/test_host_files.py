"""A user of the host cannot give a node a file that others may write."""

import shutil
from pathlib import Path

import pytest

from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import given_objection
from grace_workers.governance import load_policy
from grace_workers.settings import load_settings
from tests.redteam.strangers import CHANGES


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_data_directory_in_which_others_could_leave_things_is_refused(tmp_path: Path, mode) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "planted").touch()
    data.chmod(mode)
    with pytest.raises(InputError, match="could have put anything into it"):
        ServerFolder(data, "a test").hold()


def given_file(path: Path) -> Path:
    path.write_text("data_dir: x\n" if path.name == "grace.yaml" else "version: 1\n")
    return path


@pytest.mark.parametrize(("name", "read"), [("grace.yaml", load_settings), ("policy.yaml", load_policy)])
@pytest.mark.parametrize("change", ["writable by all", "writable by the group", "a stranger's"])
def test_settings_and_policy_that_others_may_write_are_refused(tmp_path: Path, name, read, change) -> None:
    path = given_file(tmp_path / name)
    read(path)
    CHANGES[change](path)
    with pytest.raises(InputError, match=r"(can be changed by others|belongs to uid 65534).*chmod go-w"):
        read(path)


@pytest.mark.parametrize(("name", "read"), [("grace.yaml", load_settings), ("policy.yaml", load_policy)])
def test_settings_and_policy_in_a_folder_that_others_may_write_are_refused(tmp_path: Path, name, read) -> None:
    path = given_file(tmp_path / name)
    tmp_path.chmod(0o777)
    with pytest.raises(InputError, match=r"lies in .* which can be changed by others \(mode 0777\)"):
        read(path)
    elsewhere = tmp_path / "closed"
    elsewhere.mkdir(mode=0o755)
    path.rename(elsewhere / name)
    path.symlink_to(elsewhere / name)
    with pytest.raises(InputError, match="lies in"):
        read(path)


@pytest.mark.parametrize("what", ["folder", "file"])
def test_playbooks_that_others_may_write_are_refused(tmp_path: Path, what) -> None:
    from grace_workers.bootstrap.catalogs import catalogs
    from grace_workers.foundation.yaml_file import SourceError
    from grace_workers.playbooks import load_directories
    from grace_workers.settings import shipped

    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(next(shipped("playbooks").glob("*.yaml")), folder)
    known = catalogs()
    load_directories([folder], known.primitives, known.checks)
    (folder if what == "folder" else next(folder.iterdir())).chmod(0o777)
    with pytest.raises(SourceError, match=r"can be changed by others \(mode 0777\)"):
        load_directories([folder], known.primitives, known.checks)


@pytest.mark.parametrize("path", ["open/team", "open/team/grace.yaml", "open/team/deep/grace.yaml"])
def test_what_lies_below_a_folder_in_which_anyone_can_rename_is_not_believed(tmp_path: Path, path) -> None:
    (tmp_path / "open" / "team" / "deep").mkdir(parents=True)
    given = tmp_path / path
    given.touch()
    assert given_objection(given) is None
    (tmp_path / "open").chmod(0o777)
    assert f"{tmp_path / 'open'}, which can be changed by others (mode 0777)" in str(given_objection(given))
