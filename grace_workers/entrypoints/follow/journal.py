"""Reading the journal of systemd as it grows, by `journalctl`: entries with their places, through rotation.

Of an entry whose JSON is longer than `LONGEST_ENTRY` nothing is kept but that there was one.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grace_workers.entrypoints.follow.log_file import LONGEST_LINE
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import NotFoundError, TransientError

CHUNK = 1 << 20
LONGEST_ENTRY = 8 << 20
_FIELDS = "MESSAGE,PRIORITY,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,_PID"
_ERROR = 3
_ENDS_WITHIN = 5
_ANSWERS_WITHIN = 60
_LONGEST_WORDS = 300


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry. `writer` is the unit, or else the program; `stream` tells apart the processes of a writer."""

    cursor: str
    writer: str
    stream: str
    text: bytes
    error: bool


class FollowedJournal:
    """The journal of this machine, or the one in `folder`; with `units`, only theirs.

    With `once` it ends where it ends now.
    """

    def __init__(self, units: Sequence[str] = (), *, folder: Path | None = None, once: bool = False) -> None:
        program = shutil.which("journalctl")
        if program is None:
            raise NotFoundError("there is no journalctl on this machine, so no journal can be followed; leave it out")
        self._command = [program, "--output=json", "--all", "--no-pager", f"--output-fields={_FIELDS}"]
        self._command += [f"--directory={folder}"] if folder else []
        self._units = [f"--unit={unit}" for unit in units]
        self._once = once
        self._running: subprocess.Popen[bytes] | None = None
        self._said = ""
        self._partial = bytearray()
        self._cut = False
        self.cut = 0

    def end(self) -> str | None:
        """Return the cursor of the newest entry, None for an empty journal. Raises TransientError."""
        told = subprocess.run(  # noqa: S603 - the program of this machine, and options of ours
            [*self._command, "--lines=1"], capture_output=True, check=False, timeout=_ANSWERS_WITHIN
        )
        if told.returncode:
            raise TransientError(f"journalctl ended with status {told.returncode}: {told.stderr.decode()[-300:]}")
        entries = [entry for line in told.stdout.splitlines() if (entry := entry_of(line))]
        return entries[-1].cursor if entries else None

    def begin(self, cursor: str | None) -> None:
        """Read on behind the cursor, as far as the journal still reaches back; without one, from its start."""
        self.close()
        where = [f"--after-cursor={cursor}"] if cursor else []
        follow = [] if self._once else ["--follow"]
        self._running = subprocess.Popen(  # noqa: S603 - as above; units go behind an option's name
            [*self._command, *self._units, *follow, "--no-tail", *where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if self._running.stdout is not None:
            os.set_blocking(self._running.stdout.fileno(), self._once)

    def read(self) -> Sequence[JournalEntry] | None:
        """Return the next entries; None if nothing arrived.

        Raises:
            TransientError: journalctl ended; `begin` restarts it.
        """
        running = self._running
        if running is None or running.stdout is None:
            raise TransientError("the journal is not being read; begin")
        try:
            raw = os.read(running.stdout.fileno(), CHUNK)
        except BlockingIOError:
            return None
        if raw:
            return list(self._entries(raw))
        status = running.wait(_ENDS_WITHIN)
        if not self._once or status:
            raise TransientError(f"journalctl ended with status {status}: {self._said or 'it gave no reason'}")
        return None

    def close(self) -> None:
        """End journalctl."""
        running, self._running = self._running, None
        if running is None:
            return
        running.terminate()
        try:
            running.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(_ENDS_WITHIN)
        if running.stdout is not None:
            running.stdout.close()
        self._partial.clear()

    def _entries(self, raw: bytes) -> Iterator[JournalEntry]:
        *whole, rest = raw.split(b"\n")
        for line in whole:
            said = b"" if self._cut else bytes(self._partial + line)
            self._partial.clear()
            self._cut = False
            entry = entry_of(said)
            if entry is not None:
                yield entry
            elif said:
                # What is no entry is what journalctl says itself.
                self._said = said[:_LONGEST_WORDS].decode(errors="replace")
        if not self._cut:
            self._partial += rest
        if len(self._partial) > LONGEST_ENTRY:
            self._partial.clear()
            self._cut = True
            self.cut += 1


def entry_of(line: bytes) -> JournalEntry | None:
    """Return the entry that a line of JSON describes; None for anything else."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("__CURSOR"), str):
        return None
    writer = (_words(said.get("_SYSTEMD_UNIT")) or _words(said.get("SYSLOG_IDENTIFIER")) or b"unknown").decode(
        errors="replace"
    )
    priority = _words(said.get("PRIORITY"))
    return JournalEntry(
        cursor=said["__CURSOR"],
        writer=writer,
        stream=f"{writer}:{_words(said.get('_PID')).decode(errors='replace')}",
        text=_words(said.get("MESSAGE"))[:LONGEST_LINE],
        error=priority.isdigit() and int(priority) <= _ERROR,
    )


def _words(value: JsonValue) -> bytes:
    """Return the bytes of a field: text, or numbers where it is not text; of several values, the first."""
    match value:
        case str():
            return value.encode(errors="surrogatepass")
        case [int(), *_] if all(isinstance(one, int) and 0 <= one < 256 for one in value):  # noqa: PLR2004 - bytes
            return bytes(one for one in value if isinstance(one, int))
        case [str() | list() as first, *_]:
            return _words(first)
        case _:
            return b""
