"""The launcher: reads one request from the host, runs it confined, and reports how it ended.

Started as `python -I -S -c START FOLDER DESCRIPTOR`, outside or as the first process of a namespace.
"""

from __future__ import annotations

import os
import sys

from .counted import threads_of_user
from .request import REFUSED, STARTED, LaunchRequest, receive, tell
from .supervise import Supervised, prepare

# Other processes of our user may start as many threads while the program runs, without making it fail. The supervisor
# ends a program that has more than its own limit within its next look.
_STARTED_MEANWHILE = 256


def main(control: int) -> None:
    """Serve the one request that comes over `control`."""
    _keep_from_the_program()
    try:
        request = receive(control)
        prepare()
        supervised = Supervised(request, control, _threads_before(request))
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


def _threads_before(request: LaunchRequest) -> int:
    """Return how many threads already count against a limit of processes.

    A dedicated user begins with none, and our own user in a new namespace with this process.
    """
    if request.uid is not None:
        return 0
    return 1 if request.own else threads_of_user() + _STARTED_MEANWHILE
