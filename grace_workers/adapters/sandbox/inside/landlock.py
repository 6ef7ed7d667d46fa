"""Landlock: a process irrevocably gives up all access to files except what rules name (Linux 5.13; landlock(7))."""

from __future__ import annotations

import ctypes
import os
import stat
import struct

from .kernel import syscall

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_BELOW_PATH = 1

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_DEVICES = 1 << 6 | 1 << 11
_TRUNCATE, _DEVICE_CONTROL = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE_CONTROL
_READING = _EXECUTE | _READ | _LIST
# How many file rights each version knows: 2 added moves between folders, 3 truncation, 5 device controls.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_MOST_RIGHTS = 16
_CONTROLS_TCP, _SCOPES = 4, 6
CONTROLS_TRUNCATION = 3
_BIND_AND_CONNECT = 3
_ABSTRACT_SOCKETS_AND_SIGNALS = 3


def version() -> int:
    """Return the version of Landlock in this kernel, 0 without it."""
    try:
        return syscall(_CREATE, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def restrict(read: list[str], write: list[str], *, of_version: int) -> None:
    """Give up all access except reading below `read` and everything but making devices below `write`.

    No TCP either, and no signals or abstract sockets to processes outside, if this version of Landlock supports
    those.

    Raises:
        OSError: Landlock refuses.
    """
    handled = (1 << _RIGHTS.get(of_version, _MOST_RIGHTS)) - 1
    fields = [handled]
    if of_version >= _CONTROLS_TCP:
        fields.append(_BIND_AND_CONNECT)
    if of_version >= _SCOPES:
        fields.append(_ABSTRACT_SOCKETS_AND_SIGNALS)
    size = 8 * len(fields)
    ruleset = syscall(_CREATE, _buffer(struct.pack(f"={len(fields)}Q", *fields)), size, 0)
    try:
        for path in read:
            _allow(ruleset, path, handled & _READING)
        for path in write:
            _allow(ruleset, path, handled & ~_MAKE_DEVICES)
        syscall(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow `rights` below `path`; one that does not exist is skipped, because systems differ in what they have."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        syscall(_ADD_RULE, ruleset, _BELOW_PATH, _buffer(struct.pack("=Qi", rights, place)), 0)
    finally:
        os.close(place)


def _buffer(content: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(content, len(content))
