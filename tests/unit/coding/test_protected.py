"""Which files no patch may touch."""

import pytest

from grace_workers.coding.protected import is_protected


@pytest.mark.parametrize(
    "file",
    [
        "tests/x.py", "a/test/b.py", "test_a.py", "a/tests_b.py", "a_test.py", "conftest.py", "setup.cfg",
        "a/pyproject.toml", "x.pth", ".git/hooks/a", "sitecustomize.py",
    ],
)  # fmt: skip
def test_tests_and_what_configures_them_are_protected(file):
    assert is_protected(file)


@pytest.mark.parametrize("file", ["a.py", "src/testing.py", "contest.py", "latest/a.py", "setup.py"])
def test_other_files_are_not_protected(file):
    assert not is_protected(file)
