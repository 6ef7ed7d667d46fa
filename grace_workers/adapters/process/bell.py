"""A bell that ends a wait early, for the thread that keeps a child running and sleeps until something happens."""

import os
import select
import threading


class Bell:
    """Rung from any thread; one thread waits for it. `close` it when that thread ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._descriptor: int | None = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def ring(self) -> None:
        """End the current wait, or the next one."""
        with self._lock:
            if self._descriptor is not None:
                os.eventfd_write(self._descriptor, 1)

    def wait(self, seconds: float, *others: int) -> bool:
        """Wait until it rings, another descriptor can be read, or the seconds have passed; return whether it rang."""
        descriptor = self._descriptor
        if descriptor is None:
            return True
        heard = select.poll()
        for one in (descriptor, *others):
            heard.register(one, select.POLLIN)
        heard.poll(seconds * 1000)
        try:
            return bool(os.eventfd_read(descriptor))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Stop waiting and ringing."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
