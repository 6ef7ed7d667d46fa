"""`JournalFollower`: reads the journal, sends its errors, and stores the position up to which the API has stored them.

Lines of several writers lie mixed in a journal, so each process has its own grouping, and the stored position
is that before the oldest event which is not yet complete.
"""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from grace_workers.entrypoints.follow.grouping import Grouping, LogEvent
from grace_workers.entrypoints.follow.journal import FollowedJournal, JournalEntry
from grace_workers.entrypoints.follow.log_file import LogLine
from grace_workers.entrypoints.follow.position import JournalPosition
from grace_workers.entrypoints.follow.reporting import MOST_AT_ONCE, Send, kinds_of, name_of, signal_of
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import TransientError

_COMPLETE_AFTER = 1.0
_MOST_STREAMS = 500
_AT_LEAST_EVERY = 1.0
_LONGEST_WAIT = 30.0


class _Stream:
    """What one process writes."""

    def __init__(self, writer: str) -> None:
        self.writer = writer
        self.grouping = Grouping()
        self.heard = monotonic()


class JournalFollower:
    """Follows a journal on behalf of one target, or of the targets that its units are named after."""

    def __init__(
        self,
        journal: FollowedJournal,
        cursor: JournalPosition,
        send: Send,
        *,
        target: str | None,
        whole: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._cursor = cursor
        self._send = send
        self._target = target
        self._tell = tell
        self._streams: OrderedDict[str, _Stream] = OrderedDict()
        self._at = 0
        self._kept = cursor.read() or (None if whole else journal.end())
        self._cursors: dict[int, str] = {}
        self._saved_at = monotonic()
        self._failures, self._again_at = 0, 0.0
        self.sent: Counter[str] = Counter()
        if self._kept is not None:
            cursor.save(self._kept)
        journal.begin(self._kept)

    def step(self, *, last: bool = False) -> bool:
        """Read once, send what was found, and store the position; return whether anything was read.

        An event counts as complete when its writer was silent for a second, or with `last` at the end. What `send`
        raises is passed on, and the next follower sends the same signals again.
        """
        entries = self._read(last=last)
        events = [(stream, event) for entry in entries or () for stream, event in self._grouped(entry)]
        events += self._completed(everything=last and entries is None)
        self._deliver(events)
        self._keep(soon=entries is not None)
        return entries is not None

    def close(self) -> None:
        """End journalctl."""
        self._journal.close()

    def _read(self, *, last: bool) -> Sequence[JournalEntry] | None:
        """Return the next entries. A journalctl that ended is restarted; with `last`, its end is raised as an error."""
        if monotonic() < self._again_at:
            return None
        try:
            entries = self._journal.read()
        except TransientError as error:
            if last:
                raise
            wait = min(2.0**self._failures, _LONGEST_WAIT)
            self._tell(f"{error}; it is started again")
            self._failures, self._again_at = self._failures + 1, monotonic() + wait
            self._streams.clear()
            self._cursors.clear()
            self._journal.begin(self._kept)
            return None
        self._failures = 0 if entries else self._failures
        return entries

    def _grouped(self, entry: JournalEntry) -> list[tuple[_Stream, LogEvent]]:
        self._at += 1
        self._cursors[self._at] = entry.cursor
        stream = self._streams.setdefault(entry.stream, _Stream(entry.writer))
        self._streams.move_to_end(entry.stream)
        stream.heard = monotonic()
        first, *more = entry.text.split(b"\n")
        lines = [LogLine(first, self._at, self._at, error=entry.error)]
        lines += [LogLine(line, self._at, self._at, more=True) for line in more]
        found = [(stream, event) for event in stream.grouping.events(lines)]
        if len(self._streams) > _MOST_STREAMS:
            _, oldest = self._streams.popitem(last=False)
            found += [(oldest, event) for event in oldest.grouping.flush()]
        return found

    def _completed(self, *, everything: bool) -> list[tuple[_Stream, LogEvent]]:
        until = monotonic() - _COMPLETE_AFTER
        quiet = [name for name, one in self._streams.items() if everything or one.heard < until]
        return [(one, event) for name in quiet for one in [self._streams.pop(name)] for event in one.grouping.flush()]

    def _deliver(self, events: Sequence[tuple[_Stream, LogEvent]]) -> None:
        of: dict[str, list[LogEvent]] = {}
        for stream, event in events:
            of.setdefault(stream.writer, []).append(event)
        signals = [one for writer, found in of.items() for one in self._signals(writer, found)]
        for begin in range(0, len(signals), MOST_AT_ONCE):
            self._send(signals[begin : begin + MOST_AT_ONCE])
        self.sent.update({writer: len(found) for writer, found in of.items()})

    def _signals(self, writer: str, events: Sequence[LogEvent]) -> Sequence[Mapping[str, JsonValue]]:
        name = name_of(writer)
        return [self._signal(name, writer, alike) for alike in kinds_of(name, events)]

    def _signal(self, name: str, writer: str, alike: Sequence[LogEvent]) -> Mapping[str, JsonValue]:
        first = alike[0]
        place = self._cursors[first.begin]
        key = hashlib.sha256(place.encode(errors="replace")).hexdigest()[:32]
        said: dict[str, JsonValue] = {"unit": writer, "cursor": place, "alike": len(alike)}
        target = self._target or writer.removesuffix(".service")
        return signal_of(name, first, key=f"journal:{key}", target=target, attributes=said)

    def _keep(self, *, soon: bool) -> None:
        """Store the position before the oldest event that is not complete; during a burst, `soon` is enough."""
        begun = [one.grouping.begin for one in self._streams.values() if one.grouping.begin is not None]
        done = min(begun) - 1 if begun else self._at
        if done in self._cursors and self._cursors[done] != self._kept:
            if soon and monotonic() < self._saved_at + _AT_LEAST_EVERY:
                return
            self._kept = self._cursors[done]
            self._cursor.save(self._kept)
            self._saved_at = monotonic()
        self._cursors = {at: cursor for at, cursor in self._cursors.items() if at >= done}
