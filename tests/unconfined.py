"""A sandbox that confines nothing, for tests of what runs in one. The product has no such thing."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from datetime import timedelta

from grace_workers.coding import Ended, ResourceUse
from grace_workers.foundation.errors import TransientError


class UnconfinedProgram:
    def __init__(self, argv, folder, environment):
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            argv, cwd=folder, env={"PATH": os.environ["PATH"], **environment}, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.stdin, self.stdout, self.stderr = self._process.stdin, self._process.stdout, self._process.stderr

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.kill()

    def wait(self, timeout):
        try:
            code = self._process.wait(timeout.total_seconds())
        except subprocess.TimeoutExpired as error:
            raise TransientError("the program has not ended within the time") from error
        took = timedelta(seconds=time.monotonic() - self._began)
        used = ResourceUse(cpu=took, memory=0, wall=took)
        return Ended(code=code if code >= 0 else None, signal=-code if code < 0 else None, limit=None, usage=used)

    def kill(self):
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self.stdin, self.stdout, self.stderr):
            with suppress(BrokenPipeError):
                pipe.close()


class UnconfinedSandbox:
    level = "none"

    def start(self, argv, *, folder, writable=(), readable=(), limits, environment=None):
        return UnconfinedProgram(argv, folder, environment or {})
