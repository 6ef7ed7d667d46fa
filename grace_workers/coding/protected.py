"""Files that no patch may touch: tests, their configuration, and what Python runs automatically."""

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_FOLDERS = {"test", "tests", ".git"}
_NAMES = (
    "test_*.py", "tests_*.py", "*_test.py", "conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml",
    "sitecustomize.py", "usercustomize.py", "*.pth",
)  # fmt: skip


def is_protected(file: str) -> bool:
    """Return whether the file, relative to the repository's root, is one that no patch may touch."""
    path = PurePosixPath(file)
    return bool(_FOLDERS & set(path.parts[:-1])) or any(fnmatchcase(path.name, name) for name in _NAMES)
