"""`Follower`: reads the logs, sends their errors, and stores the positions once the API has stored what precedes them.

After a crash at any moment the positions lag behind what was sent, so some is sent again; its key marks it as the same.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic

from grace_workers.entrypoints.follow.grouping import Grouping, LogEvent
from grace_workers.entrypoints.follow.log_file import FollowedLog
from grace_workers.entrypoints.follow.position import LogPosition, Positions
from grace_workers.entrypoints.follow.reporting import MOST_AT_ONCE, Send, kinds_of, name_of, signal_of
from grace_workers.foundation.document import JsonValue

_AT_LEAST_EVERY = 1.0


class Follower:
    """Follows some logs on behalf of one target. `send` returns once the signals are stored."""

    def __init__(
        self, logs: Sequence[Path], positions: Positions, send: Send, *, target: str | None, whole: bool = False
    ) -> None:
        known = positions.read()
        self._positions = positions
        self._send = send
        self._target = target
        self._logs = [
            (FollowedLog(path, known.get(str(path)), whole=whole), Grouping())
            for path in (one.absolute() for one in logs)
        ]
        self._kept: dict[str, LogPosition] = dict(known)
        self._quiet: Counter[Path] = Counter()
        self._unsaved, self._saved_at = False, monotonic()
        self.sent: Counter[str] = Counter()

    @property
    def lost(self) -> Sequence[Path]:
        """The logs whose stored position no longer existed, so that what came between was not read."""
        return [log.path for log, _ in self._logs if log.lost]

    def step(self, *, last: bool = False) -> bool:
        """Read once from every log, send what was found, and store the positions; return whether anything was read.

        An event at the end counts as complete when nothing more came for two steps, or with `last`. What `send`
        raises is passed on, and the next follower sends the same signals again.
        """
        read = [self._step(log, grouping, last=last) for log, grouping in self._logs]
        return any(read)

    def close(self) -> None:
        """Close the files."""
        for log, _ in self._logs:
            log.close()

    def _step(self, log: FollowedLog, grouping: Grouping, *, last: bool) -> bool:
        blocks = log.read()
        self._quiet[log.path] = self._quiet[log.path] + 1 if blocks is None else 0
        events = list(grouping.events_in(blocks or ()))
        if blocks is None and (last or self._quiet[log.path] > 1):
            events += grouping.flush()
        self._deliver(log, events)
        self._keep(log, log.done if grouping.begin is None else grouping.begin, soon=blocks is not None)
        if blocks is not None:
            return True
        ending = log.turn()
        if ending is None:
            return False
        self._deliver(log, [*grouping.events_in(ending), *grouping.flush()])
        return True

    def _deliver(self, log: FollowedLog, events: Sequence[LogEvent]) -> None:
        signals = self._signals(log, events)
        for begin in range(0, len(signals), MOST_AT_ONCE):
            self._send(signals[begin : begin + MOST_AT_ONCE])
        self.sent[str(log.path)] += len(events)

    def _signals(self, log: FollowedLog, events: Sequence[LogEvent]) -> Sequence[Mapping[str, JsonValue]]:
        """Return a signal for each kind of error: of equal ones the first, with their number."""
        name = name_of(log.path.name)
        place = log.position(0)
        of = "" if place is None else f"{place.device}:{place.inode}"
        return [self._signal(log, name, of, alike) for alike in kinds_of(name, events)]

    def _signal(self, log: FollowedLog, name: str, of: str, alike: Sequence[LogEvent]) -> Mapping[str, JsonValue]:
        first = alike[0]
        key = hashlib.sha256(f"{of}:{first.begin}:{first.text}".encode(errors="replace")).hexdigest()[:32]
        said: dict[str, JsonValue] = {"path": str(log.path), "offset": first.begin, "alike": len(alike)}
        return signal_of(name, first, key=f"log:{key}", target=self._target, attributes=said)

    def _keep(self, log: FollowedLog, offset: int, *, soon: bool) -> None:
        """Store the position; during a burst, `soon` is enough."""
        place = log.position(offset)
        if place is not None and self._kept.get(str(log.path)) != place:
            self._kept[str(log.path)] = place
            self._unsaved = True
        if self._unsaved and not (soon and monotonic() < self._saved_at + _AT_LEAST_EVERY):
            self._positions.save(self._kept)
            self._unsaved, self._saved_at = False, monotonic()
