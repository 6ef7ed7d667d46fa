"""What a program in the sandbox can do, and how its end is reported, on every rung that holds here."""

import fcntl
import gc
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.adapters.sandbox.ladder import RUNGS, best_sandbox
from grace_workers.adapters.sandbox.places import interpreter
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.coding import SandboxLimit
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from tests.integration.sandbox.attacked import PATIENT as LIMITS
from tests.integration.sandbox.attacked import WITHIN
from tests.waiting import until

FOREVER = "import time\nwhile True: time.sleep(1)"
HOLDS_A_LOCK = """
import fcntl, time
held = open('held', 'w')
fcntl.flock(held, fcntl.LOCK_EX)
print(1, flush=True)
time.sleep(60)
"""
THREE_LARGE = """
import os, time
for _ in range(3):
    if not os.fork():
        block = b'x' * (120 << 20)
        time.sleep(60)
time.sleep(60)
"""
FORK_WORKER = """
import json, os, socket, sys, tempfile, threading
for line in sys.stdin:
    number = json.loads(line)
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
        thread = threading.Thread(target=lambda: theirs.sendall(str(number * 2).encode()))
        thread.start()
        thread.join()
        os._exit(0)
    os.waitpid(child, 0)
    print(ours.recv(100).decode(), flush=True)
    ours.close(); theirs.close()
"""


def test_a_program_reads_its_input_and_its_output_and_code_come_back(run):
    ran = run(
        "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('e'); sys.exit(7)", given=b"abc"
    )
    assert (ran.output, ran.complaint, ran.ended.code, ran.ended.limit) == ("ABC", "e", 7, None)


def test_a_program_runs_at_a_lower_priority_than_what_watches_it(run):
    ran = run("import os; print(os.nice(0))")
    assert int(ran.output) == min(os.nice(0) + 5, 19)


def test_a_program_ended_by_a_signal_is_reported_with_its_number(run):
    ran = run("import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert (ran.ended.code, ran.ended.signal, ran.ended.limit) == (None, 15, None)


def test_a_worker_answers_lines_forks_for_each_and_uses_threads_and_temporary_files(sandbox, work):
    with sandbox.start([interpreter(), "-I", "-S", "-c", FORK_WORKER], folder=work, limits=LIMITS) as program:
        for number in range(50):
            program.stdin.write(b"%d\n" % number)
            program.stdin.flush()
            assert program.stdout.readline() == b"%d\n" % (number * 2)
        program.stdin.close()
        assert program.wait(WITHIN).code == 0


def test_what_a_program_writes_to_its_folder_stays_and_belongs_to_us(run, work):
    run("import os\nos.makedirs('deep/er')\nopen('deep/er/file', 'w').write('kept')")
    made = work / "deep" / "er" / "file"
    assert made.read_text() == "kept"
    assert {path.stat().st_uid for path in (work, work / "deep", made)} == {os.getuid()}


def test_a_program_sees_only_the_environment_that_it_is_given(sandbox, work, monkeypatch):
    monkeypatch.setenv("GRACE_SECRET", "hidden")
    code = "import os; print(sorted(os.environ))"
    argv = [interpreter(), "-I", "-S", "-c", code]
    with sandbox.start(argv, folder=work, limits=LIMITS, environment={"GIVEN": "1"}) as program:
        output = program.stdout.read().decode()
    assert output.strip() == "['GIVEN', 'HOME', 'LC_ALL', 'PATH', 'TMPDIR']"


def test_a_folder_that_is_only_readable_is_read_and_not_written(sandbox, work, tmp_path):
    shown = tmp_path / "shown"
    shown.mkdir(mode=0o700)
    (shown / "file").write_text("seen")
    code = "import sys; print(open(sys.argv[1]).read()); open(sys.argv[1], 'a').write('x')"
    argv = [interpreter(), "-I", "-S", "-c", code, str(shown / "file")]
    with sandbox.start(argv, folder=work, readable=[shown], limits=LIMITS) as program:
        output, complaint = program.stdout.read().decode(), program.stderr.read().decode()
    assert output == "seen\n"
    assert "Error" in complaint
    assert (shown / "file").read_text() == "seen"


def test_waiting_for_an_endless_program_times_out_and_killing_ends_it(sandbox, work):
    with sandbox.start([interpreter(), "-I", "-S", "-c", FOREVER], folder=work, limits=LIMITS) as program:
        with pytest.raises(TransientError, match=r"has not ended within 0\.1 s"):
            program.wait(timedelta(seconds=0.1))
        program.kill()
        program.kill()
        ended = program.wait(WITHIN)
    assert (ended.signal, ended.limit) == (9, None)


def test_one_thread_kills_what_another_waits_for(sandbox, work):
    with sandbox.start([interpreter(), "-I", "-S", "-c", FOREVER], folder=work, limits=LIMITS) as program:
        killer = threading.Timer(0.2, program.kill)
        killer.start()
        assert program.wait(WITHIN).signal == 9
        killer.join()


def test_one_that_no_one_holds_any_more_is_ended(sandbox, work):
    argv = [interpreter(), "-I", "-S", "-c", HOLDS_A_LOCK]
    program = sandbox.start(argv, folder=work, writable=[work], limits=LIMITS)
    pipes = (program.stdout, program.stderr, program.stdin)
    assert pipes[0].readline() == b"1\n"
    del program
    gc.collect()
    assert _is_free(work / "held")
    for pipe in pipes:
        pipe.close()


def test_a_program_that_is_not_there_is_refused_before_anything_starts(sandbox, work):
    with pytest.raises(InputError, match="there is no program 'nothing-like-this'"):
        sandbox.start(["nothing-like-this"], folder=work, limits=LIMITS)
    with pytest.raises(InputError, match="absolute path that exists"):
        sandbox.start(["true"], folder=work / "nowhere", limits=LIMITS)


def test_a_program_outside_of_what_is_shown_does_not_start(sandbox, work, tmp_path):
    hidden = tmp_path / "hidden"
    hidden.write_text("#!/bin/sh\n")
    hidden.chmod(0o755)
    with pytest.raises(PermanentError, match="does not start the program"):
        sandbox.start([str(hidden)], folder=work, limits=LIMITS)


@pytest.mark.parametrize(
    ("code", "changes", "limit"),
    [
        ("while True: pass", {"cpu": timedelta(seconds=1)}, SandboxLimit.CPU),
        ("import time; time.sleep(60)", {"wall": timedelta(seconds=0.3)}, SandboxLimit.WALL),
        ("while True: print('x' * 1000)", {}, SandboxLimit.OUTPUT),
        (
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open('f', 'w').write('x' * (17 << 20))",
            {},
            SandboxLimit.FILE_SIZE,
        ),
        (
            "import itertools\nfor n in itertools.count(): open(f'f{n}', 'w').write('x' * (1 << 20))",
            {},
            SandboxLimit.DISK,
        ),
        (
            THREE_LARGE,
            {},
            SandboxLimit.MEMORY,
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, SandboxLimit) else "",
)
def test_a_limit_ends_the_program_and_is_named(run, code, changes, limit):
    assert run(code, limits=replace(LIMITS, **changes)).ended.limit is limit


def test_a_program_whose_host_is_killed_ends_with_it(sandbox, work):
    level = [rung.level for rung in RUNGS].index(sandbox.level)
    host = f"""
import sys
from pathlib import Path
from grace_workers.adapters.sandbox.ladder import RUNGS
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from tests.integration.sandbox.attacked import PATIENT as LIMITS
work = Path(sys.argv[1])
program = RungSandbox(RUNGS[{level}]).start(
    [{interpreter()!r}, "-I", "-S", "-c", {HOLDS_A_LOCK!r}], folder=work, writable=[work], limits=LIMITS
)
print(program.stdout.readline(), flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", host, str(work)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    with process:
        assert process.stdout.readline() == b"b'1\\n'\n"
        process.kill()
    until(lambda: _is_free(work / "held"), within=10)


def test_the_best_rung_is_the_first_that_holds(sandbox):
    assert [rung.level for rung in RUNGS].index(best_sandbox().level) <= [rung.level for rung in RUNGS].index(
        sandbox.level
    )


class _Absent:
    level, mend, own_mounts = "imagined", "imagine harder", False

    def missing(self):
        return "it is not there"


class _Open:
    """A rung that confines nothing."""

    level, mend, own_mounts = "open", "close it", False

    def missing(self):
        return None

    def command(self, places, control):
        code = "import sys; sys.exit(0)"
        return [interpreter(), "-c", code]


def test_without_any_rung_the_refusal_says_what_is_missing_and_how_to_fix_it():
    with pytest.raises(PermanentError, match=r"imagined: it is not there \(to fix it: imagine harder\)"):
        best_sandbox([_Absent()])
    with pytest.raises(PermanentError, match=r"open: the sandbox does not start.*\(to fix it: close it\)"):
        best_sandbox([_Open()])


def _is_free(path):
    with path.open() as file, suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def test_a_sandbox_keeps_its_level_for_reports(sandbox):
    assert isinstance(sandbox, RungSandbox)
    assert sandbox.level in {"bubblewrap", "bubblewrap-bound-proc", "landlock"}
