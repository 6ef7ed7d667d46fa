import os

import pytest

from grace_workers.foundation.shelf import Shelf
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.playbooks import load_directories
from tests.unit.playbooks.kit import CHECKS, PRIMITIVES, TEXT


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mend_it.yaml").write_text(TEXT)
    return tmp_path


def shelf_of(folder, fresh_for=0.0, **beside):
    return Shelf([folder], lambda: load_directories([folder], PRIMITIVES, CHECKS), fresh_for=fresh_for, **beside)


def test_an_edit_takes_effect_at_once(folder):
    shelf = shelf_of(folder)
    before = shelf.current()
    (folder / "mend_it.yaml").write_text(TEXT.replace("version: 1", "version: 12"))
    after = shelf.current()
    assert (before["mend_it"].version, after["mend_it"].version) == (1, 12)
    assert before.digest != after.digest


def test_the_files_are_not_looked_at_again_while_the_content_is_fresh(folder):
    shelf = shelf_of(folder, fresh_for=3600)
    (folder / "mend_it.yaml").write_text(TEXT.replace("version: 1", "version: 12"))
    assert shelf.current()["mend_it"].version == 1
    shelf.refresh()
    assert shelf.current()["mend_it"].version == 12


def test_whether_a_shelf_is_whole_is_seen_however_fresh_it_is(folder):
    shelf = shelf_of(folder, fresh_for=3600)
    (folder / "mend_it.yaml").write_text("[")
    with pytest.raises(SourceError):
        shelf.whole()


def test_an_unchanged_folder_is_not_read_again(folder):
    shelf = shelf_of(folder)
    assert shelf.current() is shelf.current()


def test_a_file_that_took_the_place_of_another_is_seen(folder):
    shelf = shelf_of(folder)
    status = (folder / "mend_it.yaml").stat()
    (folder / "new").write_text(TEXT.replace("version: 1", "version: 2"))
    os.utime(folder / "new", ns=(status.st_atime_ns, status.st_mtime_ns))
    (folder / "new").replace(folder / "mend_it.yaml")
    assert shelf.current()["mend_it"].version == 2


def test_a_broken_edit_keeps_the_last_good_library_and_says_why(folder):
    shelf = shelf_of(folder)
    good = shelf.current()
    (folder / "mend_it.yaml").write_text(TEXT.replace("primitive: mend", "primitive: reboot"))
    assert shelf.current() is good
    assert "unknown primitive 'reboot'" in str(shelf.faults[0])
    (folder / "mend_it.yaml").write_text(TEXT)
    assert shelf.current()["mend_it"] == good["mend_it"]
    assert shelf.faults == ()


def test_a_folder_that_vanishes_is_a_fault_and_changes_nothing(folder):
    shelf = shelf_of(folder)
    good = shelf.current()
    (folder / "mend_it.yaml").rename(folder.parent / "kept.yaml")
    folder.rename(folder.parent / "elsewhere")
    assert shelf.current() is good
    assert "cannot be read" in shelf.faults[0].message


def test_a_link_to_nowhere_does_not_stop_the_reloading(folder):
    shelf = shelf_of(folder)
    (folder / "lost.yaml").symlink_to(folder / "nowhere")
    shelf.current()
    assert "is not a regular file" in shelf.faults[0].message
    (folder / "lost.yaml").unlink()
    (folder / "mend_it.yaml").write_text(TEXT.replace("version: 1", "version: 3"))
    assert shelf.current()["mend_it"].version == 3


def test_a_shelf_does_not_begin_with_a_fault(folder):
    (folder / "x.yaml").write_text("[")
    with pytest.raises(SourceError):
        shelf_of(folder)


def test_a_change_next_to_the_folder_reloads_it(folder):
    digests = iter(["a", "a", "b"])
    shelf = shelf_of(folder, beside=lambda: next(digests))
    first = shelf.current()
    assert shelf.current() is not first
