"""Files of a copy that foreign code may have changed."""

import os

import pytest

from grace_workers.coding.copy_file import read_file, remove_file, write_file
from grace_workers.foundation.errors import PermanentError


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "test_cart.py").write_text("precious", encoding="utf-8")
    return folder


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


def test_a_file_is_written_read_and_removed(tree):
    write_file(tree, "tests/unit/test_cart.py", b"x = 1\n")
    assert read_file(tree, "tests/unit/test_cart.py") == b"x = 1\n"
    remove_file(tree, "tests/unit/test_cart.py")
    remove_file(tree, "tests/unit/test_cart.py")
    assert list((tree / "tests" / "unit").iterdir()) == []


def test_a_file_that_is_replaced_keeps_its_permissions(tree):
    (tree / "run.py").write_bytes(b"old")
    (tree / "run.py").chmod(0o755)
    write_file(tree, "run.py", b"new")
    assert ((tree / "run.py").read_bytes(), (tree / "run.py").stat().st_mode & 0o777) == (b"new", 0o755)


def test_a_folder_that_is_a_link_leads_nowhere(tree, outside):
    (tree / "tests").symlink_to(outside)
    with pytest.raises(PermanentError, match="cannot be written"):
        write_file(tree, "tests/test_cart.py", b"evil")
    with pytest.raises(PermanentError, match="cannot be removed"):
        remove_file(tree, "tests/test_cart.py")
    with pytest.raises(OSError):
        read_file(tree, "tests/test_cart.py")
    assert [one.read_text(encoding="utf-8") for one in outside.iterdir()] == ["precious"]


def test_a_link_in_the_place_of_a_file_is_replaced_and_never_followed(tree, outside):
    (tree / "cart.py").symlink_to(outside / "test_cart.py")
    with pytest.raises(OSError):
        read_file(tree, "cart.py")
    write_file(tree, "cart.py", b"x = 1\n")
    assert not (tree / "cart.py").is_symlink()
    assert (outside / "test_cart.py").read_text(encoding="utf-8") == "precious"


def test_a_pipe_and_a_device_hold_no_one_up(tree):
    os.mkfifo(tree / "cart.py")
    (tree / "zero.py").symlink_to("/dev/zero")
    for name in ("cart.py", "zero.py"):
        with pytest.raises(OSError):
            read_file(tree, name)
    write_file(tree, "cart.py", b"x = 1\n")
    assert read_file(tree, "cart.py") == b"x = 1\n"


@pytest.mark.parametrize("name", ["../out.py", "a/../../out.py", "/out.py"])
def test_a_name_that_leads_out_is_refused(tree, name):
    with pytest.raises(PermanentError):
        write_file(tree, name, b"evil")
