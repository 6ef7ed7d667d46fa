"""The signed positions in a log: its own checkpoints and the anchors outside, merged by size."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from grace_workers.audit.findings import Anchored, Material
from grace_workers.audit.note import Checkpoint, NoteError, read_checkpoint

LOG = "log"


class BrokenError(Exception):
    """Verification met a contradiction at entry `seq`."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq = seq
        self.why = why


@dataclass(frozen=True, slots=True)
class Mark:
    """A checkpoint and where it was kept."""

    checkpoint: Checkpoint
    note: str
    place: str
    at: datetime | None


def marks(material: Material, origin: str) -> Iterator[Mark]:
    """Yield all marks by size; of one size, the log's own first. Anchors of another origin concern another log.

    Raises:
        BrokenError: a note is malformed, or the notes of a place go back.
    """
    streams = [_own(material.checkpoints, origin)]
    streams += [_outside(place, kept, origin) for place, kept in sorted(material.anchors.items())]
    return heapq.merge(*streams, key=lambda mark: mark.checkpoint.size)


def _own(checkpoints: Iterable[tuple[int, str]], origin: str) -> Iterator[Mark]:
    before = -1
    for size, note in checkpoints:
        checkpoint = _read(note, max(size - 1, 0), "a checkpoint")
        if checkpoint.origin != origin:
            raise BrokenError(max(size - 1, 0), f"the checkpoint at {size} belongs to another log, {checkpoint.origin}")
        if checkpoint.size != size or size <= before:
            raise BrokenError(max(size - 1, 0), f"the checkpoint stored at {size} covers {checkpoint.size} entries")
        before = size
        yield Mark(checkpoint, note, LOG, None)


def _outside(place: str, kept: Iterable[Anchored], origin: str) -> Iterator[Mark]:
    before = 0
    for anchored in kept:
        checkpoint = _read(anchored.note, before, f"an anchor of place {place!r}")
        if checkpoint.origin != origin:
            if f"\u2014 {origin} " in anchored.note:
                raise BrokenError(
                    before,
                    f"an anchor of place {place!r} was altered: this log signed it, but "
                    f"its first line names another log",
                )
            continue
        if checkpoint.size < before:
            raise BrokenError(checkpoint.size, f"the anchors of {place!r} go back from {before} to {checkpoint.size}")
        before = checkpoint.size
        yield Mark(checkpoint, anchored.note, place, anchored.at)


def _read(note: str, seq: int, what: str) -> Checkpoint:
    try:
        return read_checkpoint(note)
    except NoteError as error:
        raise BrokenError(seq, f"{what} cannot be read: {error}") from error
