"""System calls that the standard library does not offer."""

from __future__ import annotations

import ctypes

SIGKILL, SIGPIPE, SIGSTOP, SIGXCPU, SIGXFSZ = 9, 13, 19, 24, 25
"""Signals, as Linux numbers them on the machines that have tables here."""
_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_KEEP_CAPABILITIES = 1, 4, 8
_SET_SECCOMP, _SET_SUBREAPER, _SET_NO_NEW_PRIVILEGES, _AMBIENT = 22, 36, 38, 47
_FILTER = 2
_RAISE_AMBIENT = 2
_CAPABILITY_VERSION = 0x20080522
READ_ANY_FILE = 2
"""CAP_DAC_READ_SEARCH."""


def syscall(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call. Raises OSError."""
    given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    answer: int = _libc().syscall(ctypes.c_long(number), *given)
    if answer < 0:
        raise OSError(ctypes.get_errno(), f"system call {number} is refused")
    return answer


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _control(_SET_SUBREAPER, 1)


def hide_memory() -> None:
    """Keep other processes of this user from reading or writing this one's memory."""
    _control(_SET_DUMPABLE, 0)


def show_memory() -> None:
    """Own the files below /proc/self again."""
    _control(_SET_DUMPABLE, 1)


def die_with_parent(signal_number: int) -> None:
    """Get that signal when the parent ends. A change of user clears it."""
    _control(_SET_PARENT_DEATH_SIGNAL, signal_number)


def gain_nothing_by_exec() -> None:
    """Let no setuid program or file capability give more rights, irrevocably."""
    _control(_SET_NO_NEW_PRIVILEGES, 1)


def install_filter(program: bytes) -> None:
    """Put a BPF program before every system call, irrevocably."""
    instructions = ctypes.create_string_buffer(program, len(program))

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    described = Filter(len(program) // 8, ctypes.addressof(instructions))
    _control(_SET_SECCOMP, _FILTER, ctypes.addressof(described))


def keep_capabilities() -> None:
    """Keep what is permitted over the next change of user."""
    _control(_SET_KEEP_CAPABILITIES, 1)


def hold_only(capability: int | None) -> None:
    """Give up every capability but this one, which then survives exec. Raises OSError when it is not held."""
    bits = 0 if capability is None else 1 << capability
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)
    if _libc().capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset is refused")
    if capability is not None:
        _control(_AMBIENT, _RAISE_AMBIENT, capability)


def default_action(number: int) -> None:
    """Restore a signal's default action. Python ignores two of them."""
    _libc().signal(ctypes.c_int(number), ctypes.c_void_p(0))


def _control(option: int, first: int, second: int = 0) -> None:
    long = ctypes.c_ulong
    if _libc().prctl(ctypes.c_int(option), long(first), long(second), long(0), long(0)) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option} is refused")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
