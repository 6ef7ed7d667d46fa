"""What the kernel itself says about the machine's clock."""

import ctypes
import os

from grace_workers.foundation.errors import PermanentError

_MICRO = 1_000_000


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("micros", ctypes.c_long))


class _Clock(ctypes.Structure):
    """`struct timex` of Linux. With no `modes` it is only read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Time),
        ("tick", ctypes.c_long),
        ("more", ctypes.c_long * 32),
    )


def clock_error() -> float:
    """Return by how many seconds the clock may be off at most; 16 where nothing keeps it right.

    Raises:
        PermanentError: this system does not tell.
    """
    system, found = ctypes.CDLL(None, use_errno=True), _Clock()
    ask = getattr(system, "adjtimex", None)
    if ask is None:
        raise PermanentError("this system has no adjtimex, so how right its clock is cannot be read")
    if ask(ctypes.byref(found)) < 0:
        raise PermanentError(f"the clock of the machine cannot be read: {os.strerror(ctypes.get_errno())}")
    return float(found.maxerror) / _MICRO
