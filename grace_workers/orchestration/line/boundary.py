"""Where the line calls the code of drivers, checks and primitives."""

from collections.abc import Iterator
from contextlib import contextmanager

from grace_workers.foundation.errors import GraceError, PermanentError
from grace_workers.foundation.redaction import starred

_LONGEST = 2000


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Make any error of other code one of ours, so that the stage which called it ends as it does for every failure.

    Raises:
        PermanentError: the code raised an error that is none of ours; `what` failed, with that error's name and words.
    """
    try:
        yield
    except GraceError:
        raise
    except Exception as error:
        raise PermanentError(starred(f"{what} failed: {type(error).__name__}: {error}")[:_LONGEST]) from error
