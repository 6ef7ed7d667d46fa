"""The processes that run now."""

from collections.abc import Iterator

import psutil


def live_processes() -> Iterator[psutil.Process]:
    """Yield each process that runs now, by its pid.

    `psutil.process_iter` gives out what it found at its last call again, so after a pid has been reused it stands for
    the process that ended, and a signal to it reaches none.
    """
    for pid in psutil.pids():
        try:
            process = psutil.Process(pid)
        except psutil.NoSuchProcess:
            continue
        yield process
