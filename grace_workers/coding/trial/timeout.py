"""A signal that ends a test or a call that runs too long, as an error that the code under test does not catch."""

from types import FrameType


class OutOfTimeError(BaseException):
    """It has exceeded its time. No `except Exception` of the code under test stops it."""


def out_of_time(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal.

    Raises:
        OutOfTimeError: always.
    """
    raise OutOfTimeError("it has run for longer than it may")
