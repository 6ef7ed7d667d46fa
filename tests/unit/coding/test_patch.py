"""Edits keep what they do not touch, and the diff is one that Git applies."""

import subprocess

import pytest

from grace_workers.coding.patch import Edit, diff_of, edited


def test_edits_are_made_whatever_their_order():
    edits = [Edit(1, 0, 1, 1, "b"), Edit(2, 0, 2, 1, "y\nz")]
    assert edited(b"a\nx\n", edits) == edited(b"a\nx\n", edits[::-1]) == b"b\ny\nz\n"


def test_columns_count_bytes():
    assert edited("ü = 1\n".encode(), [Edit(1, 5, 1, 6, "2")]) == "ü = 2\n".encode()


def test_line_endings_stay_as_they_are():
    assert edited(b"a\r\nb\r\n", [Edit(2, 0, 2, 1, "c\nd")]) == b"a\r\nc\r\nd\r\n"


def test_no_change_is_no_diff():
    assert diff_of("a.py", b"x\n", b"x\n") == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n"),
        (b"a\nb", b"a\nc"),
        (b"a\nb", b"a\nb\n"),
        (b"a\r\nb\r\n", b"a\r\nc\r\nd\r\n"),
        (b"1\n" * 30 + b"x\n" + b"2\n" * 30 + b"y\n", b"1\n" * 30 + b"X\n" + b"2\n" * 30 + b"Y\nz\n"),
    ],
)
def test_git_applies_the_diff(before, after, tmp_path):
    (tmp_path / "a.py").write_bytes(before)
    diff = diff_of("a.py", before, after)
    subprocess.run(["git", "apply", "--unidiff-zero", "-"], cwd=tmp_path, input=diff.encode(), check=True)
    assert (tmp_path / "a.py").read_bytes() == after
