"""Running a child's self-test without ever waiting for it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class SelfTestAnswer:
    """Whether the test passed; if not, what is wrong and, if something else is the cause, what.

    `late` if there was no answer in time, so that it is unknown whether it would have passed.
    """

    passed: bool
    trouble: str | None = None
    excuse: str | None = None
    late: bool = False


class SelfTest:
    """Runs one self-test at a time on a separate thread, because a hanging test must not hide that its child has ended.

    A test that raises TimeoutError has had no answer. After a failed one, `excuse` is asked, on the same thread,
    what else may be the cause.
    """

    def __init__(self, check: Callable[[], bool], excuse: Callable[[], str | None] = lambda: None) -> None:
        self._check = check
        self._excuse = excuse
        self._asked: float | None = None
        self._answer: SelfTestAnswer | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a test has begun and has not answered yet."""
        return self._asked is not None

    def ask(self) -> None:
        """Begin a test, unless one is in progress."""
        if self._asked is None:
            self._asked = time.monotonic()
            threading.Thread(target=self._run, name="self-test", daemon=True).start()

    def answer(self) -> SelfTestAnswer | None:
        """Return the newest answer once, or None while there is none. A test that takes too long has failed.

        The cause of an unanswered test is still unknown, so it is excused.
        """
        answer, self._answer = self._answer, None
        asked = self._asked
        if answer is None and asked is not None and time.monotonic() - asked > _PATIENCE:
            late = f"self-test: no answer within {_PATIENCE:g} s"
            return SelfTestAnswer(passed=False, trouble=late, excuse=late, late=True)
        return answer

    def _run(self) -> None:
        trouble = None
        passed = late = False
        try:
            passed = self._check()
        except TimeoutError as error:
            late, trouble = True, f"self-test: no answer: {error}"
        except Exception as error:  # noqa: BLE001 - a self-test is foreign code: one that breaks has failed
            trouble = f"self-test: {error}"
        self._answer = SelfTestAnswer(passed) if passed else self._failed(trouble, late=late)
        self._asked = None

    def _failed(self, trouble: str | None, *, late: bool) -> SelfTestAnswer:
        try:
            excuse = self._excuse()
        except Exception as error:  # noqa: BLE001 - nor does what cannot be asked excuse anything
            excuse, trouble = None, trouble or f"self-test: {error}"
        return SelfTestAnswer(
            passed=False, trouble=trouble or (excuse and f"waits: {excuse}"), excuse=excuse, late=late
        )
