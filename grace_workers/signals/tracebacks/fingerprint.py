"""The keys of a traceback, finest first: the path through the code, the fault, the kind of trouble.

The fault is named by the innermost exception: its type, the last place in the user's own code, and the function that
raised it. If one line raises several faults that differ only in the message, the message counts, masked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from grace_workers.signals.templates.masking import key_of
from grace_workers.signals.templates.shape import shape
from grace_workers.signals.tracebacks.traceback import Frame, Link, Raised, exceptions

_FOREIGN = re.compile(
    r"[/\\](?:site|dist)-packages[/\\]|[/\\]lib(?:64)?[/\\]python3[.\d]*[/\\]|[/\\]Lib[/\\]"
    r"|^<(?!stdin|string|doctest)"
)
# Folders of a deployment, which say nothing about the code in them.
_DEPLOYED = frozenset(
    {"app", "apps", "src", "code", "current", "release", "releases", "site", "workspace", "project"}
    | {"srv", "opt", "home", "usr", "local", "lib", "bin", "root", "tmp"}
)
_LIBRARIES = re.compile(r".*[/\\](?:(?:site|dist)-packages|python3[.\d]*|Lib)[/\\]", re.DOTALL)
_INLINED = frozenset({"<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>", "<lambda>"})
_ERRNO = re.compile(r"\[(?:Errno|WinError) (-?[0-9]+)\]")
_QUOTED = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_DIGITS = re.compile(r"[0-9]+")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Three keys of one traceback, each refining the next."""

    exact: str
    cause: str
    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TracebackFault:
    """What a traceback is about: the innermost exception, where in the user's own code it occurred, and the keys.

    `place` is `module:function`; empty if no frame is shown.
    """

    exception: str
    message: str
    place: str
    keys: Fingerprint


def fault_in(text: str) -> TracebackFault | None:
    """Return the fault of the traceback in `text`, or None when there is none."""
    chain = exceptions(text)
    if not chain:
        return None
    root = cause_of(chain)
    raising = _functional(root.frames)
    kind, place = _bare(root.type), _place(_last_own(root.frames))
    cause = [kind, place, _place(raising), _said(root, raising)]
    path = [f"{_bare(one.type)}:{'>'.join(map(_place, one.frames))}" for one in chain]
    keys = Fingerprint(exact=_digest([*cause, *path]), cause=_digest(cause), family=_digest([kind]))
    return TracebackFault(exception=kind, message=root.message, place=place, keys=keys)


def raised_in(text: str) -> Raised | None:
    """Return the exception to blame for the traceback in `text`; None when there is none with frames."""
    chain = exceptions(text)
    root = cause_of(chain) if chain else None
    return root if root is not None and root.frames else None


def fingerprint(text: str) -> Fingerprint | None:
    """Return the keys of the traceback in `text`, or None when there is none."""
    found = fault_in(text)
    return None if found is None else found.keys


def cause_of(chain: Sequence[Raised]) -> Raised:
    """Return the exception to blame: the innermost cause.

    An exception that came while another was handled is blamed by itself, unless the very function that handled the
    other raised it right there: that is a translation, and the other is its cause.
    """
    at = len(chain) - 1
    while at > 0 and chain[at].link is not Link.FIRST:
        if chain[at].link is Link.MEANWHILE and not _translates(chain[at], chain[at - 1]):
            break
        at -= 1
    while at + 1 < len(chain) and chain[at + 1].link is Link.MEMBER:
        at += 1
    return chain[at]


def _translates(later: Raised, earlier: Raised) -> bool:
    if not later.frames or not later.frames[-1].code.startswith("raise"):
        return False
    last = later.frames[-1]
    return any(one.path == last.path and one.function == last.function for one in earlier.frames)


def _last_own(frames: Sequence[Frame]) -> Frame | None:
    own = [one for one in frames if not _FOREIGN.search(one.path)] or frames
    return _functional(own)


def _functional(frames: Sequence[Frame]) -> Frame | None:
    """Return the innermost frame that every version of Python has, because comprehensions are inlined from 3.12 on."""
    return next((one for one in reversed(frames) if one.function not in _INLINED), frames[-1] if frames else None)


def _said(root: Raised, raising: Frame | None) -> str:
    """Return what distinguishes faults that are raised in one place."""
    errno = _ERRNO.search(root.message)
    if errno:
        return errno[1]
    code = raising.code if raising else ""
    if not code.startswith("raise"):
        return "" if raising and code else _template(root.message)
    named = _bare(root.type) in _IDENTIFIER.findall(code)
    if raising and not _FOREIGN.search(raising.path):
        return _DIGITS.sub("#", code) if named and not code.endswith("(") else _template(root.message)
    return "" if named else _template(root.message)


def _template(message: str) -> str:
    first = next((line for line in message.splitlines() if line.strip()), "")
    return shape(key_of(_QUOTED.sub("0", first)))


def _place(frame: Frame | None) -> str:
    if frame is None:
        return ""
    path = frame.path
    if _FOREIGN.search(path):
        path = _LIBRARIES.sub("", path)
        steps = re.split(r"[/\\]", path)[-3:]
    else:
        steps = re.split(r"[/\\]", path)[-2:]
        steps = [step for step in steps[:-1] if step.isidentifier() and step not in _DEPLOYED] + steps[-1:]
    module = ".".join(step for step in steps if step).removesuffix(".py")
    return f"{module}:{frame.function}" if frame.function else module


def _bare(name: str) -> str:
    return name.rpartition(".")[2]


def _digest(parts: Sequence[str]) -> str:
    return blake2b("\x1f".join(parts).encode(errors="backslashreplace"), digest_size=8).hexdigest()
