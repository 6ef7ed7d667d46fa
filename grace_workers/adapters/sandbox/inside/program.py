"""The launcher: reads one request from the host, runs it confined, and reports how it ended.

Started as `python -I -S -c START FOLDER DESCRIPTOR`, outside or as the first process of a namespace.
"""

from __future__ import annotations

import os
import sys

from .request import REFUSED, STARTED, LaunchRequest, receive, tell
from .supervise import Supervised, prepare


def main(control: int) -> None:
    """Serve the one request that comes over `control`."""
    _keep_from_the_program()
    try:
        request = receive(control)
        prepare()
        supervised = Supervised(request, control, _threads_of_user(request))
    except OSError as error:
        tell(control, REFUSED, error)
        sys.exit(1)
    tell(control, STARTED)
    supervised.run()


def _keep_from_the_program() -> None:
    """Close every descriptor except the first three at exec, including inherited ones."""
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2:  # noqa: PLR2004 - standard input, output and error
            try:
                os.set_inheritable(number, False)
            except OSError:
                # It belonged to the listing itself.
                continue


def _threads_of_user(request: LaunchRequest) -> int:
    """Return how many threads already count against a limit of processes.

    A dedicated user begins with none, and our own user in a new namespace with this process.
    """
    if request.uid is not None:
        return 0
    if request.own:
        return 1
    found, user = 0, os.getuid()
    for name in [name for name in os.listdir("/proc") if name.isdigit()]:
        try:
            if os.stat(f"/proc/{name}").st_uid == user:
                found += len(os.listdir(f"/proc/{name}/task"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
