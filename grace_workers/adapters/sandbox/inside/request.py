"""What the host asks the launcher to run, and what comes back, over one socket that is also the lifeline.

A request is written by `marshal`, which Python has loaded anyway, and only ever goes from the host to the launcher. The
reply is lines of words, because the host trusts it less.
"""

from __future__ import annotations

import marshal
import os

KILL = b"k"
STARTED, REFUSED, ENDED = "started", "refused", "ended"
_LENGTH = 4
_LONGEST = 1 << 20


class LaunchRequest:
    """One program to run. `read` and `write` are what it may open; `watch` are the folders whose growth is limited.

    `landlock` is the version of Landlock to confine it by, 0 for none. `own` says that it has its own mounts,
    network and processes. `uid` is the user to become, None to stay. `limits` are in bytes and seconds.
    """

    argv: list[str]
    folder: str
    environment: dict[str, str]
    read: list[str]
    write: list[str]
    watch: list[str]
    landlock: int
    own: bool
    uid: int | None
    limits: dict[str, float]

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)

    def limit(self, name: str) -> int:
        """Return a limit as a whole number, rounded up."""
        return -int(-self.limits[name] // 1)

    def written(self) -> bytes:
        """Return it in the form in which it is sent."""
        content = marshal.dumps(self.__dict__)
        return len(content).to_bytes(_LENGTH, "big") + content


def receive(control: int) -> LaunchRequest:
    """Read the request. Raises OSError when the host has gone or asks for too much."""
    length = int.from_bytes(_exactly(control, _LENGTH), "big")
    if length > _LONGEST:
        raise OSError(f"a request of {length} bytes; at most {_LONGEST} are read")
    return LaunchRequest(**marshal.loads(_exactly(control, length)))  # noqa: S302 - the host wrote it


def tell(control: int, *words: object) -> None:
    """Send one line to the host; None becomes an empty word. A host that has gone needs no answer."""
    texts = ["" if word is None else " ".join(str(word).split()) for word in words]
    line = "\t".join(texts).encode() + b"\n"
    try:
        while line:
            line = line[os.write(control, line) :]
    except (BrokenPipeError, ConnectionResetError):
        return


def _exactly(control: int, length: int) -> bytes:
    content = b""
    while len(content) < length:
        part = os.read(control, length - len(content))
        if not part:
            raise OSError("the host ended before it said what to run")
        content += part
    return content
