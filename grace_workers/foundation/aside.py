"""`Aside`: runs a long computation where it keeps no thread of this process waiting."""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from grace_workers.foundation.document import JsonValue


class Aside(Protocol):
    """Runs a pure function of a module, which gets and returns data, in a process of its own."""

    def __call__(
        self, function: Callable[[JsonValue], JsonValue], given: JsonValue, /, *, within: timedelta
    ) -> JsonValue:
        """Return what the function returns.

        Raises:
            GraceError: the function raised one of that type.
            PermanentError: the function raised any other error.
            TransientError: its process could not be started, was killed, or did not end within that time.
        """
        ...
