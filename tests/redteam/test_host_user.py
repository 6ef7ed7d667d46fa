"""What another user of the host tries: to read a node's files, put files in its way, or listen instead of it."""

import grp
import json
import os
import pwd
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg
import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.embedded.identity import RESERVED
from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.drivers._shared.error_log import LogFile
from grace_workers.drivers.files.tree import DirectoryTree
from grace_workers.entrypoints.cli.connection import connect
from grace_workers.entrypoints.node.health import troubles
from grace_workers.foundation.errors import InputError, IntegrityError, PermanentError
from grace_workers.foundation.own_file import is_private, read_own, write_own
from grace_workers.foundation.secret import Secret
from grace_workers.node.boot_memory import BootMemory
from grace_workers.settings import Addresses, Settings, addresses, load_settings, remember
from tests.ownership import as_another_user
from tests.redteam.strangers import CHANGES, STRANGER

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend another identity")
OWN_FILES = ("api.json", "cli-token")


@pytest.fixture
def open_mask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder below open ones, as a data directory on a server."""
    made = Path(tempfile.mkdtemp(prefix="grace-host-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The settings of a node that has run here."""
    write_own(tmp_path / "api.json", json.dumps({"url": "http://127.0.0.1:1"}))
    write_own(tmp_path / "cli-token", "grace_here")
    file = tmp_path / "grace.yaml"
    file.write_text(f"data_dir: {tmp_path}")
    return file


@pytest.mark.parametrize("name", OWN_FILES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_a_stranger_may_have_written_does_not_locate_the_node(config: Path, name, change) -> None:
    connect(None, None, config).close()
    CHANGES[change](config.parent / name)
    with pytest.raises(InputError, match="not trusted"):
        connect(None, None, config)


@pytest.mark.parametrize("change", CHANGES)
def test_neither_addresses_nor_the_epoch_nor_a_boot_are_believed_from_a_stranger(tmp_path: Path, change) -> None:
    settings = Settings(data_dir=tmp_path)
    url = "postgresql://grace:long-enough@127.0.0.1/grace"
    remember(Settings(data_dir=tmp_path), Addresses.read({"database": url, "broker": "redis://127.0.0.1"}, "x"))
    BootMemory(tmp_path).begin()
    assert addresses(settings).database.get_secret_value() == url
    for name in ("servers.json", "boots.json"):
        CHANGES[change](tmp_path / name)
        with pytest.raises(InputError, match="not trusted"):
            read_own(tmp_path / name)
        (tmp_path / "moved").unlink(missing_ok=True)
    with pytest.raises(InputError, match="not trusted"):
        addresses(settings)


def received(listening: socket.socket) -> bytes:
    """Return what came to a socket on which no one has accepted a connection yet."""
    listening.setblocking(False)
    try:
        wire, _ = listening.accept()
    except BlockingIOError:
        return b""
    with wire:
        wire.settimeout(10)
        return wire.recv(9999)


@as_root
def test_the_token_is_not_sent_to_a_program_that_took_the_nodes_port(config: Path) -> None:
    with socket.socket() as taken:

        def listen() -> None:
            # The kernel knows who made a socket.
            os.setresuid(STRANGER, STRANGER, 0)
            listening = socket.create_server(("127.0.0.1", 0))
            os.setresuid(0, 0, 0)
            os.dup2(listening.fileno(), taken.fileno())
            listening.detach()

        listen()
        port = taken.getsockname()[1]
        write_own(config.parent / "api.json", json.dumps({"url": f"http://127.0.0.1:{port}"}))
        with pytest.raises(InputError, match=rf"port {port} belongs to a program of uid {STRANGER}"):
            connect(None, None, config)
        assert received(taken) == b""


@pytest.mark.parametrize("change", CHANGES)
def test_a_health_check_does_not_believe_a_stranger(tmp_path: Path, change) -> None:
    child = {"state": "ready", "pid": os.getpid(), "trouble": None}
    write_own(tmp_path / "node.json", json.dumps({"pid": os.getpid(), "health": "healthy", "children": {"one": child}}))
    assert list(troubles(tmp_path)) == []
    CHANGES[change](tmp_path / "node.json")
    assert [told.startswith("no node is running here") for told in troubles(tmp_path)] == [True]


def test_a_nodes_files_are_private_with_any_umask(tmp_path: Path, open_mask) -> None:
    data = tmp_path / "deep" / "data"
    place = ServerFolder(data / "valkey", "a test")
    place.hold()
    place.endpoint()
    place.release()
    remember(Settings(data_dir=data), Addresses.read({"database": "postgresql://x", "broker": "redis://x"}, "x"))
    BootMemory(data).begin()
    open_to_others = [path for path in data.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert open_to_others == []
    assert [one for one in (data, data.parent, data / "valkey") if one.stat().st_mode & 0o066] == []


def test_a_group_is_private_only_where_no_one_else_is_in_it() -> None:
    alone = next((one for one in pwd.getpwall() if one.pw_uid and _named_alone(one)), None)
    if alone is None:
        pytest.skip("no user of this machine has a group of their own")
    assert is_private(alone.pw_gid, alone.pw_uid)
    assert not is_private(alone.pw_gid, 0)
    assert not is_private(0, 0)
    assert not any(is_private(one.gr_gid, alone.pw_uid) for one in grp.getgrall() if one.gr_gid != alone.pw_gid)


def _named_alone(user: pwd.struct_passwd) -> bool:
    groups = [one for one in grp.getgrall() if one.gr_gid == user.pw_gid]
    return [(one.gr_name, one.gr_mem) for one in groups] == [(user.pw_name, [])]


@pytest.mark.parametrize("name", ["manifest.json", "content"])
@pytest.mark.parametrize("change", ["writable by all", "a stranger's"])
def test_nothing_is_restored_from_a_stash_that_others_may_have_changed(tmp_path: Path, name, change) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_text("kept")
    tree = DirectoryTree(tmp_path / "root", tmp_path / "stash")
    tree.stash(["file"], "key")
    tree.remove("key")
    CHANGES[change](tmp_path / "stash" / "key" / name)
    with pytest.raises(IntegrityError, match="nothing is restored"):
        tree.unstash("key")


@as_root
def test_a_service_shows_no_log_that_it_may_not_read_by_a_link_in_its_logs_place(tmp_path: Path) -> None:
    closed, shown = tmp_path / "closed.log", tmp_path / "shown.log"
    line = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S},000 ERROR only root may read this\n"
    closed.write_text(line)
    shown.symlink_to(closed)
    assert LogFile(shown).recent(1) == [line.strip()]
    os.chown(shown, STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(PermanentError, match="a link of uid 65534 to a file of uid 0"):
        LogFile(shown).recent(1)
    os.chown(closed, STRANGER, STRANGER)
    assert LogFile(shown).errors(timedelta(minutes=1)) == 1


def uids(pid: int) -> set[int]:
    return {psutil.Process(one).uids().real for one in (pid, *(c.pid for c in psutil.Process(pid).children()))}


@as_root
def test_each_server_is_a_user_that_no_one_else_is(open_folder: Path) -> None:
    postgres, valkey = EmbeddedPostgres(open_folder / "pg", durable=False), EmbeddedValkey(open_folder / "vk")
    postgres.start()
    valkey.start()
    try:
        assert postgres.pid is not None
        assert valkey.pid is not None
        one, other = uids(postgres.pid), uids(valkey.pid)
        assert len(one) == len(other) == 1
        assert one != other
        assert (one | other) <= set(RESERVED)
        # Checked here, because only the parent of a process learns this.
        pids = (postgres.pid, valkey.pid)

        def attack() -> None:
            for path in ("pg/cluster/pg_hba.conf", "pg/endpoint.json", "vk/valkey.conf", "vk/files", "pg"):
                with pytest.raises(PermissionError):
                    list((open_folder / path).iterdir())
            for pid in pids:
                with pytest.raises(PermissionError):
                    Path(f"/proc/{pid}/environ").read_bytes()
                with pytest.raises(PermissionError):
                    os.kill(pid, 0)

        as_another_user(attack)
        first = one | other
    finally:
        postgres.stop()
        valkey.stop()
    again = EmbeddedPostgres(open_folder / "pg", durable=False)
    again.start()
    try:
        assert again.pid is not None
        assert uids(again.pid) <= first, "the reservation is kept with the folder"
    finally:
        again.stop()


@as_root
def test_a_cluster_owned_by_the_user_nobody_is_adopted_with_its_logins(open_folder: Path) -> None:
    server = EmbeddedPostgres(open_folder / "pg", durable=False)
    server.start()
    with psycopg.connect(server.url) as session:
        session.execute("CREATE TABLE kept AS SELECT 1 AS n")
    server.stop()
    cluster, treasure = open_folder / "pg" / "cluster", open_folder / "treasure"
    treasure.write_text("root's")
    for folder, _, files in os.walk(cluster):
        for path in (Path(folder), *(Path(folder, file) for file in files)):
            os.chown(path, STRANGER, STRANGER)
    # What a process of that user may have left: a login without a password, and a link to root's files.
    (cluster / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
    os.chown(cluster / "pg_hba.conf", STRANGER, STRANGER)
    (cluster / "link").symlink_to(treasure)
    (cluster / "hard").hardlink_to(treasure)
    again = EmbeddedPostgres(open_folder / "pg", durable=False)
    again.start()
    try:
        with psycopg.connect(again.url) as session:
            assert session.execute("SELECT n FROM kept").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match=r"no password supplied|password authentication"):
            psycopg.connect(again.url.replace(again._password, "").replace("require_auth=scram-sha-256", ""))
        owners = {path.lstat().st_uid for path in cluster.rglob("*") if path.name not in {"hard", "link"}}
        assert owners <= set(RESERVED)
        assert treasure.stat().st_uid == 0
    finally:
        again.stop()


@pytest.mark.servers
def test_a_program_in_a_servers_place_learns_no_password(postgres_server: EmbeddedPostgres) -> None:
    asked_for: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line:
            line.recv(4096)
            # AuthenticationCleartextPassword
            line.sendall(b"R\x00\x00\x00\x08\x00\x00\x00\x03")
            asked_for.append(line.recv(4096))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        taken = postgres_server.url.replace(f":{postgres_server._port}/", f":{listening.getsockname()[1]}/")
        with pytest.raises(psycopg.OperationalError, match="scram"):
            psycopg.connect(taken + "&sslmode=disable&gssencmode=disable")
        thread.join(5)
    assert not any(postgres_server._password.encode() in words for words in asked_for)


@pytest.mark.parametrize("change", ["writable by all", "a stranger's"])
def test_a_secret_that_others_may_write_is_not_used(tmp_path: Path, monkeypatch, change) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://shop:long-enough@127.0.0.1/shop")
    monkeypatch.setenv("GRACE_DATABASE__URL_FILE", str(secret))
    load_settings()
    Secret(file=secret).reveal("url")
    CHANGES[change](secret)
    for use in (load_settings, lambda: Secret(file=secret).reveal("url")):
        with pytest.raises(InputError, match="chmod go-w"):
            use()
