"""The one error tree. The type answers "may I try again?".

GraceError
├── InputError        the caller's mistake; the message names the remedy; never retried
├── NotFoundError     the thing named does not exist
├── ConflictError     the thing has changed or is in another state
├── TransientError    try again, after `retry_after` when given
│   └── ThrottledError    our own rate limit held the call back, so it says nothing about what was to be called
├── PermanentError    trying again cannot help
└── IntegrityError    stored data contradicts itself; stop and look
    └── DamagedError      one kept copy is damaged; the message says which, and what to use instead
"""

from datetime import timedelta


class GraceError(Exception):
    """The root: everything this product raises on purpose."""


class InputError(GraceError):
    """What came in is not acceptable; the message says what, with which value, and what to do."""


class NotFoundError(GraceError):
    """The named thing does not exist."""


class ConflictError(GraceError):
    """The thing is not in the state, or not at the version, that the caller supposed."""


class TransientError(GraceError):
    """A failure that may pass. `retry_after` is the shortest useful wait, if known."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ThrottledError(TransientError):
    """No call was made, because our own rate limit held it back; whether the other side answers is unknown."""


class PermanentError(GraceError):
    """A failure that retrying cannot fix."""


class IntegrityError(GraceError):
    """Stored data contradicts itself or its proof."""


class DamagedError(IntegrityError):
    """One kept copy is not what was kept, so it is not used; everything else goes on."""
