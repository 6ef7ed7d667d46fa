"""Asking a child's self-test without ever waiting for it."""

import threading
import time
from collections.abc import Callable

_PATIENCE = 5.0


class SelfTest:
    """Runs one self-test at a time on a thread of its own: a test that hangs must not hide that its child has ended."""

    def __init__(self, check: Callable[[], bool]) -> None:
        self.trouble: str | None = None
        self._check = check
        self._asked: float | None = None
        self._answer: bool | None = None

    def ask(self) -> None:
        """Begin a test, unless one is under way."""
        if self._asked is None:
            self._asked = time.monotonic()
            threading.Thread(target=self._run, name="self-test", daemon=True).start()

    def answer(self) -> bool | None:
        """Return the newest answer once, or None while there is none. A test that takes too long has failed."""
        answer, self._answer = self._answer, None
        if answer is None and self._asked is not None and time.monotonic() - self._asked > _PATIENCE:
            self.trouble = f"self-test: no answer within {_PATIENCE:g} s"
            return False
        return answer

    def _run(self) -> None:
        passed = False
        try:
            passed = self._check()
        except Exception as error:  # noqa: BLE001 - a self-test is foreign code: one that breaks has failed
            self.trouble = f"self-test: {error}"
        self._answer = passed
        self._asked = None
