"""A whole node started with an open umask: none of it is open to the other users of the host."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.acceptance.fleet import NodeProcess

pytestmark = [pytest.mark.redteam, pytest.mark.servers, pytest.mark.nodes]


@pytest.fixture(scope="module")
def careless_node() -> Iterator[NodeProcess]:
    folder = Path(tempfile.mkdtemp(prefix="grace-careless-", dir="/tmp"))
    folder.chmod(0o755)
    before = os.umask(0)
    try:
        node = NodeProcess(folder / "data").start().unread()
    finally:
        os.umask(before)
    try:
        yield node.until_ready()
    finally:
        node.close()
        shutil.rmtree(folder)


def test_no_file_of_the_node_can_be_read_or_changed_by_others(careless_node: NodeProcess) -> None:
    found = [path for path in (careless_node.data_dir, *careless_node.data_dir.rglob("*")) if not path.is_symlink()]
    # A folder may let others pass if they know a name; only its own server's group may read its settings.
    readable = [path for path in found if path.exists() and path.stat().st_mode & 0o066 and path.name != "valkey.conf"]
    assert [(str(path), stat.filemode(path.stat().st_mode)) for path in readable] == []


def test_no_process_of_the_node_shows_a_secret_in_its_arguments(careless_node: NodeProcess) -> None:
    urls = (careless_node.database_url, careless_node.broker_url)
    secrets = {(careless_node.data_dir / "cli-token").read_text(), *(str(urlsplit(url).password) for url in urls)}
    shown = [one.cmdline() for one in careless_node.processes() if one.is_running()]
    assert shown
    assert [line for line in shown if any(secret in " ".join(line) for secret in secrets)] == []


def test_no_process_of_the_node_leaves_a_core_file_or_an_open_umask(careless_node: NodeProcess) -> None:
    ours = [one for one in careless_node.processes() if one.name().startswith(("python", "grace"))]
    assert ours
    for one in ours:
        status = Path(f"/proc/{one.pid}/status").read_text()
        assert "Umask:\t0077" in status, one.cmdline()
        assert psutil.Process(one.pid).rlimit(psutil.RLIMIT_CORE)[0] == 0
