"""The supervisor's end of a pulse."""

import os

_MOST = 4096


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
        """Return whether the child has sent its pulse since the last call."""
        try:
            return bool(os.read(self._reading, _MOST))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Stop listening."""
        self.handed_over()
        os.close(self._reading)
