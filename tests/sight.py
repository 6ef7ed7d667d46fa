"""Tests of what needs to see every process of the machine."""

import pytest

from grace_workers.drivers.files.locks import sees_every_process


def need_every_process() -> None:
    """Skip the test in a container."""
    if not sees_every_process():
        pytest.skip("in a container, where it cannot be seen who holds a lock")
