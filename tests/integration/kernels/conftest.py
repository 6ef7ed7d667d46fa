"""One scene for all tests of this folder: each repairs what it broke."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.kernels.scene import NAMES, Scene


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """A node's processes, all up."""
    folder = Path(tempfile.mkdtemp(prefix="grace-kernels-"))
    made = Scene(folder)
    try:
        made.prepare()
        made.start(*NAMES)
        yield made
    finally:
        made.close()
