"""A whole log in memory: rows, nodes, checkpoints and an anchor, for verification without a store."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers.audit import (
    Anchored,
    Checkpoint,
    Entry,
    Finding,
    Frontier,
    Head,
    Material,
    ReaderPolicy,
    SealedRow,
    Signer,
    StreamPosition,
    Subtree,
    UnsealedRow,
    chain_start,
    leaf_hash,
    link,
    verify,
    write,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = "example.org/audit/1"


@dataclass
class Log:
    """What a store would hold."""

    rows: list[SealedRow] = field(default_factory=list)
    nodes: list[Subtree] = field(default_factory=list)
    checkpoints: list[tuple[int, str]] = field(default_factory=list)
    anchors: list[Anchored] = field(default_factory=list)
    head: Head = field(default_factory=lambda: Head(0, b"", b""))
    signer: Signer = field(default_factory=lambda: Signer(ORIGIN, bytes(range(32))))
    unsealed: list[UnsealedRow] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)

    def verify(self, **policy: Any) -> Finding:
        material = Material(
            rows=self.rows,
            nodes=self.nodes,
            checkpoints=self.checkpoints,
            anchors={"file": self.anchors},
            head=self.head,
            unsealed=self.unsealed,
            counters=self.counters,
        )
        now = START + timedelta(seconds=len(self.rows))
        return verify(material, ReaderPolicy(key=self.signer.key, **policy), now)


def build(size: int, *, every: int, data: bool = True, writers: int = 3) -> Log:
    """Return an honest log of `size` entries, signed and anchored each `every` entries and at its end."""
    log, tree, chain = Log(), Frontier(), chain_start(ORIGIN)
    positions = [StreamPosition.fresh() for _ in range(writers)]
    for seq in range(size):
        at = START + timedelta(seconds=seq)
        details = {"n": seq} if data else {}
        told = Entry(at=at, actor="test", action="job.done", subject=f"job:{seq}", data=details)
        written = write(told, positions[seq % writers])
        positions[seq % writers] = positions[seq % writers].after(written.envelope)
        leaf = leaf_hash(written.envelope)
        chain = link(seq, chain, leaf)
        log.rows.append((seq, written.envelope, written.data, written.salt, leaf, chain))
        log.nodes += tree.extend([leaf])
        if tree.size % every == 0 or tree.size == size:
            note = log.signer.note(Checkpoint(ORIGIN, tree.size, tree.root()).text)
            log.checkpoints.append((tree.size, note))
            log.anchors.append(Anchored(note, at))
    log.head = Head(tree.size, tree.pack(), chain)
    return log
