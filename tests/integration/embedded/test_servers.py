import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from psycopg.pq import ExecStatus

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.foundation.errors import ConflictError
from tests.waiting import until

ROOT = Path(__file__).parents[3]
LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
SLEEP = shutil.which("sleep") or "/bin/sleep"

HOLDER = """
import sys, time
from pathlib import Path
from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
postgres, valkey = EmbeddedPostgres(Path(sys.argv[1]) / "postgres"), EmbeddedValkey(Path(sys.argv[1]) / "valkey")
postgres.start(), valkey.start()
print(postgres.pid, valkey.pid, flush=True)
time.sleep(600)
"""


@contextmanager
def started_as(pid: int, argv: Sequence[Path | str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program as the process `pid`, which must be free; other processes may take it first, so try again."""

    def attempt() -> subprocess.Popen[bytes] | None:
        LAST_PID.write_text(str(pid - 1))
        process = subprocess.Popen(argv, cwd=folder)
        if process.pid == pid:
            return process
        process.kill()
        process.wait()
        return None

    process = until(attempt, within=10)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def is_asked_to_end(process: psutil.Process) -> bool:
    """Whether an interrupt waits for the process."""
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    pending = next(line for line in status if line.startswith("ShdPnd"))
    return bool(int(pending.split()[1], 16) & 1 << signal.SIGINT - 1)


def resume(processes: Sequence[psutil.Process]) -> None:
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.resume()


def value_in(url: str) -> int:
    with psycopg.connect(url) as session:
        row = session.execute("SELECT sum(n) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def keep(url: str, number: int) -> None:
    with psycopg.connect(url) as session:
        session.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        session.execute("INSERT INTO kept VALUES (%s)", (number,))


def test_postgres_keeps_what_was_committed_before_a_kill(own_postgres: EmbeddedPostgres):
    keep(own_postgres.url, 1)
    own_postgres.kill()
    own_postgres.start()
    assert value_in(own_postgres.url) == 1


def test_postgres_serves_the_same_data_at_the_same_address_after_a_stop(tmp_path):
    server = EmbeddedPostgres(tmp_path / "pg")
    server.start()
    keep(server.url, 1)
    first = server.url
    server.stop()
    again = EmbeddedPostgres(tmp_path / "pg")
    again.start()
    try:
        assert (again.url, value_in(again.url)) == (first, 1)
    finally:
        again.stop()


def test_postgres_refuses_a_wrong_password(postgres_server: EmbeddedPostgres):
    wrong = postgres_server.url.replace("grace:", "grace:x")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_postgres_does_not_run_as_root(postgres_server: EmbeddedPostgres):
    status = Path(f"/proc/{postgres_server.pid}/status").read_text()
    capabilities = next(line for line in status.splitlines() if line.startswith("CapEff"))
    assert int(capabilities.split()[1], 16) == 0


def test_another_port_is_chosen_when_the_remembered_one_is_in_use(tmp_path):
    server = EmbeddedValkey(tmp_path / "valkey")
    server.start()
    first = server.url
    server.stop()
    port = int(first.rsplit(":", 1)[1].split("/")[0])
    with socket.create_server(("127.0.0.1", port)):
        again = EmbeddedValkey(tmp_path / "valkey")
        again.start()
        assert again.url != first
        again.stop()


def test_valkey_keeps_what_was_synced_before_a_kill(own_valkey: EmbeddedValkey):
    with redis.Redis.from_url(own_valkey.url) as client:
        client.set("kept", 1)
        client.waitaof(1, 0, 3000)
    own_valkey.kill()
    own_valkey.start()
    with redis.Redis.from_url(own_valkey.url) as client:
        assert client.get("kept") == b"1"


def test_valkey_refuses_a_session_without_password(valkey_server: EmbeddedValkey):
    bare = valkey_server.url.split("@")[1]
    with redis.Redis.from_url(f"redis://{bare}") as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.ping()


def test_a_folder_held_by_a_live_server_is_refused_to_a_second(own_postgres: EmbeddedPostgres, tmp_path):
    second = EmbeddedPostgres(tmp_path / "own-postgres")
    with pytest.raises(ConflictError, match="in use by another node"):
        second.start()


@pytest.mark.fleet
def test_no_server_outlives_an_owner_that_is_killed(tmp_path):
    holder = hold(tmp_path)
    pids = [int(pid) for pid in holder.stdout.readline().split()]
    holder.kill()
    holder.wait()
    holder.stdout.close()
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids), within=10)


def test_a_server_left_by_an_owner_is_ended_before_the_next_start(tmp_path):
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    left = server.pid
    server._place.release()
    again = EmbeddedPostgres(tmp_path / "postgres")
    again.start()
    try:
        assert again.pid != left
        assert again.is_ready()
    finally:
        again.stop()
        server.stop()


def test_a_stale_pid_file_that_names_a_live_foreign_process_is_no_obstacle(tmp_path):
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    server.kill()
    pid_file = tmp_path / "postgres" / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    server.start()
    assert server.is_ready()
    server.stop()


def test_what_an_orphaned_session_commits_is_kept_by_the_next_start(own_postgres: EmbeddedPostgres):
    keep(own_postgres.url, 1)
    # A session of psycopg commits at the end of its block, which it cannot with an answer that was not read to its end.
    with closing(psycopg.connect(own_postgres.url, autocommit=True)) as session:
        orphans = psutil.Process(own_postgres.pid).children(recursive=True)
        checkpointer = next(one for one in orphans if "checkpointer" in one.cmdline()[0])
        for one in orphans:
            one.suspend()
        session.pgconn.send_query(b"INSERT INTO kept VALUES (2)")
        own_postgres.kill()
        with ThreadPoolExecutor(1) as hand:
            starting = hand.submit(own_postgres.start)
            until(lambda: ended(checkpointer) or is_asked_to_end(checkpointer), within=10)
            # Whatever it was told, it does that before the session goes on.
            resume([checkpointer])
            until(lambda: ended(checkpointer), within=10)
            resume(orphans)
            committed = session.pgconn.get_result().status == ExecStatus.COMMAND_OK
            starting.result()
    assert value_in(own_postgres.url) == (3 if committed else 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can choose the next pid")
def test_a_leftover_with_the_pid_of_an_ended_process_is_ended_too(tmp_path):
    program = tmp_path / "postgres"
    shutil.copy(SLEEP, program)
    folder = ServerFolder(tmp_path / "place", "PostgreSQL")
    with subprocess.Popen([SLEEP, "60"]) as earlier:
        folder.evict("postgres", tmp_path)
        earlier.kill()
    with started_as(earlier.pid, [program, "60"], tmp_path) as left:
        folder.evict("postgres", tmp_path)
        assert not psutil.pid_exists(left.pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend another identity")
@pytest.mark.parametrize("mode", [0o711, 0o700])
def test_root_can_serve_from_an_open_and_from_a_closed_folder(servers_dir, mode):
    folder = servers_dir / f"mode-{mode:o}"
    folder.mkdir(mode=0o755)
    servers_dir.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    folder.chmod(mode)
    server.start()
    keep(server.url, 1)
    server.stop()
    folder.chmod(0o711 if mode == 0o700 else 0o700)
    server.start()
    try:
        assert value_in(server.url) == 1
    finally:
        server.stop()


def hold(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True, process_group=0
    )
