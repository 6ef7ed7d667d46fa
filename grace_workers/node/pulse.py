"""The pulse: a pipe into which a child writes while its threads run. Not a file, so no full disk can stop it."""

import os
import threading
from collections.abc import MutableMapping

VARIABLE = "GRACE_PULSE"
EVERY = 0.25
_BREATH = b"."


def begin_pulse(environment: MutableMapping[str, str]) -> bool:
    """Send a pulse from now on, on a separate thread, if a supervisor listens; return whether one does.

    The variable is removed from `environment` and the pipe is closed to programs that this process starts, because
    only its own pulse counts.
    """
    number = environment.pop(VARIABLE, None)
    if number is None:
        return False
    pipe = int(number)
    os.set_inheritable(pipe, False)
    os.set_blocking(pipe, False)
    threading.Thread(target=_breathe, args=(pipe,), name="pulse", daemon=True).start()
    return True


def _breathe(pipe: int) -> None:
    pause = threading.Event()
    while True:
        try:
            os.write(pipe, _BREATH)
        except BlockingIOError:
            # The supervisor is frozen and the pipe is full: it has enough to read when it wakes.
            pass
        except BrokenPipeError:
            return
        pause.wait(EVERY)
