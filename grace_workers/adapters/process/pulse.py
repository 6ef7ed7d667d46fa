"""The pulse: a pipe into which a child breathes while its threads run. Not a file, so no full disk can stop it."""

import os
import threading
from collections.abc import MutableMapping

VARIABLE = "GRACE_PULSE"
EVERY = 0.25
_BREATH = b"."
_MOST = 4096


def begin_pulse(environment: MutableMapping[str, str]) -> bool:
    """Breathe from now on, on a thread of its own, when a supervisor listens; tell whether one does.

    The variable is taken out of `environment` and the pipe is closed to programs that this process starts: only its
    own breath counts.
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


class Listening:
    """The supervisor's end of one child's pulse."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._open = True

    def handed_over(self) -> None:
        """Close our copy of the writing end, once the child has its own or could not be started."""
        if self._open:
            self._open = False
            os.close(self.writing)

    def heard(self) -> bool:
        """Whether the child has breathed since the last time."""
        try:
            return bool(os.read(self._reading, _MOST))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Stop listening."""
        self.handed_over()
        os.close(self._reading)
