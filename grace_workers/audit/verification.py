"""Verification: one pass over the streams of a log, one finding. It fails closed.

A missing seal, a gap, an unsigned tail, an unknown key or a missing anchor never counts as intact.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any

from grace_workers.audit.contents import Contents
from grace_workers.audit.envelope import SHAPE, members
from grace_workers.audit.findings import CannotTell, Finding, Intact, Material, ReaderPolicy, SealedRow, Tampered
from grace_workers.audit.hashing import chain_start
from grace_workers.audit.marks import LOG, BrokenError, Mark, marks
from grace_workers.audit.note import Checkpoint, NoteError, VerifierKey, signed_by
from grace_workers.audit.rotation import ROTATE, endorsed
from grace_workers.audit.set_aside import SET_ASIDE, Notice
from grace_workers.audit.tree import Frontier
from grace_workers.foundation.canonical import timestamp
from grace_workers.foundation.errors import GraceError

_CHUNK = 1024


def verify(material: Material, policy: ReaderPolicy, now: datetime) -> Finding:
    """Read the whole of `material` once and return whether the log is as it was signed."""
    reading = _Reading(material, policy, now)
    try:
        return reading.finding()
    except BrokenError as error:
        return Tampered(error.seq, error.why)
    except GraceError as error:
        return CannotTell(str(error))


@dataclass(slots=True)
class _Keys:
    """The epochs: the key in force, and the next one once the closing checkpoint has been passed."""

    current: VerifierKey
    following: VerifierKey | None = None
    closing: int = 0
    closed: bool = False

    @property
    def in_force(self) -> tuple[VerifierKey, ...]:
        """The keys that may sign at this position."""
        return (self.current, self.following) if self.following is not None and self.closed else (self.current,)

    def rotate(self, seq: int, following: VerifierKey) -> None:
        self.following, self.closing, self.closed = following, seq + 1, False

    def step(self, size: int) -> None:
        """Advance past `size` entries; the closing checkpoint must have been passed by then."""
        if self.following is None or size < self.closing:
            return
        if not self.closed:
            raise BrokenError(self.closing - 1, "the key was rotated here, but no closing checkpoint follows")
        self.current, self.following = self.following, None


class _Reading:
    """The state of one pass."""

    def __init__(self, material: Material, policy: ReaderPolicy, now: datetime) -> None:
        self.material, self.policy, self.now = material, policy, now
        self.tree = Frontier()
        self.chain = chain_start(policy.key.name)
        self.keys = _Keys(policy.key)
        self.contents = Contents()
        self.nodes = iter(material.nodes)
        self.notices = dict[int, str]()
        self.signed: Checkpoint | None = None
        self.anchored: dict[str, int] = {}
        self.anchor_times: dict[str, datetime] = {}
        self.ended = False
        self.doubts = self.contents.doubts
        self.verified = False, "", self.keys.current

    def finding(self) -> Finding:
        rows = iter(self.material.rows)
        coming = marks(self.material, self.policy.key.name)
        for mark in coming:
            self._read_to(mark.checkpoint.size, rows)
            if self.tree.size < mark.checkpoint.size:
                where = "checkpoint" if mark.place == LOG else f"anchor of {mark.place!r}"
                why = f"the {where} covers {mark.checkpoint.size} entries, the log holds only {self.tree.size}"
                raise BrokenError(self.tree.size, why)
            self._check_mark(mark)
        self._read_to(None, rows)
        self._check_end()
        self._check_set_aside()
        unsealed = self._check_unsealed()
        self._check_streams()
        self._check_cover()
        if self.doubts or self.signed is None:
            return CannotTell(self.doubts[0] if self.doubts else "nothing has been signed yet")
        redacted = len(self.contents.details.missing)
        return Intact(
            checkpoint=self.signed,
            in_force=self.keys.in_force,
            anchored=self.anchored,
            unsealed=unsealed,
            redacted=redacted,
            counted=len(self.material.counters),
            set_aside=len(self.notices),
        )

    def _read_to(self, size: int | None, rows: Iterator[SealedRow]) -> None:
        while size is None or self.tree.size < size:
            many = _CHUNK if size is None else min(_CHUNK, size - self.tree.size)
            chunk = list(islice(rows, many))
            if not chunk:
                return
            self.keys.step(self.tree.size)
            leaves, broken = self._hash(chunk)
            self._read_contents(chunk, leaves)
            if broken is not None:
                raise broken
            for node in self.tree.extend(leaves):
                if tuple(next(self.nodes, ())) != node:
                    first = node.idx << node.height
                    raise BrokenError(
                        first, f"the stored tree node {node.height}/{node.idx} is not that of its entries"
                    )

    def _hash(self, chunk: list[SealedRow]) -> tuple[list[bytes], BrokenError | None]:
        """Recompute leaf and chain of each row, up to the first that differs from what is stored."""
        leaves: list[bytes] = []
        expected, chain = self.tree.size, self.chain
        for seq, envelope, _, _, leaf, link in chunk:
            if seq != expected:
                return leaves, BrokenError(min(expected, seq), f"entry {expected} is missing; {seq} follows")
            found = sha256(b"\x00" + envelope).digest()
            chain = sha256(b"\x02" + seq.to_bytes(8, "big") + chain + found).digest()
            if found != leaf:
                return leaves, BrokenError(seq, "the entry does not match its leaf hash")
            if chain != link:
                return leaves, BrokenError(seq, "the chain breaks here")
            leaves.append(found)
            expected += 1
        self.chain = chain
        return leaves, None

    def _read_contents(self, rows: list[SealedRow], leaves: list[bytes]) -> None:
        for seq, action, envelope in self.contents.read(rows, leaves):
            self._read_own(seq, action, envelope)

    def _read_own(self, seq: int, action: bytes, envelope: bytes) -> None:
        try:
            told = members(envelope)
            subject, outcome = str(told["subject"]), str(told["outcome"])
        except (ValueError, KeyError):
            self.doubts.append(f"entry {seq} is not an envelope that this version can read")
            return
        if action == b"audit.redact":
            self.contents.details.named.add(subject.removeprefix("entry:").encode())
        elif action == SET_ASIDE.encode() and not self.ended:
            self._pass_over(seq, Notice.read(subject, outcome))
        elif action == ROTATE.encode() and not self.ended and self.keys.following is None:
            following = endorsed(self.keys.current, subject, outcome)
            if following is not None:
                self.keys.rotate(seq, following)

    def _pass_over(self, seq: int, notice: Notice | None) -> None:
        """Let the stream of a row that was set aside continue after it."""
        if notice is None:
            raise BrokenError(seq, "a notice of what was set aside cannot be read")
        self.notices[seq] = notice.digest
        if notice.position is None:
            return
        writer, number, previous, leaf = notice.position
        place = writer.encode(), b"%d" % number, previous.encode()
        if not self.contents.writers.follow(seq, place, bytes.fromhex(leaf)):
            raise BrokenError(seq, f"what was set aside here contradicts its writer's stream {writer}")

    def _check_mark(self, mark: Mark) -> None:
        size, place = mark.checkpoint.size, mark.place
        where = "checkpoint" if place == LOG else f"anchor of {place!r}"
        self.keys.step(size - 1)
        if mark.checkpoint.root != self.tree.root():
            since = self.signed.size if self.signed is not None else 0
            raise BrokenError(since, f"entries {since} to {size - 1} are not those under the {where} at {size}")
        if not self._signed(mark, where):
            return
        if place == LOG:
            self.signed = mark.checkpoint
            self.keys.closed = self.keys.closed or size == self.keys.closing
            return
        self.anchored[place] = size
        if mark.at is not None:
            self.anchor_times[place] = mark.at
            self._check_dates(mark.at)

    def _signed(self, mark: Mark, where: str) -> bool:
        size, key = mark.checkpoint.size, self.keys.current
        try:
            # Log and anchors hold the very same note, and verifying a signature costs as much as forty entries.
            if self.verified[1:] != (mark.note, key):
                self.verified = signed_by(mark.note, key), mark.note, key
            valid = self.verified[0]
        except NoteError as error:
            raise BrokenError(max(size - 1, 0), f"the {where} at {size} cannot be read: {error}") from error
        if not valid:
            self.doubts.append(f"the {where} at {size} is not signed by the key in force there, {key.id.hex()}")
        return valid

    def _check_dates(self, at: datetime) -> None:
        if self.policy.clock_tolerance is None:
            return
        latest, seq = self.contents.latest
        try:
            earliest, last = at - self.policy.clock_tolerance, at + self.policy.clock_tolerance
        except OverflowError as error:
            raise BrokenError(seq, f"an anchor is dated {at.isoformat()}, which leaves no later time") from error
        if latest > timestamp(last).encode():
            raise BrokenError(seq, f"the entry is dated {latest.decode()}, well after the anchor that covers it")
        self.contents.floor = timestamp(earliest).encode()

    def _check_end(self) -> None:
        size = self.tree.size
        self.keys.step(size - 1)
        spare = next(self.nodes, None)
        if spare is not None:
            raise BrokenError(size, f"a stored tree node {spare.height}/{spare.idx} lies outside the log")
        head = self.material.head
        if head is not None and head.size != size:
            raise BrokenError(
                min(head.size, size), f"the log's head counts {head.size} entries, but the log holds {size}"
            )
        if head is not None and size and (head.frontier, head.chain) != (self.tree.pack(), self.chain):
            raise BrokenError(size - 1, "the log's head does not belong to its entries")

    def _check_set_aside(self) -> None:
        if self.material.set_aside is None:
            return
        kept = dict(self.material.set_aside)
        for seq, digest in self.notices.items():
            if kept.pop(seq, None) != digest:
                raise BrokenError(seq, "what was set aside here is missing or was changed")
        if kept:
            raise BrokenError(self.tree.size, f"a row is kept aside for entry {min(kept)}, which does not mention it")

    def _check_unsealed(self) -> int:
        self.ended = True
        count, oldest = 0, None
        for envelope, data, salt in self.material.unsealed:
            match = SHAPE.fullmatch(envelope)
            row: Any = (self.tree.size + count, envelope, data, salt, b"", b"")
            count += 1
            oldest = min(oldest or b"9", match["ts"]) if match else oldest
            if match is not None and int(match["wn"]) and self.contents.writers.is_new(match["w"]):
                self.doubts.append(f"an entry is waiting whose writer's stream {match['w'].decode()} has no beginning")
                continue
            try:
                self._read_contents([row], [sha256(b"\x00" + envelope).digest()])
            except BrokenError as error:
                # Not sealed yet: the sealer will set it aside and record that.
                self.doubts.append(f"an entry is waiting that cannot be sealed: {error.why}")
        limit = self.policy.seal_within
        if oldest is not None and limit is not None and oldest < timestamp(self.now - limit).encode():
            self.doubts.append(f"entries have waited to be sealed since {oldest.decode()}; see whether the sealer runs")
        return count

    def _check_streams(self) -> None:
        gap = self.contents.writers.gap()
        if gap is not None:
            raise BrokenError(gap[0], f"an entry that precedes this one in its writer's stream {gap[1]} is missing")
        erased = self.contents.details.unexplained()
        if erased is not None:
            raise BrokenError(erased, "the entry's details are missing, and no audit.redact entry accounts for it")
        cut = self.contents.writers.cut(self.material.counters)
        if cut is not None:
            writer, held, counted = cut
            why = f"the writer's stream {writer} ends after {held} entries, but {counted} were committed"
            raise BrokenError(self.tree.size, why)

    def _check_cover(self) -> None:
        size, signed = self.tree.size, self.signed.size if self.signed is not None else 0
        if signed < size:
            self.doubts.append(f"entries {signed} to {size - 1} are sealed but not signed yet")
        if self.keys.following is not None and not self.keys.closed:
            self.doubts.append(f"the key was rotated at {self.keys.closing - 1}, and no closing checkpoint follows yet")
        for place in sorted(self.policy.places):
            if place not in self.anchored:
                self.doubts.append(f"there is no anchor of place {place!r}, so a rewritten log would look the same")
            elif self.anchored[place] < signed and self._stale(place):
                self.doubts.append(f"the newest anchor of place {place!r} is stale: it ends at {self.anchored[place]}")

    def _stale(self, place: str) -> bool:
        at, limit = self.anchor_times.get(place), self.policy.anchor_within
        return limit is not None and (at is None or self.now - at > limit)
