"""Copies of parts of the repository, for tests that follow a page and so change files."""

import shutil
from pathlib import Path

_ROOT = Path(__file__).parent.parent


def copied(folder: Path, *names: str) -> None:
    """Copy these folders of the repository into `folder`, with its settings.

    Compiled modules come along, which saves compiling all of them again; one that another process is writing does not.
    """
    for name in names:
        shutil.copytree(_ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc.*"))
    shutil.copy(_ROOT / "pyproject.toml", folder)
