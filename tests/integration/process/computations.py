"""What the tests of `aside` compute. Run as a program, it waits for `forever`, whose pid it writes to a file."""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

from grace_workers.adapters.process.aside import aside
from grace_workers.foundation.errors import InputError


def place(given):
    return {"given": given, "pid": os.getpid(), "nice": os.nice(0), "loaded": "sklearn" in sys.modules}


def refuse(given):
    raise InputError(f"no cause is named {given!r}")


def divide(given):
    return given / 0


def die(_given):
    os.kill(os.getpid(), signal.SIGKILL)


def forever(given):
    Path(given).write_text(str(os.getpid()))
    time.sleep(600)


if __name__ == "__main__":
    from tests.integration.process.computations import forever as importable

    aside(importable, sys.argv[1], within=timedelta(minutes=10))
