"""The filter of system calls, as a BPF program (seccomp(2)); what it does not name is allowed."""

from __future__ import annotations

import errno
import struct

from . import syscalls

_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
# Every kind of namespace that clone can make.
_NEW_NAMESPACES = 0x7E020000
_UNIX, _INET, _INET6 = 1, 2, 10
# TIOCSTI types into a terminal, TIOCLINUX pastes into one, TIOCSETD changes what drives it.
_TERMINAL_INJECTION = (0x5412, 0x541C, 0x5423)
_LONGEST_JUMP = 255


def filter_program(machine: str, *, sockets: bool, attributes: bool, truncation: bool) -> bytes:
    """Return the filter for a kind of machine.

    `sockets`: may make sockets of the internet and Unix families, because it has its own network; otherwise only
    pairs. `attributes`: may change owner, mode and times of files; otherwise changes of mode and times do nothing,
    others fail. `truncation`: may truncate by path.

    Raises:
        KeyError: there is no table for this kind of machine.
    """
    code = [_step(_LOAD, _ARCHITECTURE), *_unless(_EQUAL, syscalls.ARCHITECTURES[machine], _KILL)]
    code += [_step(_LOAD, _NUMBER), *_when(_GREATER, syscalls.NEWEST, _error(errno.ENOSYS))]
    code += _each(syscalls.numbers(syscalls.FORBIDDEN, machine), _error(errno.EPERM))
    code += _each(syscalls.numbers(syscalls.ABSENT, machine), _error(errno.ENOSYS))
    if not attributes:
        code += _each(syscalls.numbers(syscalls.OWNERSHIP, machine), _error(errno.EPERM))
        code += _each(syscalls.numbers(syscalls.ATTRIBUTES, machine), _error(0))
    if not truncation:
        code += _each(syscalls.numbers(syscalls.TRUNCATION, machine), _error(errno.EPERM))
    for pair, test in _by_argument(sockets=sockets):
        code += _in_call(syscalls.number(pair, machine), test)
    for number in syscalls.numbers(syscalls.OF_ONE_PROCESS, machine):
        code += _in_call(number, _only(_FIRST, (0,)))
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def _by_argument(*, sockets: bool) -> list[tuple[tuple[int, int], list[bytes]]]:
    families = (_UNIX, _INET, _INET6) if sockets else ()
    return [
        (syscalls.CLONE, [_step(_LOAD, _FIRST), *_when(_ANY_BIT, _NEW_NAMESPACES, _error(errno.EPERM))]),
        (syscalls.IOCTL, [_step(_LOAD, _SECOND), *_each(_TERMINAL_INJECTION, _error(errno.EPERM))]),
        (syscalls.SOCKET, _only(_FIRST, families, errno.EAFNOSUPPORT)),
        (syscalls.SOCKETPAIR, _only(_FIRST, (_UNIX,), errno.EAFNOSUPPORT)),
        # Its own priority (0, 0), and no other's.
        (syscalls.SETPRIORITY, [*_only(_FIRST, (0,))[:-1], *_only(_SECOND, (0,))]),
    ]


def _only(argument: int, values: tuple[int, ...], refusal: int = errno.EPERM) -> list[bytes]:
    """Refuse every value of an argument except these. The last step allows."""
    jumps = [_step(_EQUAL, value, len(values) - place, 0) for place, value in enumerate(values)]
    return [_step(_LOAD, argument), *jumps, _step(_RETURN, _error(refusal)), _step(_RETURN, _ALLOW)]


def _in_call(number: int, test: list[bytes]) -> list[bytes]:
    """Run a test in one system call, and stop there."""
    rest = test if test[-1] == _step(_RETURN, _ALLOW) else [*test, _step(_RETURN, _ALLOW)]
    if len(rest) > _LONGEST_JUMP:
        raise ValueError(f"the test of system call {number} has {len(rest)} steps, more than a jump can pass")
    return [_step(_EQUAL, number, 0, len(rest)), *rest]


def _each(values: tuple[int, ...] | list[int], verdict: int) -> list[bytes]:
    return [step for value in values for step in _when(_EQUAL, value, verdict)]


def _when(comparison: int, value: int, verdict: int) -> list[bytes]:
    return [_step(comparison, value, 0, 1), _step(_RETURN, verdict)]


def _unless(comparison: int, value: int, verdict: int) -> list[bytes]:
    return [_step(comparison, value, 1, 0), _step(_RETURN, verdict)]


def _error(number: int) -> int:
    return _REFUSE | number


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)
