"""Real processes: started once, found again by another worker, never confused with a stranger."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from grace_workers.adapters.embedded.place import free_port
from grace_workers.drivers.process.service import ProcessService, Program, ReadyWhen
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.plain_file import locked
from tests.integration.drivers.programs import GRACE, SLEEPER, program, service
from tests.waiting import until

__all__ = ["program", "service"]

ROOT = Path(__file__).parent.parent.parent.parent


def pid_of(program: Program) -> int:
    return int(program.pid_file.read_text().split()[0])


def starts(program: Program) -> Program:
    """The same program, writing a line for each start."""
    script = f"import time; open({str(program.pid_file.with_name('starts'))!r}, 'a').write('x'); time.sleep(600)"
    return replace(program, command=[sys.executable, "-I", "-S", "-c", script])


def script_of(program: Program, text: str) -> Program:
    return replace(program, command=[sys.executable, "-I", "-S", "-u", "-c", textwrap.dedent(text)])


def test_a_started_service_is_an_orphan_in_its_own_session(service: ProcessService, program: Program) -> None:
    status = service.start()
    process = psutil.Process(pid_of(program))
    assert status.running
    assert os.getsid(process.pid) == process.pid
    assert process.ppid() != os.getpid()


def test_start_finds_the_running_service(service: ProcessService, program: Program) -> None:
    assert service.start() == ProcessService(program).start()


def test_two_concurrent_starts_start_one(service: ProcessService, program: Program) -> None:
    counted = starts(program)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: ProcessService(counted).start(), range(8)))
    assert len({status.incarnation for status in statuses}) == 1
    assert until(lambda: (program.pid_file.with_name("starts")).read_text(), within=5) == "x"


def test_a_service_survives_the_worker_that_started_it(service: ProcessService, program: Program) -> None:
    worker = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from grace_workers.drivers.process.service import ProcessService, Program
        ProcessService(Program(command={SLEEPER!r}, pid_file=Path({str(program.pid_file)!r}))).start()
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", worker], cwd=ROOT, check=False, timeout=30)
    assert done.returncode == -signal.SIGKILL
    assert service.status().running


@pytest.mark.fleet
def test_a_worker_killed_while_starting_leaves_one_service(service: ProcessService, program: Program) -> None:
    counted = starts(program)
    worker = textwrap.dedent(f"""
        from pathlib import Path
        from grace_workers.drivers.process.service import ProcessService, Program
        print("go", flush=True)
        ProcessService(Program(command={list(counted.command)!r}, pid_file=Path({str(program.pid_file)!r}))).start()
    """)
    for attempt in range(6):
        starter = subprocess.Popen([sys.executable, "-c", worker], cwd=ROOT, stdout=subprocess.PIPE)
        assert starter.stdout is not None
        starter.stdout.readline()
        try:
            starter.wait(timeout=0.01 * attempt)
        except subprocess.TimeoutExpired:
            starter.kill()
        starter.wait()
        starter.stdout.close()
        ProcessService(counted).start()
        alive = [one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == list(counted.command)]
        assert [pid_of(program)] == [one.pid for one in alive]
        ProcessService(counted).stop(timedelta(0))


def test_a_service_killed_from_outside_is_seen_as_ended(service: ProcessService, program: Program) -> None:
    service.start()
    os.kill(pid_of(program), signal.SIGKILL)
    until(lambda: not service.status().running, within=5)


def test_a_zombie_does_not_run(service: ProcessService, program: Program) -> None:
    child = subprocess.Popen(SLEEPER)
    service.start()
    lines = program.pid_file.read_text().split("\n")
    started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    service.stop(timedelta(0))
    program.pid_file.write_text("\n".join([str(child.pid), started, *lines[2:]]))
    assert service.status().running
    child.kill()
    until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE, within=5)
    assert not service.status().running
    child.wait()


def test_a_polite_service_gets_its_time_to_stop(service: ProcessService, program: Program, tmp_path: Path) -> None:
    polite = script_of(
        program,
        f"""
        import signal, sys, time
        def end(*_):
            time.sleep(0.3)
            open({str(tmp_path / "farewell")!r}, "w").write("bye")
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        open({str(tmp_path / "up")!r}, "w").close()
        time.sleep(600)
        """,
    )
    ProcessService(polite).start()
    until((tmp_path / "up").exists, within=5)
    assert not ProcessService(polite).stop(GRACE).running
    assert (tmp_path / "farewell").read_text() == "bye"


def test_a_stubborn_service_is_stopped_by_force(service: ProcessService, program: Program, tmp_path: Path) -> None:
    stubborn = script_of(
        program,
        f"""
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open({str(tmp_path / "up")!r}, "w").close()
        time.sleep(600)
        """,
    )
    ProcessService(stubborn).start()
    until((tmp_path / "up").exists, within=5)
    assert not ProcessService(stubborn).stop(timedelta(milliseconds=200)).running


def test_leftovers_of_a_dead_service_are_removed_before_the_next_start(
    service: ProcessService, program: Program, tmp_path: Path
) -> None:
    parent = script_of(
        program,
        f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        open({str(tmp_path / "child")!r}, "w").write(str(child.pid))
        time.sleep(600)
        """,
    )
    ProcessService(parent).start()
    child = int(until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text(), within=5))
    os.kill(pid_of(program), signal.SIGKILL)
    until(lambda: not service.status().running, within=5)
    assert psutil.pid_exists(child)
    service.start()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE, within=5)


def test_a_program_that_writes_over_its_environment_is_stopped_with_its_children(
    service: ProcessService, program: Program, tmp_path: Path
) -> None:
    # An exec with an empty environment hides the mark, as programs do that set their own title.
    inner = (
        f"import subprocess, sys, time; child = subprocess.Popen({SLEEPER!r});"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    hidden = script_of(program, f"import os, sys; os.execve(sys.executable, ['x', '-c', {inner!r}], {{}})")
    ProcessService(hidden).start()
    child = int(until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text(), within=5))
    assert not ProcessService(hidden).stop(timedelta(milliseconds=100)).running
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE, within=5)


def test_a_service_gets_none_of_our_secrets(
    service: ProcessService, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRACE_DATABASE__URL", "postgresql://grace:secret@nowhere/grace")
    ProcessService(replace(program, env={"SHOP_MODE": "live"})).start()
    environment = psutil.Process(pid_of(program)).environ()
    assert environment["SHOP_MODE"] == "live"
    assert "GRACE_DATABASE__URL" not in environment
    assert "PATH" in environment


def test_both_kinds_of_output_go_to_the_log(service: ProcessService, program: Program) -> None:
    loud = script_of(
        program, "import sys, time; print('out'); print('err', file=sys.stderr, flush=True); time.sleep(600)"
    )
    ProcessService(loud).start()
    assert program.log_file is not None
    log = program.log_file
    until(lambda: {"out", "err"} <= set(log.read_text().split()), within=5)


def test_a_service_that_ends_while_starting_is_an_error(service: ProcessService, program: Program) -> None:
    with pytest.raises(PermanentError, match="ended while starting; its log is"):
        ProcessService(replace(program, command=["false"])).start()


@pytest.mark.parametrize("command", [["/no/such/program"], ["/etc"], ["no-such-program-anywhere"]])
def test_a_program_that_cannot_be_run_is_named(program: Program, command: list[str]) -> None:
    with pytest.raises(PermanentError, match=f"cannot run '{command[0]}'"):
        ProcessService(replace(program, command=command)).start()


def test_a_missing_working_folder_is_named(program: Program) -> None:
    with pytest.raises(PermanentError, match="/no/such/folder"):
        ProcessService(replace(program, cwd=Path("/no/such/folder"))).start()


def test_start_waits_until_the_port_answers(service: ProcessService, program: Program) -> None:
    port = free_port()
    serving = script_of(
        program,
        f"""
        import socket, time
        time.sleep(0.5)
        door = socket.create_server(("127.0.0.1", {port}))
        time.sleep(600)
        """,
    )
    ProcessService(replace(serving, ready=ReadyWhen(tcp=("127.0.0.1", port)))).start()
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        assert connection.getpeername()[1] == port


def test_start_waits_until_the_url_answers(service: ProcessService, program: Program) -> None:
    port = free_port()
    serving = replace(
        program,
        command=[sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        ready=ReadyWhen(http=f"http://127.0.0.1:{port}/"),
    )
    assert ProcessService(serving).start().running


def test_a_service_that_is_not_ready_in_time_is_left_running_and_said_so(
    service: ProcessService, program: Program
) -> None:
    late = replace(program, ready=ReadyWhen(tcp=("127.0.0.1", free_port())), start_timeout=timedelta(milliseconds=300))
    with pytest.raises(TransientError, match=r"not ready after 0\.3 s"):
        ProcessService(late).start()
    assert service.status().running


def test_one_that_ends_while_it_is_waited_for_is_started_again(service: ProcessService, program: Program) -> None:
    port = free_port()
    serving = script_of(
        program,
        f"""
        import pathlib, socket, time
        first = pathlib.Path({str(program.pid_file.with_name("first"))!r})
        if not first.exists():
            first.touch()
            time.sleep(1)
            raise SystemExit
        door = socket.create_server(("127.0.0.1", {port}))
        time.sleep(600)
        """,
    )
    ending = ProcessService(serving).start()
    started = ProcessService(replace(serving, ready=ReadyWhen(tcp=("127.0.0.1", port)))).start()
    assert started.running
    assert started.incarnation != ending.incarnation


def test_an_endless_answer_at_the_ready_address_counts_and_blocks_no_start(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endless = ReadyWhen(http=f"http://127.0.0.1:{listener.getsockname()[1]}/")
        service = ProcessService(replace(program, ready=endless))
        with ThreadPoolExecutor(1) as pool:
            started = pool.submit(service.start)
            caller, _ = listener.accept()
            with caller:
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ntick\n")
                assert started.result(10).running
        service.stop(timedelta(0))


def test_a_lock_that_a_stranger_holds_is_waited_for_and_no_longer(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(TransientError, match="another process holds"):
        locked(tmp_path / "lock", patience=timedelta(seconds=0.05)).__enter__()
    with locked(tmp_path / "lock", patience=timedelta(0)):
        pass
